#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/mutex.h"
#include "collect/position_store.h"

namespace collector {
namespace {

class MemoryPositionStore : public PositionStore {
 public:
  Result<StoredPosition> Load(const std::string& key) override {
    MutexLock lock(mutex_);
    const auto found = kept_.find(key);
    if (found == kept_.end()) return StoredPosition{};
    StoredPosition stored{found->second.position, {}};
    for (const auto& [id, time] : found->second.seen) stored.seen.push_back({id, time});
    return stored;
  }

  Status Commit(const std::string& key, const PositionChange& change) override {
    MutexLock lock(mutex_);
    Kept& kept = kept_[key];
    if (change.position) kept.position = change.position;
    for (const TimeRange& range : change.forget) {
      std::erase_if(kept.seen, [&range](const auto& entry) {
        return entry.second >= range.from && entry.second < range.to;
      });
    }
    for (const SeenRecord& record : change.seen) kept.seen.insert_or_assign(record.id, record.time);
    return {};
  }

 private:
  struct Kept {
    std::optional<std::string> position;
    std::unordered_map<RecordId, Timestamp, RecordIdHash> seen;
  };

  Mutex mutex_;
  std::map<std::string, Kept> kept_ GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<PositionStore> NewMemoryPositionStore() {
  return std::make_unique<MemoryPositionStore>();
}

}  // namespace collector
