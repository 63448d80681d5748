// The receiving side of the simulator: what has arrived, and what every commit is checked against.
// Used by one thread.
#ifndef COLLECTOR_TESTS_SIM_RECEIVER_H_
#define COLLECTOR_TESTS_SIM_RECEIVER_H_

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "collect/output.h"
#include "collect/position_store.h"
#include "fakes/fake_clock.h"
#include "sim/world.h"

namespace collector::sim {

// What arrived at the far end, by eventID, over all lives of the process.
struct Arrived {
  std::map<std::string, int> times;
  std::set<RecordId> ids;
  // Arrived, but the store does not know it yet: what a kill now may send again.
  struct NotStored {
    Timestamp time;
    std::string region;
  };
  std::map<RecordId, NotStored> not_stored;
  int duplicates = 0;
};

// An output that holds batches for a while, in order, and sometimes fails one. What it holds when
// the process dies has arrived or not, as chance wants it, but was never acknowledged.
class SimOutput : public Output {
 public:
  SimOutput(FakeClock& clock, Random& random, const Faults& faults, Arrived& arrived)
      : clock_(clock), random_(random), faults_(faults), arrived_(arrived) {}

  const std::string& name() const override { return name_; }
  Status Submit(Batch batch, std::stop_token stop) override;
  Status Close(Instant deadline) override;

  // Delivers and acknowledges what is due.
  void Pump();
  // The process died: returns how many records were in flight, that is, taken and not stored as
  // delivered.
  int Die();

  // The planted fault: acknowledges what it has only taken. The simulator must find this.
  bool acknowledges_too_early = false;

 private:
  struct Held {
    Batch batch;
    Instant due;
  };
  void Arrive(const Records& records);

  const std::string name_ = "sim";
  FakeClock& clock_;
  Random& random_;
  const Faults& faults_;
  Arrived& arrived_;
  std::deque<Held> held_;
};

// A store that checks each commit before it is made: nothing may be settled that has not arrived.
class CheckedStore : public PositionStore {
 public:
  CheckedStore(PositionStore& store, const Aws& aws, Arrived& arrived, Random& random,
               const Faults& faults, Timestamp first)
      : store_(store),
        aws_(aws),
        arrived_(arrived),
        random_(random),
        faults_(faults),
        first_(first) {}

  Result<StoredPosition> Load(const std::string& key) override { return store_.Load(key); }
  Status Commit(const std::string& key, const PositionChange& change) override;

  const std::vector<std::string>& violations() const { return violations_; }

 private:
  void Check(const std::string& key, const PositionChange& change);

  PositionStore& store_;
  const Aws& aws_;
  Arrived& arrived_;
  Random& random_;
  const Faults& faults_;
  const Timestamp first_;
  std::vector<std::string> violations_;
};

}  // namespace collector::sim

#endif  // COLLECTOR_TESTS_SIM_RECEIVER_H_
