#include "base/clock.h"

#include <thread>

#include <gtest/gtest.h>

namespace collector {
namespace {

TEST(SystemClock, WaitsUntilTheTimeHasCome) {
  SystemClock clock;
  const Instant when = clock.MonotonicNow() + Milliseconds(20);
  EXPECT_TRUE(clock.WaitUntil(when, {}));
  EXPECT_GE(clock.MonotonicNow(), when);
}

TEST(SystemClock, StopsWaitingWhenAskedTo) {
  SystemClock clock;
  std::stop_source stop;
  std::jthread stopper([&stop] { stop.request_stop(); });
  EXPECT_FALSE(clock.WaitFor(std::chrono::hours(1), stop.get_token()));
}

TEST(SystemClock, DoesNotWaitForATimeThatIsPast) {
  SystemClock clock;
  EXPECT_TRUE(clock.WaitFor(Seconds(-1), {}));
}

}  // namespace
}  // namespace collector
