#include <map>

#include "base/mutex.h"
#include "collect/position_store.h"
#include "collect/seen_records.h"

namespace collector {
namespace {

class MemoryPositionStore : public PositionStore {
 public:
  Result<StoredPosition> Load(const std::string& key) override {
    MutexLock lock(mutex_);
    const auto found = kept_.find(key);
    if (found == kept_.end()) return StoredPosition{};
    return StoredPosition{found->second.position, found->second.seen.All()};
  }

  Status Commit(const std::string& key, const PositionChange& change) override {
    MutexLock lock(mutex_);
    Kept& kept = kept_[key];
    if (change.position) kept.position = change.position;
    for (const TimeRange& range : change.forget) kept.seen.Forget(range);
    for (const SeenRecord& record : change.seen) kept.seen.Insert(record);
    return {};
  }

  Status Remove(const std::string& key) override {
    MutexLock lock(mutex_);
    kept_.erase(key);
    return {};
  }

 private:
  struct Kept {
    std::optional<std::string> position;
    SeenRecords seen;
  };

  Mutex mutex_;
  std::map<std::string, Kept> kept_ GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<PositionStore> NewMemoryPositionStore() {
  return std::make_unique<MemoryPositionStore>();
}

}  // namespace collector
