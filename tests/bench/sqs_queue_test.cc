#include "s3/sqs_queue.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace collector::bench {
namespace {

using Outcome = SqsQueue::Outcome;

constexpr Instant kOpened{Seconds(1000)};
constexpr Milliseconds kVisibility{30'000};

class SqsQueueTest : public testing::Test {
 protected:
  void Send(int messages) {
    for (int i = 0; i < messages; ++i) queue_.Send("body " + std::to_string(i), kOpened);
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
  EXPECT_EQ(*ReceiveOne(kOpened).body, "body 0");
  EXPECT_EQ(queue_.NextExpiry(), kOpened + kVisibility);
  EXPECT_TRUE(queue_.Receive(10, kVisibility, kOpened + kVisibility - Milliseconds(1)).empty());
  EXPECT_EQ(queue_.counts().in_flight, 1U);

  const SqsQueue::Delivery again = ReceiveOne(kOpened + kVisibility);
  EXPECT_EQ(*again.body, "body 0");
  EXPECT_EQ(again.receive_count, 2);
  EXPECT_EQ(again.first_received, kOpened);
  EXPECT_EQ(queue_.counts().received, 2U);
  EXPECT_EQ(queue_.counts().redelivered, 1U);
  EXPECT_EQ(queue_.counts().expired, 1U);
}

TEST_F(SqsQueueTest, OnlyTheLatestHandleDeletes) {
  Send(1);
  const SqsQueue::Delivery first = ReceiveOne(kOpened);
  const SqsQueue::Delivery second = ReceiveOne(kOpened + kVisibility);
  EXPECT_NE(first.receipt_handle, second.receipt_handle);
  EXPECT_EQ(first.message_id, second.message_id);

  EXPECT_EQ(queue_.Delete(first.receipt_handle, kOpened + kVisibility), Outcome::kIneffective);
  EXPECT_EQ(queue_.counts().deleted, 0U);
  EXPECT_EQ(queue_.Delete(second.receipt_handle, kOpened + kVisibility), Outcome::kDone);
  EXPECT_EQ(queue_.Delete(second.receipt_handle, kOpened + kVisibility), Outcome::kIneffective);
  EXPECT_EQ(queue_.counts().deleted, 1U);
  EXPECT_EQ(queue_.counts().ineffective_deletes, 2U);
  EXPECT_TRUE(queue_.Receive(10, kVisibility, kOpened + 10 * kVisibility).empty());
}

TEST_F(SqsQueueTest, AnExpiredHandleStillDeletesWhatNobodyReceivedAnew) {
  Send(2);
  const SqsQueue::Delivery delivery = ReceiveOne(kOpened);
  const Instant late = kOpened + 2 * kVisibility;
  EXPECT_EQ(queue_.Delete(delivery.receipt_handle, late), Outcome::kDone);
  const auto rest = queue_.Receive(10, kVisibility, late);
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(*rest.front().body, "body 1");
  EXPECT_EQ(queue_.counts().visible, 0U);
}

TEST_F(SqsQueueTest, AChangeOfVisibilityMovesTheTimeout) {
  Send(1);
  const SqsQueue::Delivery delivery = ReceiveOne(kOpened);
  const Instant changed = kOpened + Seconds(20);
  EXPECT_EQ(queue_.ChangeVisibility(delivery.receipt_handle, Seconds(60), changed), Outcome::kDone);
  EXPECT_TRUE(queue_.Receive(10, kVisibility, kOpened + kVisibility).empty());
  EXPECT_EQ(queue_.NextExpiry(), changed + Seconds(60));
  EXPECT_EQ(ReceiveOne(changed + Seconds(60)).receive_count, 2);
  EXPECT_EQ(queue_.counts().expired, 1U);
}

TEST_F(SqsQueueTest, AVisibilityOfZeroGivesAMessageBack) {
  Send(1);
  const SqsQueue::Delivery delivery = ReceiveOne(kOpened);
  EXPECT_EQ(queue_.ChangeVisibility(delivery.receipt_handle, Seconds(0), kOpened), Outcome::kDone);
  EXPECT_EQ(queue_.counts().in_flight, 0U);
  EXPECT_EQ(queue_.ChangeVisibility(delivery.receipt_handle, Seconds(9), kOpened),
            Outcome::kIneffective);
  EXPECT_EQ(ReceiveOne(kOpened).receive_count, 2);
  EXPECT_EQ(queue_.counts().expired, 0U);
}

TEST_F(SqsQueueTest, OneReceiveNeverGivesTheSameMessageTwice) {
  Send(3);
  EXPECT_EQ(queue_.Receive(10, Seconds(0), kOpened).size(), 3U);
  EXPECT_EQ(queue_.counts().visible, 3U);
}

TEST_F(SqsQueueTest, RefusesHandlesThatAreNotItsOwn) {
  SqsQueue other("other", kVisibility);
  other.Send("body", kOpened);
  const auto foreign = other.Receive(1, kVisibility, kOpened);
  Send(1);
  std::string handle = ReceiveOne(kOpened).receipt_handle;
  EXPECT_EQ(queue_.Delete("", kOpened), Outcome::kUnknownHandle);
  EXPECT_EQ(queue_.Delete("AQEB", kOpened), Outcome::kUnknownHandle);
  EXPECT_EQ(queue_.Delete(foreign.front().receipt_handle, kOpened), Outcome::kUnknownHandle);
  handle[27] = '7';  // a message that was never sent
  EXPECT_EQ(queue_.Delete(handle, kOpened), Outcome::kUnknownHandle);
  EXPECT_EQ(queue_.counts().deleted, 0U);
}

TEST_F(SqsQueueTest, EveryMessageIsEitherVisibleOrInFlightOrDeleted) {
  Send(50);
  Instant now = kOpened;
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
