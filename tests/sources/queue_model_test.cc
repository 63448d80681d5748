// The ledger against an SQS in memory, whose visibility runs out, whose answers come late and whose
// calls fail, from a seed: whatever happens, no message is deleted before its objects are
// delivered, none is stuck, and the bounds hold.
#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sources/queue_ledger.h"

namespace collector {
namespace {

constexpr size_t kMessages = 300;
constexpr QueueLedger::Options kOptions{
    .visibility = Seconds(30), .most_objects = 4, .most_messages = 32, .most_bytes = 3000};

class World {
 public:
  explicit World(uint64_t seed) : random_(seed) {
    for (size_t i = 0; i < kMessages; ++i) {
      InQueue& message = queue_["m" + std::to_string(i)];
      message.poison = Below(20) == 0;
      const size_t objects = message.poison ? 0 : Below(5);
      for (size_t j = 0; j < objects; ++j) {
        AnnouncedObject object;  // at times one that another message announces as well
        object.key = std::to_string(Below(kMessages * 2));
        object.size = static_cast<int64_t>(std::stoi(object.key) * 7 % 5000) - 1;
        message.objects.push_back(object);
      }
    }
  }

  void Run() {
    for (int step = 0; step < 200'000 && !Settled(); ++step) {
      now_ += Milliseconds(Below(200));
      // Once in a while the whole program stands still for longer than the visibility.
      if (Below(2'000) == 0) now_ += Seconds(40);
      is_calm_ = step > 20'000;  // then nothing fails any more
      Step();
      CheckBounds();
      if (testing::Test::HasFatalFailure()) return;
    }
    EXPECT_TRUE(Settled()) << "a message is stuck";
    End();
  }

 private:
  struct InQueue {
    std::vector<AnnouncedObject> objects;
    bool poison = false;
    bool deleted = false;
    int count = 0;
    std::string receipt;
    Instant visible_at{};
  };
  struct Call {
    std::vector<QueueLedger::Handle> handles;
    std::vector<bool> ok;
    bool is_delete = false;
  };

  size_t Below(size_t limit) { return random_() % limit; }
  bool Fails(size_t in) { return !is_calm_ && Below(in) == 0; }

  bool Settled() {
    return std::all_of(queue_.begin(), queue_.end(), [](const auto& entry) {
      return entry.second.deleted || entry.second.poison;
    });
  }

  void Step() {
    switch (Below(7)) {
      case 0:
        return Receive();
      case 1:
        return Begin({ledger_.TakeDeletes(now_), {}, true});
      case 2:
        return Begin({ledger_.TakeVisibilityChanges(now_), {}, false});
      case 3:
        if (auto task = ledger_.TakeObject()) reading_.push_back(*task);
        return;
      case 4:
        return EndReading();
      case 5:
        return Deliver();
      default:
        return Answer();
    }
  }

  void Receive() {
    size_t slots = std::min<size_t>(ledger_.FreeSlots(), 10);
    for (auto& [id, message] : queue_) {
      if (slots == 0) return;
      // SQS may give out what is deleted, too, and it does not keep to an order.
      const bool given = message.deleted ? Fails(5'000) : message.visible_at <= now_ && Below(3);
      if (!given) continue;
      --slots;
      ++message.count;
      message.receipt = id + "/" + std::to_string(message.count);
      message.visible_at = now_ + kOptions.visibility;
      const QueueLedger::ReceivedMessage received{id, message.receipt, message.count};
      if (message.poison) {
        ledger_.ReceivePoison(received, now_);
      } else {
        ledger_.Receive(received, message.objects, now_);
      }
    }
  }

  // SQS does it now; the answer comes later.
  void Begin(Call call) {
    if (call.handles.empty()) return;
    ASSERT_LE(call.handles.size(), 10U);
    const bool all_fail = Fails(10);
    std::set<std::string> ids;
    for (const auto& handle : call.handles) {
      ASSERT_TRUE(ids.insert(handle.id).second) << "twice in one call";
      InQueue& message = queue_.at(handle.id);
      const bool ok = !all_fail && !Fails(10) && handle.receipt == message.receipt;
      call.ok.push_back(ok);
      if (ok && call.is_delete) Delete(message);
      if (ok && !call.is_delete) message.visible_at = now_ + handle.visibility;
    }
    calls_.push_back(std::move(call));
  }

  void Delete(InQueue& message) {
    ASSERT_FALSE(message.poison) << "poison was deleted";
    for (const AnnouncedObject& object : message.objects) {
      ASSERT_TRUE(delivered_.contains(object.Identity())) << object.key << " was lost";
    }
    message.deleted = true;
  }

  void Answer() {
    if (calls_.empty()) return;
    const auto call = calls_.begin() + static_cast<ptrdiff_t>(Below(calls_.size()));
    for (size_t i = 0; i < call->handles.size(); ++i) {
      if (call->is_delete) {
        const auto failed =
            Below(2) ? QueueLedger::Deletion::kTryAgain : QueueLedger::Deletion::kUnknown;
        ledger_.EndDelete(call->handles[i], call->ok[i] ? QueueLedger::Deletion::kDone : failed,
                          now_);
      } else {
        ledger_.EndVisibilityChange(call->handles[i], call->ok[i], now_);
      }
    }
    calls_.erase(call);
  }

  void EndReading() {
    if (reading_.empty()) return;
    const auto task = reading_.begin() + static_cast<ptrdiff_t>(Below(reading_.size()));
    ledger_.EndReading(task->id);
    undelivered_.push_back(*task);
    reading_.erase(task);
  }

  void Deliver() {
    if (undelivered_.empty()) return;
    const auto task = undelivered_.begin() + static_cast<ptrdiff_t>(Below(undelivered_.size()));
    auto end = Fails(4) ? QueueLedger::End::kFailed : QueueLedger::End::kDelivered;
    if (Below(10) == 0) end = QueueLedger::End::kGone;
    if (end != QueueLedger::End::kFailed) delivered_.insert(task->id);
    ledger_.EndObject(task->id, end, {Below(3), "etag"}, kBegin, now_);
    undelivered_.erase(task);
  }

  void CheckBounds() {
    int64_t bytes = 0;
    for (const auto& task : reading_) {
      bytes += task.object.size < 0 ? int64_t{1} << 20 : task.object.size;
    }
    ASSERT_LE(reading_.size(), kOptions.most_objects);
    ASSERT_TRUE(reading_.size() <= 1 || bytes <= kOptions.most_bytes);
    ASSERT_LE(ledger_.size(), kOptions.most_messages);
  }

  // The program is told to end: what is in hand is deleted or given back.
  void End() {
    while (!reading_.empty()) EndReading();
    while (!undelivered_.empty()) Deliver();
    while (!calls_.empty()) Answer();
    for (int i = 0; i < 100 && !ledger_.empty(); ++i) {
      Begin({ledger_.TakeDeletes(now_, true), {}, true});
      Begin({ledger_.TakeUnfinished(), {}, false});
      while (!calls_.empty()) Answer();
    }
    EXPECT_TRUE(ledger_.empty());
  }

  static constexpr Timestamp kBegin{};
  std::mt19937_64 random_;
  Instant now_{std::chrono::hours(1)};
  bool is_calm_ = false;
  std::map<std::string, InQueue> queue_;
  std::vector<QueueLedger::Task> reading_;
  std::vector<QueueLedger::Task> undelivered_;
  std::vector<Call> calls_;
  std::set<RecordId> delivered_;
  QueueLedger ledger_{kOptions};
};

TEST(QueueModel, NothingIsLostStuckOrBeyondItsBoundsWhateverSqsDoes) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World(seed).Run();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace collector
