#include "collect/seen_records.h"

namespace collector {

bool SeenRecords::Insert(const SeenRecord& record) {
  if (!ids_.Insert(record.id)) return false;
  by_time_[record.time].push_back(record.id);
  return true;
}

void SeenRecords::Erase(const SeenRecord& record) {
  if (!ids_.Erase(record.id)) return;
  const auto found = by_time_.find(record.time);
  if (found == by_time_.end()) return;
  std::erase(found->second, record.id);
  if (found->second.empty()) by_time_.erase(found);
}

void SeenRecords::Forget(const TimeRange& range) {
  const auto first = by_time_.lower_bound(range.from);
  const auto last = by_time_.lower_bound(range.to);
  for (auto it = first; it != last; ++it) {
    for (const RecordId& id : it->second) ids_.Erase(id);
  }
  by_time_.erase(first, last);
}

std::vector<SeenRecord> SeenRecords::All() const {
  std::vector<SeenRecord> all;
  all.reserve(size());
  for (const auto& [time, ids] : by_time_) {
    for (const RecordId& id : ids) all.push_back({id, time});
  }
  return all;
}

}  // namespace collector
