// A bucket of S3 in memory: objects that come, go and are replaced, ranges and If-Match, and bodies
// that arrive slowly and break off. Used by one thread.
#ifndef COLLECTOR_TESTS_SIM_BUCKET_H_
#define COLLECTOR_TESTS_SIM_BUCKET_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "collect/position_store.h"
#include "http/transport.h"
#include "sim/item_far_end.h"
#include "sim/world.h"

namespace collector::sim {

struct SimObject {
  std::string key;
  std::string version;  // empty: the bucket has no versions
  std::string etag;
  std::string body;
  size_t records = 0;
  bool poison = false;            // nobody can read it to its end
  bool replaces = false;          // it has the key of another
  Instant created{};              // not announced before
  Instant gone = Instant::max();  // deleted, or replaced by another

  // What a notification says of it, and the id that the collector makes of that.
  std::string Announcement() const;
  RecordId Identity() const;
};

class SimBucket : public Items {
 public:
  // `time` is that of who reads.
  SimBucket(Clock& time, Random& random, const Faults& faults)
      : time_(time), random_(random), faults_(faults) {}

  size_t Add(SimObject object);
  SimObject& object(size_t index) { return objects_[index]; }
  const std::vector<SimObject>& objects() const { return objects_; }

  size_t count() const override { return objects_.size(); }
  size_t RecordsOf(size_t index) const override { return objects_[index].records; }
  RecordId IdentityOf(size_t index) const override { return objects_[index].Identity(); }
  bool IsPoison(size_t index) const override { return objects_[index].poison; }
  bool ReplacesAnother(size_t index) const override { return objects_[index].replaces; }
  bool IsGone(size_t index) const override { return objects_[index].gone <= time_.MonotonicNow(); }
  bool HasFailed(size_t index) const override { return failed_.contains(objects_[index].key); }

  // The answer to a GetObject. Without a `response` that something on the way has given, the
  // bucket's own.
  std::unique_ptr<http::Exchange> Get(const http::Request& request,
                                      std::optional<http::Response> response = {});
  // A GetObject came to nothing.
  void NoteFailure(const http::Request& request);

  // The most that were read side by side.
  size_t most_readers() const { return most_readers_; }

 private:
  class Body;
  SimObject* Find(const http::Request& request);
  http::Response Answer(const http::Request& request, SimObject* object) const;

  Clock& time_;
  Random& random_;
  const Faults& faults_;
  std::vector<SimObject> objects_;
  std::map<std::string, int> reading_;  // by key
  std::set<std::string> failed_;        // keys
  size_t most_readers_ = 0;
};

}  // namespace collector::sim

#endif  // COLLECTOR_TESTS_SIM_BUCKET_H_
