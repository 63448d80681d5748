#include "s3/sqs_queue.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace collector::bench {
namespace {

using Outcome = SqsQueue::Outcome;

constexpr Instant kStart{Seconds(1000)};
constexpr Milliseconds kVisibility{30'000};

class SqsQueueTest : public testing::Test {
 protected:
  void Send(int messages) {
    for (int i = 0; i < messages; ++i) queue_.Send("body " + std::to_string(i), kStart);
  }
  SqsQueue::Delivery ReceiveOne(Instant now) {
    const auto deliveries = queue_.Receive(1, kVisibility, now);
    EXPECT_EQ(deliveries.size(), 1U);
    return deliveries.empty() ? SqsQueue::Delivery() : deliveries.front();
  }

  SqsQueue queue_{"logs", kVisibility};
};

TEST_F(SqsQueueTest, AMessageIsInvisibleUntilItsTimeoutRunsOut) {
  Send(1);
  EXPECT_EQ(*ReceiveOne(kStart).body, "body 0");
  EXPECT_EQ(queue_.NextExpiry(), kStart + kVisibility);
  EXPECT_TRUE(queue_.Receive(10, kVisibility, kStart + kVisibility - Milliseconds(1)).empty());
  EXPECT_EQ(queue_.counts().in_flight, 1U);

  const SqsQueue::Delivery again = ReceiveOne(kStart + kVisibility);
  EXPECT_EQ(*again.body, "body 0");
  EXPECT_EQ(again.receive_count, 2);
  EXPECT_EQ(again.first_received, kStart);
  EXPECT_EQ(queue_.counts().received, 2U);
  EXPECT_EQ(queue_.counts().redelivered, 1U);
  EXPECT_EQ(queue_.counts().expired, 1U);
}

TEST_F(SqsQueueTest, OnlyTheLatestHandleDeletes) {
  Send(1);
  const SqsQueue::Delivery first = ReceiveOne(kStart);
  const SqsQueue::Delivery second = ReceiveOne(kStart + kVisibility);
  EXPECT_NE(first.receipt_handle, second.receipt_handle);
  EXPECT_EQ(first.message_id, second.message_id);

  EXPECT_EQ(queue_.Delete(first.receipt_handle, kStart + kVisibility), Outcome::kIneffective);
  EXPECT_EQ(queue_.counts().deleted, 0U);
  EXPECT_EQ(queue_.Delete(second.receipt_handle, kStart + kVisibility), Outcome::kDone);
  EXPECT_EQ(queue_.Delete(second.receipt_handle, kStart + kVisibility), Outcome::kIneffective);
  EXPECT_EQ(queue_.counts().deleted, 1U);
  EXPECT_EQ(queue_.counts().ineffective_deletes, 2U);
  EXPECT_TRUE(queue_.Receive(10, kVisibility, kStart + 10 * kVisibility).empty());
}

TEST_F(SqsQueueTest, AnExpiredHandleStillDeletesWhatNobodyReceivedAnew) {
  Send(2);
  const SqsQueue::Delivery delivery = ReceiveOne(kStart);
  const Instant late = kStart + 2 * kVisibility;
  EXPECT_EQ(queue_.Delete(delivery.receipt_handle, late), Outcome::kDone);
  const auto rest = queue_.Receive(10, kVisibility, late);
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(*rest.front().body, "body 1");
  EXPECT_EQ(queue_.counts().visible, 0U);
}

TEST_F(SqsQueueTest, AChangeOfVisibilityMovesTheTimeout) {
  Send(1);
  const SqsQueue::Delivery delivery = ReceiveOne(kStart);
  const Instant changed = kStart + Seconds(20);
  EXPECT_EQ(queue_.ChangeVisibility(delivery.receipt_handle, Seconds(60), changed), Outcome::kDone);
  EXPECT_TRUE(queue_.Receive(10, kVisibility, kStart + kVisibility).empty());
  EXPECT_EQ(queue_.NextExpiry(), changed + Seconds(60));
  EXPECT_EQ(ReceiveOne(changed + Seconds(60)).receive_count, 2);
  EXPECT_EQ(queue_.counts().expired, 1U);
}

TEST_F(SqsQueueTest, AVisibilityOfZeroGivesAMessageBack) {
  Send(1);
  const SqsQueue::Delivery delivery = ReceiveOne(kStart);
  EXPECT_EQ(queue_.ChangeVisibility(delivery.receipt_handle, Seconds(0), kStart), Outcome::kDone);
  EXPECT_EQ(queue_.counts().in_flight, 0U);
  EXPECT_EQ(queue_.ChangeVisibility(delivery.receipt_handle, Seconds(9), kStart),
            Outcome::kIneffective);
  EXPECT_EQ(ReceiveOne(kStart).receive_count, 2);
  EXPECT_EQ(queue_.counts().expired, 0U);
}

TEST_F(SqsQueueTest, OneReceiveNeverGivesTheSameMessageTwice) {
  Send(3);
  EXPECT_EQ(queue_.Receive(10, Seconds(0), kStart).size(), 3U);
  EXPECT_EQ(queue_.counts().visible, 3U);
}

TEST_F(SqsQueueTest, RefusesHandlesThatAreNotItsOwn) {
  SqsQueue other("other", kVisibility);
  other.Send("body", kStart);
  const auto foreign = other.Receive(1, kVisibility, kStart);
  Send(1);
  std::string handle = ReceiveOne(kStart).receipt_handle;
  EXPECT_EQ(queue_.Delete("", kStart), Outcome::kUnknownHandle);
  EXPECT_EQ(queue_.Delete("AQEB", kStart), Outcome::kUnknownHandle);
  EXPECT_EQ(queue_.Delete(foreign.front().receipt_handle, kStart), Outcome::kUnknownHandle);
  handle[27] = '7';  // a message that was never sent
  EXPECT_EQ(queue_.Delete(handle, kStart), Outcome::kUnknownHandle);
  EXPECT_EQ(queue_.counts().deleted, 0U);
}

TEST_F(SqsQueueTest, EveryMessageIsEitherVisibleOrInFlightOrDeleted) {
  Send(50);
  Instant now = kStart;
  for (int round = 0; round < 40; ++round, now += Seconds(7)) {
    const auto deliveries = queue_.Receive(10, kVisibility, now);
    for (size_t i = 0; i < deliveries.size(); ++i) {
      const std::string& handle = deliveries[i].receipt_handle;
      if (i % 3 == 0) queue_.Delete(handle, now);
      if (i % 3 == 1) queue_.ChangeVisibility(handle, Seconds(i), now);
    }
    const SqsQueue::Counts& counts = queue_.counts();
    EXPECT_EQ(counts.visible + counts.in_flight + counts.deleted, 50U);
    EXPECT_EQ(counts.received,
              counts.deleted + counts.in_flight + counts.expired + counts.returned);
  }
  EXPECT_EQ(queue_.counts().deleted, 50U);
}

}  // namespace
}  // namespace collector::bench
