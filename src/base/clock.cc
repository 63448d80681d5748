#include "base/clock.h"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace collector {

Timestamp SystemClock::Now() const {
  return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
}

Instant SystemClock::MonotonicNow() const { return std::chrono::steady_clock::now(); }

bool SystemClock::WaitUntil(Instant when, std::stop_token stop) {
  // condition_variable_any is the standard's one way to wait for a time or a stop request.
  std::mutex mutex;
  std::condition_variable_any never_notified;
  std::unique_lock lock(mutex);
  never_notified.wait_until(lock, stop, when, [] { return false; });
  return !stop.stop_requested() || MonotonicNow() >= when;
}

}  // namespace collector
