// Clock: the seam through which the collector reads the time and waits. SystemClock is the real
// one; tests and the simulator use a fake one, so that a day passes in a second. main() owns the
// clock, everything else borrows it. All methods may be called from any thread.
#ifndef COLLECTOR_BASE_CLOCK_H_
#define COLLECTOR_BASE_CLOCK_H_

#include <chrono>
#include <stop_token>

namespace collector {

using Milliseconds = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

// A point in time of the world, UTC, in whole milliseconds: record times and positions.
using Timestamp = std::chrono::sys_time<Milliseconds>;

// A point in time of this process that never jumps: deadlines, due times, rates.
using Instant = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

class Clock {
 public:
  virtual ~Clock() = default;

  virtual Timestamp Now() const = 0;
  virtual Instant MonotonicNow() const = 0;

  // Blocks until `when` or until `stop` is requested; true when the time has come.
  virtual bool WaitUntil(Instant when, std::stop_token stop) = 0;

  bool WaitFor(std::chrono::nanoseconds duration, std::stop_token stop) {
    return WaitUntil(MonotonicNow() + duration, std::move(stop));
  }
};

class SystemClock : public Clock {
 public:
  Timestamp Now() const override;
  Instant MonotonicNow() const override;
  bool WaitUntil(Instant when, std::stop_token stop) override;
};

}  // namespace collector

#endif  // COLLECTOR_BASE_CLOCK_H_
