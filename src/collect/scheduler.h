// Scheduler: runs sources when they are due. One lane per account and region, or per queue in it,
// which is the promised "processing thread per region": a heap of its sources by due time, and
// worker threads, one more than are busy, up to the lane's bound. An idle source costs a heap
// entry, not a thread. One source never runs on two threads at once. main() owns it. Add() before
// Run(), and during it what a source has found; wakers from any thread.
#ifndef COLLECTOR_COLLECT_SCHEDULER_H_
#define COLLECTOR_COLLECT_SCHEDULER_H_

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "collect/source.h"

namespace collector {

class Scheduler {
 public:
  struct Options {
    size_t workers_per_lane = 8;  // at most, unless a lane is given its own bound
    bool once = false;            // end when every source has caught up or failed
  };

  Scheduler(Clock& clock, const Options& options);
  ~Scheduler();

  // `source` runs on the lane's workers; it is due at once. A lane never has more threads than
  // sources, and not more than the highest of the `workers` given with them (0: the default).
  void Add(const std::string& lane, std::unique_ptr<Source> source, size_t workers = 0);

  // Runs all lanes until `stop` is requested or, with `once`, until no source is busy. Returns
  // when all workers have ended.
  void Run(std::stop_token stop);

  // Runs one step of the source that is due first on the caller's thread, first letting the clock
  // reach its due time: what tests and the simulator use instead of Run(). False when it was
  // stopped, when none is due by `until` or, with `once`, when no source is busy. A source may call
  // it while it is polled: then others are run.
  bool RunNext(std::stop_token stop, Instant until = Instant::max());

  // Settles all sources once more, after the outputs are closed, and lets them give back what they
  // hold. No worker may be running.
  void EndAll(Instant deadline);

  // How each source stands. Any thread, also while they run.
  struct Standing {
    std::string name;
    Source::Standing standing;
    std::optional<Timestamp> read_up_to;
  };
  std::vector<Standing> Standings() const;

  // The names, each once, of the sources whose last poll failed.
  std::vector<std::string> FailedSources() const;

 private:
  class Lane;
  struct Entry;

  bool AllDone() const;

  Clock& clock_;
  const Options options_;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace collector

#endif  // COLLECTOR_COLLECT_SCHEDULER_H_
