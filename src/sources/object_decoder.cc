#include "sources/object_decoder.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/utf8.h"

namespace collector {
namespace {

constexpr size_t kBlockBytes = Buffer::kPooled;
constexpr size_t kSmallestBlock = size_t{4} << 10;
// Logs of AWS unpack to 4 to 8 times their size.
constexpr int64_t kUnpackedRatio = 10;

// What Parquet files begin with: their magic, and the header of the first page (V-4). As lines they
// would be nonsense.
constexpr std::string_view kParquet = "PAR1\x15";

constexpr std::string_view kKeyPrefix = "key.";

size_t FirstBlock(int64_t packed_size) {
  if (packed_size < 0 || packed_size > static_cast<int64_t>(kBlockBytes)) return kBlockBytes;
  return std::clamp(static_cast<size_t>(packed_size * kUnpackedRatio), kSmallestBlock, kBlockBytes);
}

}  // namespace

ObjectDecoder::ObjectDecoder(const S3LogsSettings& settings) : settings_(settings) {}

Splitter& ObjectDecoder::SplitterFor(const ObjectFormat& format) {
  if (format.split == Split::kLines) return lines_;
  if (format.split == Split::kJsonLines) return documents_;
  return arrays_.try_emplace(format.path, format.path).first->second;
}

void ObjectDecoder::Begin(const Object& object, Sink sink) {
  object_ = object;
  sink_ = std::move(sink);
  counts_ = {};
  seen_ = 0;
  settled_ = object.skip;
  begin_ = 0;
  skip_line_ = false;
  in_block_ = nullptr;
  copies_.clear();
  unpacker_.Reset();
  splitter_ = &SplitterFor(*object.format);
  splitter_->Reset();
  PrepareTag();
  layout_.Begin(*object.format, settings_.drop_records, tag_fields_);
  block_ = Buffer(FirstBlock(object.packed_size));
}

// Fills in what holds for the whole object; what differs from record to record stays.
void ObjectDecoder::PrepareTag() {
  const std::string& configured = settings_.service.tag;
  tag_template_ = TagTemplate(configured.empty() ? object_.format->tag : configured);
  tag_fields_.clear();
  for (const std::string_view name : tag_template_.names()) {
    if (const auto field = RecordField(name)) tag_fields_.emplace_back(*field);
  }
  tag_values_.assign(tag_fields_.size(), "");
  tag_ = FillTag();
}

std::string ObjectDecoder::FillTag() const {
  const auto key_or = [this](std::string_view name, std::string_view other) {
    const std::string_view of_key = object_.key->Get(name);
    return of_key.empty() ? other : of_key;
  };
  size_t next_field = 0;
  return tag_template_.Fill([&](std::string_view name) -> std::string_view {
    if (RecordField(name)) return tag_values_[next_field++];
    if (name == "account") return key_or(name, object_.account);
    if (name == "region") return key_or(name, object_.region);
    if (name == "bucket") return object_.bucket;
    if (name == "service") return settings_.service.name;
    if (name.starts_with(kKeyPrefix)) return object_.key->Get(name.substr(kKeyPrefix.size()));
    return {};
  });
}

Status ObjectDecoder::Feed(std::string_view packed) {
  Status taken = Unpack(packed, false);
  // Not when it was the sink that refused.
  if (!taken && taken.error().kind == ErrorKind::kRejected) (void)Flush(true);
  return taken;
}

Status ObjectDecoder::Finish() {
  Status taken = Unpack({}, true);
  if (taken) taken = Split(true);
  if (!taken && taken.error().kind != ErrorKind::kRejected) return taken;
  const Status flushed = Flush(true);
  return taken ? flushed : taken;
}

Error ObjectDecoder::ParquetError() {
  return {ErrorKind::kRejected,
          "it is a Parquet file, which this version cannot read; have the log written as text, or "
          "leave such keys out with `drop_keys`"};
}

Status ObjectDecoder::Unpack(std::string_view packed, bool at_end) {
  for (;;) {
    if (block_.room() == 0) {
      if (Status made = MakeRoom(); !made) return made;
    }
    const size_t room = block_.room();
    const auto written = unpacker_.Unpack(packed, at_end, block_.end(), room);
    if (!written) return Propagate(written);
    block_.Grow(*written);
    if (seen_ == 0 && begin_ == 0 && block_.view().starts_with(kParquet)) {
      return tl::unexpected(ParquetError());
    }
    if (skip_line_) SkipRestOfLine();
    if (Status split = Split(false); !split) return split;
    if (*written < room) return {};
  }
}

Status ObjectDecoder::Split(bool at_end) {
  const std::string_view data = block_.view().substr(begin_);
  slices_.clear();
  const auto done = splitter_->Split(data, at_end, slices_);
  // What was found before a fault counts all the same: it is whole.
  for (const Slice& slice : slices_) TakeRecord(begin_ + slice.begin, slice.size);
  if (!done) {
    if (!slices_.empty()) begin_ += slices_.back().begin + slices_.back().size;
    return Propagate(done);
  }
  begin_ += *done;
  return {};
}

void ObjectDecoder::TakeRecord(size_t offset, size_t size) {
  const std::string_view record = block_.view().substr(offset, size);
  if (object_.format->header != Header::kNone && layout_.TakeHeader(record)) return;
  if (++seen_ <= object_.skip) return;
  if (!settings_.drop_records.empty() && layout_.IsDropped(record)) {
    ++counts_.filtered;
    return;
  }
  const Timestamp time = layout_.TimeOf(record, object_.now);
  if (!tag_fields_.empty()) return AddTagged(time, record);
  if (in_block_ == nullptr) {
    in_block_ = std::make_shared<Records>(tag_);
    in_block_->Reserve(records_per_block_, 0);
  }
  in_block_->AddSlice(time, offset, size);
}

void ObjectDecoder::AddTagged(Timestamp time, std::string_view record) {
  bool changed = false;
  for (size_t i = 0; i < tag_fields_.size(); ++i) {
    const std::string_view value = layout_.TagField(record, i);
    if (value == tag_values_[i]) continue;
    tag_values_[i] = value;
    changed = true;
  }
  if (changed) tag_ = FillTag();
  std::shared_ptr<Records>& records = copies_[tag_];
  if (records == nullptr) records = std::make_shared<Records>(tag_);
  records->Add(time, record);
}

Status ObjectDecoder::MakeRoom() {
  if (begin_ == 0 && in_block_ == nullptr) {
    // One record fills the block.
    if (block_.capacity() >= kMaxLineBytes) return CutLine();
    block_.Reserve(std::min(block_.capacity() * 4, kMaxLineBytes));
    return {};
  }
  return Flush(false);
}

Status ObjectDecoder::CutLine() {
  if (object_.format->split != Split::kLines) {
    return Fail(ErrorKind::kRejected,
                fmt::format("a record of it is longer than {} MiB", kMaxLineBytes >> 20));
  }
  ++counts_.cut;
  TakeRecord(0, block_.size());
  begin_ = block_.size();
  skip_line_ = true;
  lines_.Reset();
  return Flush(false);
}

void ObjectDecoder::SkipRestOfLine() {
  const std::string_view rest = block_.view().substr(begin_);
  const size_t end = rest.find('\n');
  skip_line_ = end == std::string_view::npos;
  begin_ += skip_line_ ? rest.size() : end + 1;
}

// Hands over what is complete in the block; what is not moves to the next one.
Status ObjectDecoder::Flush(bool at_end) {
  const uint64_t seen = seen_;
  std::shared_ptr<Records> records = std::move(in_block_);
  in_block_ = nullptr;
  if (records == nullptr) {
    block_.Discard(begin_);
  } else {
    const std::string_view complete = block_.view().substr(0, begin_);
    // Lines hold no newline; of JSON one look at all of it tells.
    const bool one_line =
        object_.format->split == Split::kLines || complete.find('\n') == std::string_view::npos;
    records->set_plain(one_line && IsWellFormedUtf8(complete));
    const std::string_view rest = block_.view().substr(begin_);
    Buffer next(at_end ? 0 : std::clamp(rest.size() * 2, kBlockBytes, kMaxLineBytes));
    if (!at_end) next.Append(rest);
    records->Adopt(std::exchange(block_, std::move(next)));
    records_per_block_ = std::max(records_per_block_, records->size());
  }
  begin_ = 0;
  if (records != nullptr) {
    if (Status given = Give(std::move(records)); !given) return given;
  }
  for (auto& [tag, copies] : std::exchange(copies_, {})) {
    if (Status given = Give(std::move(copies)); !given) return given;
  }
  // A try that comes less far than an earlier one takes nothing of it back.
  settled_ = std::max(settled_, seen);
  return {};
}

Status ObjectDecoder::Give(std::shared_ptr<Records> records) {
  counts_.records += records->size();
  return sink_(std::move(records));
}

}  // namespace collector
