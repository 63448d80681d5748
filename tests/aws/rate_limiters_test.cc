#include "aws/rate_limiters.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fakes/fake_clock.h"

namespace collector::aws {
namespace {

class RateLimiterTest : public testing::Test {
 protected:
  FakeClock clock_{Timestamp{}};
  RateLimiter limiter_{clock_, 2.0};
};

TEST_F(RateLimiterTest, TheFirstCallGoesAtOnce) {
  const Instant begin = clock_.MonotonicNow();
  EXPECT_TRUE(limiter_.Acquire({}));
  EXPECT_EQ(clock_.MonotonicNow(), begin);
}

TEST_F(RateLimiterTest, NoWindowOfASecondHoldsMoreThanTheRate) {  // T-6
  std::vector<Instant> calls;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(limiter_.Acquire({}));
    calls.push_back(clock_.MonotonicNow());
    // Callers that are now early, now late, after a pause and in a burst.
    if (i % 7 == 0) clock_.Advance(Milliseconds(1'700));
    if (i % 5 == 0) clock_.Advance(Milliseconds(320));
  }
  for (size_t i = 2; i < calls.size(); ++i) EXPECT_GE(calls[i] - calls[i - 2], Seconds(1)) << i;
}

TEST_F(RateLimiterTest, ATwoCallsASecondLimitIsUsedUp) {
  const Instant begin = clock_.MonotonicNow();
  for (int i = 0; i < 121; ++i) ASSERT_TRUE(limiter_.Acquire({}));
  EXPECT_EQ(clock_.MonotonicNow() - begin, Seconds(60));
}

TEST_F(RateLimiterTest, APauseSavesNothingUp) {
  ASSERT_TRUE(limiter_.Acquire({}));
  clock_.Advance(Seconds(60));
  ASSERT_TRUE(limiter_.Acquire({}));
  const Instant second = clock_.MonotonicNow();
  ASSERT_TRUE(limiter_.Acquire({}));
  EXPECT_EQ(clock_.MonotonicNow() - second, Milliseconds(500));
}

TEST_F(RateLimiterTest, ThrottlingLowersTheRateDownToATenth) {
  double before = limiter_.rate();
  for (int i = 0; i < 30; ++i) {
    clock_.Advance(Seconds(1));
    const double after = limiter_.OnThrottled();
    EXPECT_LE(after, before);
    EXPECT_GE(after, 0.2 - 1e-9);
    before = after;
  }
  EXPECT_DOUBLE_EQ(limiter_.rate(), 0.2);
  ASSERT_TRUE(limiter_.Acquire({}));
  const Instant begin = clock_.MonotonicNow();
  ASSERT_TRUE(limiter_.Acquire({}));
  EXPECT_GE(clock_.MonotonicNow() - begin, Milliseconds(4'999));
}

TEST_F(RateLimiterTest, AnswersThrottledAtOnceLowerTheRateOnce) {
  const double once = limiter_.OnThrottled();
  EXPECT_NEAR(once, 2.0 * 2 / 3, 1e-9);
  EXPECT_EQ(limiter_.OnThrottled(), once);
  clock_.Advance(Milliseconds(999));
  EXPECT_EQ(limiter_.OnThrottled(), once);
  clock_.Advance(Milliseconds(1));
  EXPECT_LT(limiter_.OnThrottled(), once);
}

TEST_F(RateLimiterTest, AThrottledAnswerHoldsTheNextCallBack) {
  const Instant begin = clock_.MonotonicNow();
  limiter_.OnThrottled();
  ASSERT_TRUE(limiter_.Acquire({}));
  EXPECT_GE(clock_.MonotonicNow() - begin, Milliseconds(749));
}

TEST_F(RateLimiterTest, SuccessRaisesTheRateToTheDocumentedOneAndNoFurther) {
  for (int i = 0; i < 30; ++i) {
    clock_.Advance(Seconds(1));
    limiter_.OnThrottled();
  }
  int successes = 0;
  while (limiter_.rate() < 2.0 && successes < 1'000) {
    limiter_.OnSuccess();
    ++successes;
  }
  EXPECT_NEAR(successes, 36, 1);
  limiter_.OnSuccess();
  EXPECT_EQ(limiter_.rate(), 2.0);
}

TEST_F(RateLimiterTest, AStoppedCallerGetsNothingAndTakesNothing) {
  ASSERT_TRUE(limiter_.Acquire({}));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(limiter_.Acquire(stop.get_token()));
  const Instant begin = clock_.MonotonicNow();
  ASSERT_TRUE(limiter_.Acquire({}));
  EXPECT_EQ(clock_.MonotonicNow() - begin, Milliseconds(500));
}

TEST(RateLimiter, ThreadsShareTheRateAndEachGetsItsTurn) {
  SystemClock clock;
  RateLimiter limiter(clock, 500.0);
  constexpr int kThreads = 8;
  constexpr int kCalls = 20;
  std::mutex mutex;
  std::vector<Instant> calls;
  const Instant begin = clock.MonotonicNow();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int call = 0; call < kCalls; ++call) {
          ASSERT_TRUE(limiter.Acquire({}));
          const Instant now = clock.MonotonicNow();
          std::lock_guard lock(mutex);
          calls.push_back(now);
        }
      });
    }
  }
  ASSERT_EQ(calls.size(), static_cast<size_t>(kThreads * kCalls));
  EXPECT_GE(*std::max_element(calls.begin(), calls.end()) - begin,
            Milliseconds(2) * (kThreads * kCalls - 1));
}

TEST(RateLimiter, ThreadsThatWaitAreLetGoByARequestToStop) {
  SystemClock clock;
  RateLimiter limiter(clock, 0.001);
  ASSERT_TRUE(limiter.Acquire({}));
  std::stop_source stop;
  std::atomic<int> let_go = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] { let_go += !limiter.Acquire(stop.get_token()); });
    }
    stop.request_stop();
  }
  EXPECT_EQ(let_go, 4);
}

TEST(RateLimiters, KeepOneLimitPerAccountRegionAndOperation) {  // L-10
  FakeClock clock{Timestamp{}};
  RateLimiters limiters(clock);
  RateLimiter& limiter = limiters.For("1", "us-east-1", "cloudtrail:LookupEvents", 2);
  EXPECT_EQ(&limiters.For("1", "us-east-1", "cloudtrail:LookupEvents", 2), &limiter);
  EXPECT_NE(&limiters.For("2", "us-east-1", "cloudtrail:LookupEvents", 2), &limiter);
  EXPECT_NE(&limiters.For("1", "us-east-2", "cloudtrail:LookupEvents", 2), &limiter);
  EXPECT_NE(&limiters.For("1", "us-east-1", "logs:FilterLogEvents", 5), &limiter);
  EXPECT_EQ(limiters.For("1", "us-east-1", "logs:FilterLogEvents", 5).rate(), 5);
}

}  // namespace
}  // namespace collector::aws
