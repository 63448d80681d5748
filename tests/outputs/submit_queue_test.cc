#include "outputs/submit_queue.h"

#include <atomic>
#include <future>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace collector {
namespace {

Batch MakeBatch(size_t count, std::atomic<int>* failed = nullptr) {
  auto records = std::make_shared<Records>("t");
  for (size_t i = 0; i < count; ++i) records->Add(Timestamp(), "x");
  return {records, Ack::Create([failed](Outcome outcome) {
            if (failed != nullptr && outcome == Outcome::kFailed) ++*failed;
          })};
}

class SubmitQueueTest : public ::testing::Test {
 protected:
  SystemClock clock_;
  std::unique_ptr<Waiter> waiter_ = std::move(*Waiter::Create(clock_));
  SubmitQueue queue_{"devo", {1'000'000, 10}, *waiter_};

  size_t TakeAndRelease() {
    std::vector<Batch> batches;
    queue_.TakeAll(batches);
    for (Batch& batch : batches) {
      queue_.Release(batch.records->bytes(), batch.records->size());
      batch.ack.Resolve(Outcome::kDelivered);
    }
    return batches.size();
  }
};

TEST_F(SubmitQueueTest, CountsWhatIsTakenUntilItIsReleased) {
  ASSERT_TRUE(queue_.Submit(MakeBatch(5), {}));
  EXPECT_DOUBLE_EQ(queue_.Fill(), 0.5);
  std::vector<Batch> batches;
  queue_.TakeAll(batches);
  EXPECT_DOUBLE_EQ(queue_.Fill(), 0.5);
  queue_.Release(batches[0].records->bytes(), 5);
  EXPECT_DOUBLE_EQ(queue_.Fill(), 0);
}

TEST_F(SubmitQueueTest, WakesTheWriter) {
  ASSERT_TRUE(queue_.Submit(MakeBatch(1), {}));
  EXPECT_EQ(waiter_->Wait(-1, 0, Instant::max()), Waiter::Woke::kWoken);
}

TEST_F(SubmitQueueTest, ABatchWithoutRecordsIsDeliveredAtOnce) {
  std::atomic<int> failed = 0;
  ASSERT_TRUE(queue_.Submit(MakeBatch(0, &failed), {}));
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(TakeAndRelease(), 0u);
}

// Without turns a large batch would wait for ever behind small ones.
TEST_F(SubmitQueueTest, ALargeBatchIsNotOvertakenForEver) {
  ASSERT_TRUE(queue_.Submit(MakeBatch(1), {}));
  auto large = std::async(std::launch::async, [&] { return queue_.Submit(MakeBatch(30), {}); });
  ASSERT_EQ(large.wait_for(Milliseconds(30)), std::future_status::timeout);
  auto small = std::async(std::launch::async, [&] { return queue_.Submit(MakeBatch(1), {}); });
  EXPECT_EQ(small.wait_for(Milliseconds(30)), std::future_status::timeout) << "it has its turn";
  EXPECT_EQ(TakeAndRelease(), 1u);
  EXPECT_TRUE(large.get());
  EXPECT_EQ(TakeAndRelease(), 1u);
  EXPECT_TRUE(small.get());
}

TEST_F(SubmitQueueTest, WhoIsStoppedWhileWaitingMakesWayForTheNext) {
  ASSERT_TRUE(queue_.Submit(MakeBatch(8), {}));
  std::stop_source stop;
  std::atomic<int> failed = 0;
  auto first = std::async(std::launch::async,
                          [&] { return queue_.Submit(MakeBatch(9, &failed), stop.get_token()); });
  ASSERT_EQ(first.wait_for(Milliseconds(30)), std::future_status::timeout);
  auto second = std::async(std::launch::async, [&] { return queue_.Submit(MakeBatch(1), {}); });
  stop.request_stop();
  EXPECT_FALSE(first.get());
  EXPECT_EQ(failed, 1);
  EXPECT_TRUE(second.get());
}

// What waits long leaves the caches: a sender far behind holds up its sources before the window
// does.
TEST_F(SubmitQueueTest, WhatWaitsToBeTakenHasABoundOfItsOwn) {
  const size_t one = MakeBatch(1).records->bytes();
  SubmitQueue queue("devo", {1'000'000, 1'000, 2 * one}, *waiter_);
  ASSERT_TRUE(queue.Submit(MakeBatch(1), {}));
  ASSERT_TRUE(queue.Submit(MakeBatch(1), {}));
  EXPECT_DOUBLE_EQ(queue.Fill(), 1);
  auto third = std::async(std::launch::async, [&] { return queue.Submit(MakeBatch(1), {}); });
  ASSERT_EQ(third.wait_for(Milliseconds(30)), std::future_status::timeout);
  std::vector<Batch> batches;
  queue.Take(1, batches);  // taken, and not yet released
  EXPECT_EQ(batches.size(), 1u);
  EXPECT_TRUE(third.get());
  queue.TakeAll(batches);
  EXPECT_EQ(batches.size(), 3u);
}

// Whoever hears that a share failed may come back to the queue at once.
TEST_F(SubmitQueueTest, ResolvesSharesOutsideItsLock) {
  queue_.Close("it is closed");
  auto records = std::make_shared<Records>("t");
  records->Add(Timestamp(), "x");
  double seen = -1;
  const Status refused =
      queue_.Submit({records, Ack::Create([&](Outcome) { seen = queue_.Fill(); })}, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "output devo: it is closed");
  EXPECT_DOUBLE_EQ(seen, 0);
  EXPECT_TRUE(queue_.Drained());
}

TEST_F(SubmitQueueTest, NeverHoldsMoreThanItsBound) {
  constexpr int kThreads = 6;
  constexpr int kEach = 200;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::minstd_rand random(static_cast<uint32_t>(t) + 1);
      for (int i = 0; i < kEach; ++i) {
        ASSERT_TRUE(queue_.Submit(MakeBatch(1 + random() % 10), {}));
      }
    });
  }
  size_t taken = 0;
  while (taken < kThreads * kEach) {
    EXPECT_LE(queue_.Fill(), 1.0);
    taken += TakeAndRelease();
    waiter_->Wait(-1, 0, clock_.MonotonicNow() + Milliseconds(1));
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace collector
