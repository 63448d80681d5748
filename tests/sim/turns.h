// Turns: the time of a process whose workers the simulator runs on one thread. While one waits (for
// the network, for room in an output, before it tries again) the others work, each on the stack of
// the one before, so that much is under way at once and yet all of it follows from the seed. What
// waits on another thread, as the end of a queue does, is never woken by the time.
//
// Owned by a simulation; used by one thread but for WaitUntil().
#ifndef COLLECTOR_TESTS_SIM_TURNS_H_
#define COLLECTOR_TESTS_SIM_TURNS_H_

#include <stop_token>
#include <thread>

#include "collect/scheduler.h"
#include "sim/receiver.h"
#include "sim/world.h"

namespace collector::sim {

class Turns : public Clock {
 public:
  Turns(FakeClock& clock, Random& random, const Faults& faults)
      : clock_(clock), random_(random), faults_(faults) {}

  // The time between Begin() and End() is a process's: its workers have turns. Faults tell it to
  // stop, and when it has gone on for some time after that, to give up.
  void Begin(Scheduler& scheduler, SimOutput& output);
  void End();
  void Stop();
  std::stop_token stop() const { return stop_.get_token(); }
  std::stop_token give_up() const { return give_up_.get_token(); }

  // What is due next, of the workers or of the output.
  void Step() { Turn(Instant::max()); }

  Timestamp Now() const override { return clock_.Now(); }
  Instant MonotonicNow() const override { return clock_.MonotonicNow(); }
  bool WaitUntil(Instant when, std::stop_token stop) override;

  // How often the workers were busy without ever letting time pass.
  int spins() const { return spins_; }

 private:
  void Turn(Instant until);
  void CountTurn();

  FakeClock& clock_;
  Random& random_;
  const Faults& faults_;
  const std::thread::id thread_ = std::this_thread::get_id();
  Scheduler* scheduler_ = nullptr;
  SimOutput* output_ = nullptr;
  std::stop_source stop_;
  std::stop_source give_up_;
  Instant give_up_at_{};
  Instant last_turn_{};
  int turns_at_once_ = 0;
  int spins_ = 0;
};

}  // namespace collector::sim

#endif  // COLLECTOR_TESTS_SIM_TURNS_H_
