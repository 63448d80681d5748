// One life of the simulated process, from start to its death or its end: what main() makes, around
// the sources that a simulation is about. Used by one thread.
#ifndef COLLECTOR_TESTS_SIM_PROCESS_H_
#define COLLECTOR_TESTS_SIM_PROCESS_H_

#include <memory>
#include <stop_token>

#include "aws/client.h"
#include "collect/scheduler.h"
#include "sim/world.h"
#include "sources/source_context.h"

namespace collector::sim {

class Process {
 public:
  // `clock` is the scheduler's, `time` that of all others.
  Process(FakeClock& clock, Clock& time, Random& random, http::Transport& aws, Output& output,
          PositionStore& store);

  SourceContext context(std::stop_token give_up = {}) {
    return {time_, events_, store_, claims_, output_, "", std::move(give_up)};
  }
  std::unique_ptr<aws::Client> NewClient(const std::string& region) const {
    return std::make_unique<aws::Client>(session_, region);
  }
  Scheduler& scheduler() { return scheduler_; }

 private:
  Clock& time_;
  Output& output_;
  PositionStore& store_;
  Events events_{nullptr};
  aws::RateLimiters limiters_;
  aws::ClockSkew skew_;
  PositionClaims claims_;
  std::shared_ptr<aws::Session> session_;
  Scheduler scheduler_;
};

}  // namespace collector::sim

#endif  // COLLECTOR_TESTS_SIM_PROCESS_H_
