// FakeClock: a clock that moves only when it is told to or waited on: a wait sets it to the awaited
// time at once, so that single-threaded tests never block. Any thread.
#ifndef COLLECTOR_TESTS_FAKES_FAKE_CLOCK_H_
#define COLLECTOR_TESTS_FAKES_FAKE_CLOCK_H_

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"

namespace collector {

class FakeClock : public Clock {
 public:
  explicit FakeClock(Timestamp now) : start_(now) {}

  Timestamp Now() const override {
    MutexLock lock(mutex_);
    return start_ + std::chrono::floor<Milliseconds>(elapsed_);
  }
  Instant MonotonicNow() const override {
    MutexLock lock(mutex_);
    return Instant(elapsed_);
  }
  bool WaitUntil(Instant when, std::stop_token stop) override {
    if (stop.stop_requested()) return false;
    MutexLock lock(mutex_);
    elapsed_ = std::max(elapsed_, when.time_since_epoch());
    return true;
  }
  void Advance(std::chrono::nanoseconds by) {
    MutexLock lock(mutex_);
    elapsed_ += by;
  }

 private:
  mutable Mutex mutex_;
  const Timestamp start_;
  std::chrono::nanoseconds elapsed_ GUARDED_BY(mutex_){0};
};

}  // namespace collector

#endif  // COLLECTOR_TESTS_FAKES_FAKE_CLOCK_H_
