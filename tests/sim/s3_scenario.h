// What is in S3 and in the queue that announces it, drawn from a seed, and what of it arrives. Used
// by one thread.
#ifndef COLLECTOR_TESTS_SIM_S3_SCENARIO_H_
#define COLLECTOR_TESTS_SIM_S3_SCENARIO_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/bucket.h"
#include "sim/queue.h"
#include "sim/receiver.h"
#include "sources/settings.h"

namespace collector::sim {

struct S3Shape {
  bool clean = false;  // nothing fails; only SQS gives out messages twice
  bool fifo = false;
  bool versions = false;
  int most_receives = 0;
  int parallel = 1;
  Seconds visibility{0};
  Seconds life{0};  // how long objects are announced
  Milliseconds period{0};

  // In a FIFO queue poison holds up its group, until it is in the dead-letter queue.
  bool may_poison() const { return !fifo || (most_receives > 0 && !clean); }
};

S3Shape DrawS3Shape(Random& random);
Faults DrawS3Faults(Random& random, const S3Shape& shape);
S3LogsSettings SettingsOf(const S3Shape& shape);

// Objects and the messages that announce them: several in one message, one in several, replaced
// and deleted ones, and such as nobody can read.
void MakeObjects(SimBucket& bucket, SimQueue& queue, Random& random, const S3Shape& shape);

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

#endif  // COLLECTOR_TESTS_SIM_S3_SCENARIO_H_
