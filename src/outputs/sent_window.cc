#include "outputs/sent_window.h"

#include <utility>

namespace collector {

void SentWindow::Push(Batch batch) {
  records_ += batch.records->size();
  unframed_bytes_ += batch.records->bytes();
  entries_.push_back({std::move(batch)});
}

void SentWindow::Frame(FrameWriter& writer, size_t enough_bytes, std::string& out,
                       const OnCut& on_cut) {
  while (out.size() < enough_bytes && HasUnframed()) {
    Entry& entry = entries_[cursor_];
    const Records& records = *entry.batch.records;
    for (; record_ < records.size() && out.size() < enough_bytes; ++record_) {
      const Record record = records[record_];
      const bool cut = writer.Append(records.tag(), record, out);
      if (cut && record_ >= entry.cuts_told) {
        on_cut(records, record.message.size());
        entry.cuts_told = record_ + 1;
      }
    }
    if (record_ == records.size()) {
      unframed_bytes_ -= records.bytes();
      ++cursor_;
      record_ = 0;
    }
  }
}

void SentWindow::MarkFramed(uint64_t stream_end) {
  for (; marked_ < cursor_; ++marked_) entries_[marked_].stream_end = stream_end;
}

void SentWindow::MarkWritten(uint64_t stream, uint64_t wire) {
  for (; written_ < marked_ && entries_[written_].stream_end <= stream; ++written_) {
    entries_[written_].wire_end = wire;
    written_end_ = entries_[written_].stream_end;
  }
}

template <typename Settled>
std::vector<Batch> SentWindow::TakeWhile(Settled settled) {
  std::vector<Batch> batches;
  while (!entries_.empty() && settled(entries_.front())) {
    records_ -= entries_.front().batch.records->size();
    if (cursor_ == 0) unframed_bytes_ -= entries_.front().batch.records->bytes();
    batches.push_back(std::move(entries_.front().batch));
    entries_.pop_front();
    if (cursor_ > 0) --cursor_;
    if (marked_ > 0) --marked_;
    if (written_ > 0) --written_;
  }
  return batches;
}

std::vector<Batch> SentWindow::TakeUpToStream(uint64_t stream) {
  return TakeWhile([&](const Entry& e) { return e.wire_end != 0 && e.stream_end <= stream; });
}

std::vector<Batch> SentWindow::TakeUpToWire(uint64_t wire) {
  return TakeWhile([&](const Entry& e) { return e.wire_end != 0 && e.wire_end <= wire; });
}

std::vector<Batch> SentWindow::TakeAll() {
  Rewind();
  return TakeWhile([](const Entry&) { return true; });
}

uint64_t SentWindow::Rewind() {
  uint64_t framed = record_;
  for (size_t i = 0; i < cursor_; ++i) {
    framed += entries_[i].batch.records->size();
    unframed_bytes_ += entries_[i].batch.records->bytes();
  }
  for (Entry& entry : entries_) entry.stream_end = entry.wire_end = 0;
  cursor_ = record_ = marked_ = written_ = 0;
  written_end_ = 0;
  return framed;
}

}  // namespace collector
