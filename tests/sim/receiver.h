// The receiving side of the simulator, for every kind of source: the output that the collector
// gives its records to, the store that it commits to, and who judges both. Used by one thread.
#ifndef COLLECTOR_TESTS_SIM_RECEIVER_H_
#define COLLECTOR_TESTS_SIM_RECEIVER_H_

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "collect/output.h"
#include "collect/position_store.h"
#include "sim/world.h"

namespace collector::sim {

// What arrived at the far end, over all lives of the process, and what the collector's promises
// make of it.
class FarEnd {
 public:
  virtual ~FarEnd() = default;

  // `again`: the output sends it once more because its connection broke.
  virtual void Arrive(const Record& record, bool again) = 0;
  // What is committed, before that and after it: nothing may be settled that has not arrived.
  virtual void Check(const std::string& key, const PositionChange& change) = 0;
  virtual void Stored(const std::string& key, const PositionChange& change) = 0;
  // A life of the process is over. Returns how many records have arrived that the next one does not
  // know of, and so may send again.
  virtual int EndLife() = 0;

  int duplicates() const { return duplicates_; }
  const std::vector<std::string>& violations() const { return violations_; }

 protected:
  void Violate(std::string what) { violations_.push_back(std::move(what)); }
  int duplicates_ = 0;

 private:
  std::vector<std::string> violations_;
};

// An output that holds batches for a while, in order, and sometimes fails one or sends what it
// holds again. What it holds when the process dies has arrived or not, as chance wants it, but was
// never acknowledged.
class SimOutput : public Output {
 public:
  SimOutput(Clock& clock, Random& random, const Faults& faults, FarEnd& far_end)
      : clock_(clock), random_(random), faults_(faults), far_end_(far_end) {}

  const std::string& name() const override { return name_; }
  Status Submit(Batch batch, std::stop_token stop) override;
  // What is not delivered by then fails; unlike a real output it can be used again.
  Status Close(Instant deadline) override;

  // Delivers and acknowledges what is due.
  void Pump();
  // When there will be something to pump.
  Instant NextDue() const { return held_.empty() ? Instant::max() : held_.front().due; }
  // The process died.
  void Die();

  // The planted fault: acknowledges what it has only taken. The simulator must find this.
  bool acknowledges_too_early = false;

 private:
  struct Held {
    Batch batch;
    Instant due;
    bool again = false;
  };
  void Arrive(const Held& held);
  void Reset();

  const std::string name_ = "sim";
  Clock& clock_;
  Random& random_;
  const Faults& faults_;
  FarEnd& far_end_;
  std::deque<Held> held_;
};

// A store that has each commit checked before it is made.
class CheckedStore : public PositionStore {
 public:
  CheckedStore(PositionStore& store, FarEnd& far_end, Random& random, const Faults& faults)
      : store_(store), far_end_(far_end), random_(random), faults_(faults) {}

  Result<StoredPosition> Load(const std::string& key) override {
    return forgets ? StoredPosition() : store_.Load(key);
  }
  Status Commit(const std::string& key, const PositionChange& change) override;

  Status Remove(const std::string& key) override { return store_.Remove(key); }

  bool has_failed() const { return has_failed_; }

  // The planted fault: nobody learns what an earlier life has stored. The simulator must find this.
  bool forgets = false;

 private:
  PositionStore& store_;
  FarEnd& far_end_;
  Random& random_;
  const Faults& faults_;
  bool has_failed_ = false;
};

}  // namespace collector::sim

#endif  // COLLECTOR_TESTS_SIM_RECEIVER_H_
