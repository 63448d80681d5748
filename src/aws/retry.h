// RetryPolicy: whether and when a failed call is made again, in the manner of the AWS SDKs'
// standard mode: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html Owned
// by a client; any thread.
#ifndef COLLECTOR_AWS_RETRY_H_
#define COLLECTOR_AWS_RETRY_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

#include "base/clock.h"
#include "base/mutex.h"

namespace collector::aws {

struct RetryOptions {
  int retries = 3;  // after the first attempt; `pull_retries` of the configuration
  Milliseconds longest_delay{20'000};
};

class RetryPolicy {
 public:
  // Delays are drawn from `seed`, so that the simulator repeats a run exactly.
  RetryPolicy(RetryOptions options, uint64_t seed) : options_(options), random_(seed) {}

  // How long to wait before retry number `retry` (the first is 1), drawn evenly from zero to
  // 2^(retry-1) s, at most `longest_delay`; nothing when the call has to be given up, because it
  // was tried often enough or because the budget is spent: a service that fails for everybody is
  // not helped by three times the calls.
  std::optional<std::chrono::nanoseconds> Delay(int retry, bool timed_out) EXCLUDES(mutex_);

  // A call succeeded whose retries took `spent` from the budget: that comes back, or a little.
  void OnSuccess(int spent) EXCLUDES(mutex_);

  // What one retry takes from the budget of 500.
  static int Cost(bool timed_out) { return timed_out ? 10 : 5; }

 private:
  const RetryOptions options_;
  Mutex mutex_;
  int budget_ GUARDED_BY(mutex_) = 500;
  std::mt19937_64 random_ GUARDED_BY(mutex_);
};

}  // namespace collector::aws

#endif  // COLLECTOR_AWS_RETRY_H_
