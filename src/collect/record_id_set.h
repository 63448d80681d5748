// RecordIdSet: ids of records, a hundred thousand of them in 2 MB: std::unordered_set takes three
// times as much, in blocks that scatter over the heap. Owned by one thread at a time.
#ifndef COLLECTOR_COLLECT_RECORD_ID_SET_H_
#define COLLECTOR_COLLECT_RECORD_ID_SET_H_

#include <cstddef>
#include <vector>

#include "collect/position_store.h"

namespace collector {

class RecordIdSet {
 public:
  // False when it was there already.
  bool Insert(const RecordId& id);
  // False when it was not there.
  bool Erase(const RecordId& id);
  bool Contains(const RecordId& id) const;
  size_t size() const { return size_ + (has_zero_ ? 1 : 0); }

 private:
  // Where the id is, or the free slot where it would be.
  size_t Find(const RecordId& id) const;
  void Grow();

  // Open addressing with linear probing; the id of zeros marks a free slot. The size is zero or a
  // power of two.
  std::vector<RecordId> slots_;
  size_t size_ = 0;
  bool has_zero_ = false;  // the id of zeros itself, which nobody hands out on purpose
};

}  // namespace collector

#endif  // COLLECTOR_COLLECT_RECORD_ID_SET_H_
