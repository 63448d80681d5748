#include "collect/seen_records.h"

#include <algorithm>
#include <utility>

namespace collector {
namespace {

constexpr size_t kFewestSlots = 16;

}  // namespace

size_t SeenRecords::Find(const RecordId& id) const {
  const size_t mask = slots_.size() - 1;
  size_t at = RecordIdHash()(id) & mask;
  while (slots_[at].time != kFree && slots_[at].id != id) at = (at + 1) & mask;
  return at;
}

bool SeenRecords::Contains(const RecordId& id) const {
  return !slots_.empty() && slots_[Find(id)].time != kFree;
}

bool SeenRecords::Insert(const SeenRecord& record) {
  if (8 * (size_ + 1) > 7 * slots_.size()) Grow();
  SeenRecord& slot = slots_[Find(record.id)];
  if (slot.time != kFree) return false;
  slot = record;
  ++size_;
  oldest_ = std::min(oldest_, record.time);
  return true;
}

void SeenRecords::Erase(const RecordId& id) {
  if (slots_.empty()) return;
  size_t hole = Find(id);
  if (slots_[hole].time == kFree) return;
  --size_;
  // What follows without a gap moves into the hole, unless that lies before where it begins to be
  // looked for (Knuth, volume 3, 6.4, algorithm R).
  const size_t mask = slots_.size() - 1;
  for (size_t at = (hole + 1) & mask; slots_[at].time != kFree; at = (at + 1) & mask) {
    const size_t home = RecordIdHash()(slots_[at].id) & mask;
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole].time = kFree;
}

void SeenRecords::Forget(const TimeRange& range) {
  std::vector<RecordId> old;  // erasing moves others about
  oldest_ = Timestamp::max();
  for (const SeenRecord& one : slots_) {
    if (one.time == kFree) continue;
    if (one.time >= range.from && one.time < range.to) {
      old.push_back(one.id);
    } else {
      oldest_ = std::min(oldest_, one.time);
    }
  }
  for (const RecordId& id : old) Erase(id);
}

std::vector<SeenRecord> SeenRecords::All() const {
  std::vector<SeenRecord> all;
  all.reserve(size_);
  std::copy_if(slots_.begin(), slots_.end(), std::back_inserter(all),
               [](const SeenRecord& one) { return one.time != kFree; });
  return all;
}

void SeenRecords::Grow() {
  const size_t size = slots_.empty() ? kFewestSlots : 2 * slots_.size();
  const std::vector<SeenRecord> before =
      std::exchange(slots_, std::vector<SeenRecord>(size, {RecordId{}, kFree}));
  for (const SeenRecord& one : before) {
    if (one.time != kFree) slots_[Find(one.id)] = one;
  }
}

}  // namespace collector
