#include "aws/retry.h"

#include <gtest/gtest.h>

namespace collector::aws {
namespace {

using std::chrono::nanoseconds;

TEST(RetryPolicy, GivesUpAfterTheConfiguredRetries) {
  RetryPolicy policy({.retries = 3}, 1);
  for (int retry = 1; retry <= 3; ++retry) EXPECT_TRUE(policy.Delay(retry, false).has_value());
  EXPECT_FALSE(policy.Delay(4, false).has_value());
  EXPECT_FALSE(RetryPolicy({.retries = 0}, 1).Delay(1, false).has_value());
}

TEST(RetryPolicy, DelaysAreSpreadFromZeroToADoublingBoundWithACap) {
  for (const auto& [retry, bound_ms] : {std::pair{1, 1'000},
                                        {2, 2'000},
                                        {3, 4'000},
                                        {4, 8'000},
                                        {5, 16'000},
                                        {6, 20'000},
                                        {60, 20'000}}) {
    nanoseconds least = nanoseconds::max();
    nanoseconds most{0};
    for (uint64_t seed = 0; seed < 400; ++seed) {
      const auto delay = RetryPolicy({.retries = 100}, seed).Delay(retry, false);
      ASSERT_TRUE(delay.has_value());
      least = std::min(least, *delay);
      most = std::max(most, *delay);
    }
    EXPECT_GE(least, nanoseconds(0));
    EXPECT_LE(most, Milliseconds(bound_ms));
    // Full jitter: of 400 draws some lie near both ends.
    EXPECT_LT(least, Milliseconds(bound_ms / 20));
    EXPECT_GT(most, Milliseconds(bound_ms - bound_ms / 20));
  }
}

TEST(RetryPolicy, TheSameSeedGivesTheSameDelays) {
  RetryPolicy a({.retries = 9}, 42);
  RetryPolicy b({.retries = 9}, 42);
  RetryPolicy c({.retries = 9}, 43);
  bool differs = false;
  for (int retry = 1; retry < 9; ++retry) {
    const auto delay = a.Delay(retry, false);
    EXPECT_EQ(delay, b.Delay(retry, false));
    differs = differs || delay != c.Delay(retry, false);
  }
  EXPECT_TRUE(differs);
}

TEST(RetryPolicy, ABudgetEndsTheRetriesOfAServiceThatFailsForEverybody) {
  RetryPolicy policy({.retries = 3}, 1);
  int granted = 0;
  while (policy.Delay(1, false)) ++granted;
  EXPECT_EQ(granted, 100);  // 500 / 5
  policy.OnSuccess(0);
  EXPECT_FALSE(policy.Delay(1, false).has_value());
  for (int i = 0; i < 4; ++i) policy.OnSuccess(0);
  EXPECT_TRUE(policy.Delay(1, false).has_value());
}

TEST(RetryPolicy, ATimeOutCostsTwice) {
  RetryPolicy policy({.retries = 3}, 1);
  int granted = 0;
  while (policy.Delay(1, true)) ++granted;
  EXPECT_EQ(granted, 50);
}

TEST(RetryPolicy, ASuccessGivesBackWhatItsRetriesCostAndNeverMoreThanThereWas) {
  RetryPolicy policy({.retries = 3}, 1);
  for (int i = 0; i < 10'000; ++i) policy.OnSuccess(100);
  int granted = 0;
  while (policy.Delay(1, false)) ++granted;
  EXPECT_EQ(granted, 100);
  policy.OnSuccess(15);
  granted = 0;
  while (policy.Delay(1, false)) ++granted;
  EXPECT_EQ(granted, 3);
}

}  // namespace
}  // namespace collector::aws
