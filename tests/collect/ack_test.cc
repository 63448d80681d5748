#include "collect/ack.h"

#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace collector {
namespace {

class AckTest : public testing::Test {
 protected:
  Ack Promise() {
    return Ack::Create([this](Outcome outcome) { heard_.push_back(outcome); });
  }
  std::vector<Outcome> heard_;
};

TEST_F(AckTest, IsHeardWhenItsOnlyShareIsDelivered) {
  Ack ack = Promise();
  EXPECT_TRUE(heard_.empty());
  ack.Resolve(Outcome::kDelivered);
  EXPECT_EQ(heard_, std::vector{Outcome::kDelivered});
}

TEST_F(AckTest, IsHeardOnceAfterTheLastShare) {
  Ack first = Promise();
  Ack second = first.Share();
  Ack third = second.Share();
  first.Resolve(Outcome::kDelivered);
  third.Resolve(Outcome::kDelivered);
  EXPECT_TRUE(heard_.empty());
  second.Resolve(Outcome::kDelivered);
  EXPECT_EQ(heard_, std::vector{Outcome::kDelivered});
}

// D-2: one that failed is enough.
TEST_F(AckTest, TellsTheWorstOutcome) {
  Ack first = Promise();
  Ack second = first.Share();
  first.Resolve(Outcome::kFailed);
  second.Resolve(Outcome::kDelivered);
  EXPECT_EQ(heard_, std::vector{Outcome::kFailed});
}

TEST_F(AckTest, CountsAForgottenShareAsFailed) {
  {
    Ack kept = Promise();
    { Ack forgotten = kept.Share(); }
    kept.Resolve(Outcome::kDelivered);
  }
  EXPECT_EQ(heard_, std::vector{Outcome::kFailed});
}

TEST_F(AckTest, CountsAnOverwrittenShareAsFailed) {
  Ack share = Promise();
  share = Ack::Create([](Outcome) {});
  EXPECT_EQ(heard_, std::vector{Outcome::kFailed});
}

TEST_F(AckTest, IsNotResolvedByBeingMovedOrResolvedAgain) {
  Ack share = Promise();
  Ack moved = std::move(share);
  EXPECT_TRUE(heard_.empty());
  moved.Resolve(Outcome::kDelivered);
  moved.Resolve(Outcome::kFailed);
  EXPECT_EQ(heard_, std::vector{Outcome::kDelivered});
}

TEST_F(AckTest, HearsTheWorstOutcomeOfSharesResolvedOnManyThreads) {
  for (int round = 0; round < 200; ++round) {
    heard_.clear();
    std::optional<Ack> first = Promise();
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([share = first->Share(), i]() mutable {
        share.Resolve(i == 2 ? Outcome::kFailed : Outcome::kDelivered);
      });
    }
    first->Resolve(Outcome::kDelivered);
    threads.clear();
    ASSERT_EQ(heard_, std::vector{Outcome::kFailed});
  }
}

}  // namespace
}  // namespace collector
