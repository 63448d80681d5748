#include "collect/seen_records.h"

namespace collector {

bool SeenRecords::Insert(const SeenRecord& record) {
  if (!ids_.insert(record.id).second) return false;
  by_time_[record.time].push_back(record.id);
  return true;
}

void SeenRecords::Erase(const SeenRecord& record) {
  if (ids_.erase(record.id) == 0) return;
  const auto found = by_time_.find(record.time);
  if (found == by_time_.end()) return;
  std::erase(found->second, record.id);
  if (found->second.empty()) by_time_.erase(found);
}

void SeenRecords::Forget(const TimeRange& range) {
  const auto first = by_time_.lower_bound(range.from);
  const auto last = by_time_.lower_bound(range.to);
  for (auto it = first; it != last; ++it) {
    for (const RecordId& id : it->second) ids_.erase(id);
  }
  by_time_.erase(first, last);
}

}  // namespace collector
