#include "decode/json_splitter.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/json_text.h"
#include "decode/json_scalar.h"

namespace collector {
namespace {

std::vector<std::string> KeysOf(std::string_view path) {
  std::vector<std::string> keys;
  while (!path.empty()) {
    const size_t dot = std::min(path.find('.'), path.size());
    keys.emplace_back(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return keys;
}

}  // namespace

JsonSplitter::JsonSplitter(std::string_view path) : JsonSplitter(KeysOf(path), false) {}

JsonSplitter::JsonSplitter(std::vector<std::string> path, bool documents)
    : path_(std::move(path)), documents_(documents) {}

JsonSplitter JsonSplitter::Documents() { return JsonSplitter(std::vector<std::string>(), true); }

void JsonSplitter::Reset() {
  expect_ = Expect::kDocument;
  at_ = begin_ = 0;
  before_ = 0;
  error_.reset();
}

Result<size_t> JsonSplitter::Split(std::string_view data, bool at_end,
                                   std::vector<Slice>& records) {
  if (error_) return tl::unexpected<Error>(*error_);
  Status status;
  while (status && at_ < data.size()) status = Step(data, records);
  if (status && at_end) {
    // Only a number or a literal may end where the text does.
    if (expect_ == Expect::kRestOfScalar) status = StepWithin(data, records);
    if (status && expect_ != Expect::kDocument) status = Mangled("it ends inside a document");
  }
  if (!status) {
    error_ = status.error();
    return Propagate(status);
  }
  const size_t done = DoneWith();
  at_ -= done;
  begin_ -= std::min(begin_, done);
  before_ += done;
  return done;
}

// What has begun and is needed as a whole stays.
size_t JsonSplitter::DoneWith() const {
  const bool is_value = expect_ == Expect::kRestOfValue && is_record_;
  const bool is_needed =
      is_value || expect_ == Expect::kRestOfKey || expect_ == Expect::kRestOfScalar;
  return is_needed ? begin_ : at_;
}

Status JsonSplitter::Step(std::string_view data, std::vector<Slice>& records) {
  if (expect_ == Expect::kRestOfKey || expect_ == Expect::kRestOfValue ||
      expect_ == Expect::kRestOfScalar) {
    return StepWithin(data, records);
  }
  const char c = data[at_];
  if (IsJsonBlank(c)) {
    ++at_;
    return {};
  }
  switch (expect_) {
    case Expect::kDocument:
      return BeginDocument(c);
    case Expect::kFirstKey:
    case Expect::kKey:
      return BeginMember(c, expect_ == Expect::kFirstKey);
    case Expect::kColon:
      if (c != ':') return Mangled("a colon is missing");
      ++at_;
      expect_ = Expect::kMemberValue;
      return {};
    case Expect::kMemberValue:
      return BeginMemberValue(c);
    case Expect::kFirstElement:
    case Expect::kElement:
      if (c == ']' && expect_ == Expect::kFirstElement) {
        EndArray();
        return {};
      }
      return BeginValue(c, true);
    case Expect::kElementEnd:
      if (c == ']') {
        EndArray();
        return {};
      }
      if (c != ',') return Mangled("a comma is missing between two elements");
      ++at_;
      expect_ = Expect::kElement;
      return {};
    default:
      return EndMemberValue(c);
  }
}

// Goes on in what has begun: a key, a value, a number.
Status JsonSplitter::StepWithin(std::string_view data, std::vector<Slice>& records) {
  if (expect_ == Expect::kRestOfScalar) {
    const size_t size = JsonScalarSize(data, at_);
    const bool at_last = at_ + size == data.size() && size > 0;
    at_ += size;
    if (at_last) return {};  // it may go on
    if (!IsJsonScalar(data.substr(begin_, at_ - begin_))) return Mangled("a value is none of JSON");
    EndValue(records);
    return {};
  }
  switch (value_.Find(data, at_)) {
    case JsonValueEnd::Outcome::kMore:
      return {};
    case JsonValueEnd::Outcome::kMangled:
      return Mangled("brackets do not match, or are nested too deep");
    case JsonValueEnd::Outcome::kEnd:
      break;
  }
  if (expect_ == Expect::kRestOfKey) {
    EndKey(data.substr(begin_, at_ - begin_));
  } else {
    EndValue(records);
  }
  return {};
}

Status JsonSplitter::BeginDocument(char first) {
  if (documents_) return BeginValue(first, true);
  found_ = path_.empty();
  level_ = 0;
  if (first != (path_.empty() ? '[' : '{')) {
    return Mangled(path_.empty() ? "an array should begin" : "an object should begin");
  }
  ++at_;
  expect_ = path_.empty() ? Expect::kFirstElement : Expect::kFirstKey;
  return {};
}

Status JsonSplitter::BeginMember(char first, bool may_close) {
  if (first == '}' && may_close) return EndObject();
  if (first != '"') return Mangled("a key should begin");
  begin_ = at_;
  value_.Begin(first);
  expect_ = Expect::kRestOfKey;
  return {};
}

void JsonSplitter::EndKey(std::string_view quoted) {
  const std::string& wanted = path_[level_];
  if (quoted.find('\\') == std::string_view::npos) {
    on_path_ = quoted.substr(1, quoted.size() - 2) == wanted;
  } else {
    on_path_ = UnescapeJsonString(quoted) == wanted;
  }
  expect_ = Expect::kColon;
}

Status JsonSplitter::BeginMemberValue(char first) {
  if (!on_path_) return BeginValue(first, false);
  const bool is_last = level_ + 1 == path_.size();
  if (first != (is_last ? '[' : '{')) {
    return Mangled(
        fmt::format("\"{}\" is not {}", path_[level_], is_last ? "an array" : "an object"));
  }
  ++at_;
  if (is_last) {
    found_ = true;
    expect_ = Expect::kFirstElement;
  } else {
    ++level_;
    expect_ = Expect::kFirstKey;
  }
  return {};
}

Status JsonSplitter::BeginValue(char first, bool is_record) {
  begin_ = at_;
  is_record_ = is_record;
  if (first == '{' || first == '[' || first == '"') {
    value_.Begin(first);
    expect_ = Expect::kRestOfValue;
    return {};
  }
  expect_ = Expect::kRestOfScalar;
  return {};
}

void JsonSplitter::EndValue(std::vector<Slice>& records) {
  if (!is_record_) {
    expect_ = Expect::kMemberValueEnd;
    return;
  }
  records.push_back({begin_, at_ - begin_});
  expect_ = documents_ ? Expect::kDocument : Expect::kElementEnd;
}

void JsonSplitter::EndArray() {
  ++at_;
  expect_ = path_.empty() ? Expect::kDocument : Expect::kMemberValueEnd;
}

Status JsonSplitter::EndMemberValue(char next) {
  if (next == '}') return EndObject();
  if (next != ',') return Mangled("a comma is missing after a value");
  ++at_;
  expect_ = Expect::kKey;
  return {};
}

Status JsonSplitter::EndObject() {
  ++at_;
  if (level_ > 0) {
    --level_;
    expect_ = Expect::kMemberValueEnd;
    return {};
  }
  if (!found_) {
    return Mangled(fmt::format("a document has no array at \"{}\"", fmt::join(path_, ".")));
  }
  expect_ = Expect::kDocument;
  return {};
}

tl::unexpected<Error> JsonSplitter::Mangled(std::string_view what) const {
  return Fail(ErrorKind::kRejected,
              fmt::format("this is not the JSON expected: {}, at byte {}", what, before_ + at_));
}

}  // namespace collector
