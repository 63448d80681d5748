// SeenRecords: the ids of records that were handed to an output and may be met again, because AWS
// shows records late and the same stretch of time is read more than once (T-5, L-2). Bounded by its
// owner, who forgets the stretches that will not be read again. Owned by one source and used under
// that source's rules: it has no lock of its own.
//
// One flat block, 4 MB for a hundred thousand ids: they live for minutes among blocks that live for
// milliseconds, and in nodes of their own would keep the heap from ever being whole again.
#ifndef COLLECTOR_COLLECT_SEEN_RECORDS_H_
#define COLLECTOR_COLLECT_SEEN_RECORDS_H_

#include <cstddef>
#include <vector>

#include "collect/position_store.h"

namespace collector {

class SeenRecords {
 public:
  // False when it was there already, under whatever time.
  bool Insert(const SeenRecord& record);
  // Nothing happens when it is not there.
  void Erase(const RecordId& id);
  // All with a time in [range.from, range.to). Looks at every id.
  void Forget(const TimeRange& range);
  bool Contains(const RecordId& id) const;
  size_t size() const { return size_; }
  // No id has an earlier time; only when there is one.
  Timestamp oldest() const { return oldest_; }
  std::vector<SeenRecord> All() const;  // in no order

 private:
  // The time of a slot that is free.
  static constexpr Timestamp kFree = Timestamp::min();

  // Where the id is, or the free slot where it would be.
  size_t Find(const RecordId& id) const;
  void Grow();

  // Open addressing with linear probing. The size is zero or a power of two.
  std::vector<SeenRecord> slots_;
  size_t size_ = 0;
  Timestamp oldest_ = Timestamp::max();
};

}  // namespace collector

#endif  // COLLECTOR_COLLECT_SEEN_RECORDS_H_
