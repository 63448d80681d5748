// SeenRecords: the ids of records that were handed to an output and may be met again, because AWS
// shows records late and the same stretch of time is read more than once (T-5, L-2). Bounded by its
// owner, who forgets the stretches that will not be read again. Owned by one source and used under
// that source's rules: it has no lock of its own.
#ifndef COLLECTOR_COLLECT_SEEN_RECORDS_H_
#define COLLECTOR_COLLECT_SEEN_RECORDS_H_

#include <map>
#include <vector>

#include "collect/position_store.h"
#include "collect/record_id_set.h"

namespace collector {

class SeenRecords {
 public:
  // False when it was there already.
  bool Insert(const SeenRecord& record);
  void Erase(const SeenRecord& record);
  // All with a time in [range.from, range.to).
  void Forget(const TimeRange& range);
  bool Contains(const RecordId& id) const { return ids_.Contains(id); }
  size_t size() const { return ids_.size(); }
  // The time of the oldest; only when there is one.
  Timestamp oldest() const { return by_time_.begin()->first; }
  std::vector<SeenRecord> All() const;  // by time

 private:
  RecordIdSet ids_;
  std::map<Timestamp, std::vector<RecordId>> by_time_;
};

}  // namespace collector

#endif  // COLLECTOR_COLLECT_SEEN_RECORDS_H_
