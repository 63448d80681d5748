// What the simulations of queues have in common, whatever their messages bring: how a world is
// drawn, the account, and the lives of a process that reads one queue. Used by one thread.
#ifndef COLLECTOR_TESTS_SIM_QUEUE_SIMULATION_H_
#define COLLECTOR_TESTS_SIM_QUEUE_SIMULATION_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/item_far_end.h"
#include "sim/process.h"
#include "sim/queue.h"
#include "sim/receiver.h"
#include "sim/simulator.h"
#include "sim/turns.h"
#include "sim/world.h"

namespace collector::sim {

struct QueueShape {
  bool clean = false;  // nothing fails; only SQS gives out messages twice
  bool fifo = false;
  int most_receives = 0;
  Seconds visibility{0};
  Seconds life{0};  // how long messages are sent
  Milliseconds period{0};
};

// Between two messages that bring the same, so that mostly the collector still knows it.
inline constexpr std::chrono::minutes kAnnouncedAgain{4};

Seconds DrawVisibility(Random& random);
Faults DrawQueueFaults(Random& random, const QueueShape& shape);
// When messages are sent.
std::vector<Instant> DrawTimes(Random& random, const QueueShape& shape, int64_t most);

// Where a simulation happens.
struct QueueWorld {
  QueueWorld(Random& chance, const Faults& drawn, const QueueShape& drawn_shape)
      : random(chance), faults(drawn), shape(drawn_shape) {}

  Random& random;
  Faults faults;
  const QueueShape& shape;
  FakeClock clock{std::chrono::sys_days(std::chrono::year(2026) / 11 / 25)};
  Turns turns{clock, random, faults};
};

// An account with a queue.
class QueueAccount : public Account {
 public:
  QueueAccount(QueueWorld& world, SimQueue& queue)
      : Account(world.clock, world.random, world.faults), turns_(world.turns), queue_(queue) {}

  Result<http::Response> Send(const http::Request& request, std::stop_token stop) override;

 protected:
  void Asked(const http::Request& request) override;
  Result<http::Response> Answer(const http::Request& request, std::stop_token stop) override;
  void Lost() override { queue_.AnswerLost(); }
  void Pass(Milliseconds time) override;

  // Once in a while a service answers nothing for minutes.
  std::optional<Result<http::Response>> Outage(const http::Request& request);

 private:
  Turns& turns_;
  SimQueue& queue_;
  std::map<bool, Instant> down_until_;
};

class QueueSimulation {
 public:
  using NewWorkers = std::function<std::vector<std::unique_ptr<Source>>(Process& process)>;

  // Of `most_in_hand` messages at a time. Who arrives is judged by `far_end`.
  QueueSimulation(QueueWorld& world, const Items& items, ItemFarEnd& far_end, size_t most_in_hand,
                  const Plant& plant);

  SimQueue& queue() { return queue_; }

  // Lives after lives with every fault, while messages are sent; then one without any, in which all
  // that can be read has to arrive. Each has the workers that `workers` makes.
  Report Run(QueueAccount& aws, NewWorkers workers);

 private:
  void Start();
  void Step();
  void Die();
  void EndInOrder(bool calmly);
  void CheckGivenBack();
  bool IsSettled() const;
  void CheckAll();

  QueueWorld& world_;
  const Items& items_;
  ItemFarEnd& far_end_;
  SimQueue queue_;
  SimOutput output_;
  const std::unique_ptr<PositionStore> memory_ = NewMemoryPositionStore();
  CheckedStore store_;
  QueueAccount* aws_ = nullptr;
  NewWorkers workers_;
  std::optional<Process> process_;
  Report report_;
};

}  // namespace collector::sim

#endif  // COLLECTOR_TESTS_SIM_QUEUE_SIMULATION_H_
