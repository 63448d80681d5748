// What has arrived of the objects in a bucket, and what of it may arrive once more: the judge of
// the S3 simulation. Used by one thread.
#ifndef COLLECTOR_TESTS_SIM_OBJECT_FAR_END_H_
#define COLLECTOR_TESTS_SIM_OBJECT_FAR_END_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/bucket.h"
#include "sim/receiver.h"

namespace collector::sim {

// What arrived, by object and place in it. It holds every duplicate for a violation that no kill,
// no end and no broken connection explains.
class ObjectFarEnd : public FarEnd {
 public:
  ObjectFarEnd(const SimBucket& bucket, const Clock& clock) : bucket_(bucket), clock_(clock) {}

  void Arrive(const Record& record, bool again) override;
  void Check(const std::string& key, const PositionChange& change) override;
  void Stored(const std::string& key, const PositionChange& change) override;
  int EndLife() override;

  // That all of it arrived, or that it is gone, or that nobody can read it to its end.
  bool IsDone(size_t object) const;
  // That the collector has put down that it has done with it.
  bool IsStored(size_t object) const;
  // At the end of all.
  void CheckThatAllArrived(int& records);

 private:
  struct Arrival {
    int times = 0;
    int life = -1;  // the last one, and the time in it
    Instant at{};
  };
  struct Received {
    std::vector<Arrival> records;
    size_t distinct = 0;
    int life = -1;  // the last in which some arrived, and how many did then
    size_t distinct_in_life = 0;
    std::optional<Timestamp> stored;  // the collector's time of the delivery, in its store
  };

  Received& Of(size_t object);
  bool IsExplained(size_t object, const Arrival& last);
  std::optional<size_t> Find(const RecordId& id);

  const SimBucket& bucket_;
  const Clock& clock_;
  std::vector<Received> received_;
  std::map<RecordId, size_t> identities_;
  int life_ = 0;
};

}  // namespace collector::sim

#endif  // COLLECTOR_TESTS_SIM_OBJECT_FAR_END_H_
