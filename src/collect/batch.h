// Records: messages for one tag, in one growing allocation, immutable once handed over. Batch:
// records on their way to an output, with the share of the Ack that goes with them. A source builds
// Records; from Submit() on they are shared, read-only, by all outputs and any thread.
#ifndef COLLECTOR_COLLECT_BATCH_H_
#define COLLECTOR_COLLECT_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "base/clock.h"
#include "collect/ack.h"

namespace collector {

struct Record {
  Timestamp time;            // the record's own time
  std::string_view message;  // raw bytes, as the source found them
  bool plain = false;        // known to be well-formed UTF-8 without a newline
};

class Records {
 public:
  // `tag`: the complete Devo tag, "cloud.aws.cloudtrail.events.123456789012.us-east-1".
  explicit Records(std::string tag) : tag_(std::move(tag)) {}

  // At most 4 GiB of messages.
  void Add(Timestamp time, std::string_view message) {
    entries_.push_back(
        {time, static_cast<uint32_t>(bytes_.size()), static_cast<uint32_t>(message.size())});
    bytes_.Append(message);
  }
  void Reserve(size_t records, size_t bytes) {
    entries_.reserve(records);
    bytes_.Reserve(bytes);
  }

  // Instead of Add(): messages that lie in `block` already, where a decoder has put them, are told
  // by their places in it, so that no message is copied.
  void AddSlice(Timestamp time, size_t offset, size_t size) {
    entries_.push_back({time, static_cast<uint32_t>(offset), static_cast<uint32_t>(size)});
  }
  void Adopt(Buffer block) { bytes_ = std::move(block); }

  // Every message is well-formed UTF-8 without a newline: outputs need not look.
  void set_plain(bool plain) { plain_ = plain; }

  const std::string& tag() const { return tag_; }
  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  // What they hold of memory, the unit of every bound on records in flight.
  size_t bytes() const { return bytes_.size() + entries_.size() * sizeof(Entry); }

  Record operator[](size_t index) const {
    const Entry& e = entries_[index];
    return {e.time, bytes_.view().substr(e.offset, e.size), plain_};
  }

 private:
  struct Entry {
    Timestamp time;
    uint32_t offset;
    uint32_t size;
  };

  std::string tag_;
  Buffer bytes_;
  std::vector<Entry> entries_;
  bool plain_ = false;
};

struct Batch {
  std::shared_ptr<const Records> records;
  Ack ack;
};

}  // namespace collector

#endif  // COLLECTOR_COLLECT_BATCH_H_
