// Inbox: how outcomes travel from the threads of outputs back to a source: any thread puts, the
// source takes all there is. Owned, as a shared_ptr, by the source and by what will put into it.
#ifndef COLLECTOR_COLLECT_INBOX_H_
#define COLLECTOR_COLLECT_INBOX_H_

#include <utility>
#include <vector>

#include "base/mutex.h"

namespace collector {

template <typename T>
class Inbox {
 public:
  void Put(T item) {
    MutexLock lock(mutex_);
    items_.push_back(std::move(item));
  }

  std::vector<T> TakeAll() {
    MutexLock lock(mutex_);
    return std::exchange(items_, {});
  }

 private:
  Mutex mutex_;
  std::vector<T> items_ GUARDED_BY(mutex_);
};

}  // namespace collector

#endif  // COLLECTOR_COLLECT_INBOX_H_
