#include "collect/record_id_set.h"

#include <utility>

namespace collector {
namespace {

constexpr RecordId kFree{};
constexpr size_t kFewestSlots = 16;

}  // namespace

size_t RecordIdSet::Find(const RecordId& id) const {
  const size_t mask = slots_.size() - 1;
  size_t at = RecordIdHash()(id) & mask;
  while (slots_[at] != kFree && slots_[at] != id) at = (at + 1) & mask;
  return at;
}

bool RecordIdSet::Contains(const RecordId& id) const {
  if (id == kFree) return has_zero_;
  return !slots_.empty() && slots_[Find(id)] == id;
}

bool RecordIdSet::Insert(const RecordId& id) {
  if (id == kFree) return !std::exchange(has_zero_, true);
  if (8 * (size_ + 1) > 7 * slots_.size()) Grow();
  RecordId& slot = slots_[Find(id)];
  if (slot == id) return false;
  slot = id;
  ++size_;
  return true;
}

bool RecordIdSet::Erase(const RecordId& id) {
  if (id == kFree) return std::exchange(has_zero_, false);
  if (slots_.empty()) return false;
  size_t hole = Find(id);
  if (slots_[hole] != id) return false;
  --size_;
  // What follows without a gap moves into the hole, unless that lies before where it begins to be
  // looked for (Knuth, volume 3, 6.4, algorithm R).
  const size_t mask = slots_.size() - 1;
  for (size_t at = (hole + 1) & mask; slots_[at] != kFree; at = (at + 1) & mask) {
    const size_t home = RecordIdHash()(slots_[at]) & mask;
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole] = kFree;
  return true;
}

void RecordIdSet::Grow() {
  const std::vector<RecordId> before = std::exchange(
      slots_, std::vector<RecordId>(slots_.empty() ? kFewestSlots : 2 * slots_.size()));
  for (const RecordId& id : before) {
    if (id != kFree) slots_[Find(id)] = id;
  }
}

}  // namespace collector
