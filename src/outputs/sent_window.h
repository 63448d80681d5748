// SentWindow: the batches that an output has taken and that are not settled, in order, with how far
// each has come on the present connection: framed into the stream up to here, settled up to there.
// Offsets count the bytes of one connection; "stream" are the bytes given to TLS, "wire" those
// that TLS gave to TCP. Without I/O and without locks: used by the writer thread alone.
#ifndef COLLECTOR_OUTPUTS_SENT_WINDOW_H_
#define COLLECTOR_OUTPUTS_SENT_WINDOW_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "collect/batch.h"
#include "outputs/frame.h"

namespace collector {

class SentWindow {
 public:
  // Told of each record that was cut: the batch and the size of the message.
  using OnCut = std::function<void(const Records& records, size_t size)>;

  void Push(Batch batch);

  bool empty() const { return entries_.empty(); }
  size_t records() const { return records_; }
  bool HasUnframed() const { return cursor_ < entries_.size(); }
  // Of batches that are not wholly framed, as Records::bytes() counts.
  size_t unframed_bytes() const { return unframed_bytes_; }
  // Nothing of what is here has been framed on this connection.
  bool Untouched() const { return cursor_ == 0 && record_ == 0; }

  // Appends frames to `out` while it is shorter than `enough_bytes` and there are records.
  void Frame(FrameWriter& writer, size_t enough_bytes, std::string& out, const OnCut& on_cut);

  // What was framed so far ends at `stream_end`.
  void MarkFramed(uint64_t stream_end);

  // The stream was written up to `stream`, which made `wire` bytes.
  void MarkWritten(uint64_t stream, uint64_t wire);

  // Where in the stream the last batch ends that is wholly written; 0 when none is.
  uint64_t written_end() const { return written_end_; }

  // Takes out, oldest first, the batches that end at or before an offset.
  std::vector<Batch> TakeUpToStream(uint64_t stream);
  std::vector<Batch> TakeUpToWire(uint64_t wire);
  std::vector<Batch> TakeAll();

  // The connection is gone: all that is here goes out again from its first record. Returns the
  // number of records that had been framed.
  uint64_t Rewind();

 private:
  struct Entry {
    Batch batch;
    size_t cuts_told = 0;     // records before this one: a cut is told once, not per connection
    uint64_t stream_end = 0;  // 0: not wholly framed
    uint64_t wire_end = 0;    // 0: not wholly written
  };

  template <typename Settled>
  std::vector<Batch> TakeWhile(Settled settled);

  std::deque<Entry> entries_;
  size_t records_ = 0;  // in entries_
  size_t unframed_bytes_ = 0;
  size_t cursor_ = 0;   // the entry to frame next
  size_t record_ = 0;   // its record to frame next
  size_t marked_ = 0;   // entries that have their stream_end
  size_t written_ = 0;  // entries that have their wire_end
  uint64_t written_end_ = 0;
};

}  // namespace collector

#endif  // COLLECTOR_OUTPUTS_SENT_WINDOW_H_
