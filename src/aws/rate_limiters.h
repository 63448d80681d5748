// RateLimiters: how often each API may be called, one limit per account, region and operation
// (L-10), shared by all clients of the process. main() owns it; any thread.
//
// Calls are spaced evenly, 1 / rate apart, rather than let out in bursts: AWS counts in windows
// that nobody outside knows, and with even spacing no window of a second, wherever it begins, holds
// more than `rate` calls. A throttled answer lowers the rate by a third, down to a tenth of what is
// documented (other programs use the same account's allowance); each answer that is not throttled
// gives a fortieth of the documented rate back, until it is reached again.
#ifndef COLLECTOR_AWS_RATE_LIMITERS_H_
#define COLLECTOR_AWS_RATE_LIMITERS_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <tuple>

#include "base/clock.h"
#include "base/mutex.h"

namespace collector::aws {

class RateLimiter {
 public:
  // `rate` in calls per second, above 0.
  RateLimiter(Clock& clock, double rate);

  // Blocks until the caller may make one call, first come, first served; false when `stop` was
  // requested before that.
  bool Acquire(std::stop_token stop) EXCLUDES(mutex_);

  // What became of a call. OnThrottled() returns the rate that holds from now on. Several answers
  // that were throttled at once, as calls side by side are, lower the rate once.
  void OnSuccess() EXCLUDES(mutex_);
  double OnThrottled() EXCLUDES(mutex_);

  double rate() const EXCLUDES(mutex_);

 private:
  std::chrono::nanoseconds Spacing() const REQUIRES(mutex_);
  // Nothing when the holder of the ticket may call now, else when it should ask again.
  std::optional<Instant> TryTake(uint64_t ticket) EXCLUDES(mutex_);

  Clock& clock_;
  const double documented_rate_;
  mutable Mutex mutex_;
  double rate_ GUARDED_BY(mutex_);
  Instant next_call_ GUARDED_BY(mutex_) = Instant::min();
  std::optional<Instant> last_decrease_ GUARDED_BY(mutex_);
  uint64_t next_ticket_ GUARDED_BY(mutex_) = 0;
  std::deque<uint64_t> waiting_ GUARDED_BY(mutex_);  // tickets, the first to go in front
};

class RateLimiters {
 public:
  explicit RateLimiters(Clock& clock) : clock_(clock) {}

  // The one limiter for these; it lives as long as this object. `rate` matters the first time.
  RateLimiter& For(std::string_view account, std::string_view region, std::string_view operation,
                   double rate) EXCLUDES(mutex_);

 private:
  using Key = std::tuple<std::string, std::string, std::string>;

  Clock& clock_;
  Mutex mutex_;
  std::map<Key, std::unique_ptr<RateLimiter>> limiters_ GUARDED_BY(mutex_);
};

}  // namespace collector::aws

#endif  // COLLECTOR_AWS_RATE_LIMITERS_H_
