// PositionClaims: which position of the store belongs to which source of this process, so that two
// sources that would read the same data, and overwrite each other's position, are noticed (D-6).
// main() owns it; any thread.
#ifndef COLLECTOR_COLLECT_POSITION_CLAIMS_H_
#define COLLECTOR_COLLECT_POSITION_CLAIMS_H_

#include <map>
#include <string>

#include "base/mutex.h"

namespace collector {

class PositionClaims {
 public:
  // True when the key was free or is `owner`'s already.
  bool Claim(const std::string& key, const void* owner) {
    MutexLock lock(mutex_);
    return owners_.try_emplace(key, owner).first->second == owner;
  }

  // What was claimed is given up; its owner stores nothing under it any more.
  void Release(const std::string& key) {
    MutexLock lock(mutex_);
    owners_.erase(key);
  }

 private:
  Mutex mutex_;
  std::map<std::string, const void*> owners_ GUARDED_BY(mutex_);
};

}  // namespace collector

#endif  // COLLECTOR_COLLECT_POSITION_CLAIMS_H_
