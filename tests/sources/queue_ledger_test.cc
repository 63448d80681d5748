#include "sources/queue_ledger.h"

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace collector {
namespace {

using End = QueueLedger::End;
using Deletion = QueueLedger::Deletion;

const Instant kStart{std::chrono::hours(1)};
const Timestamp kSeenAt = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);
constexpr Seconds kVisibility{300};

AnnouncedObject Object(const std::string& key, int64_t size = 100) {
  AnnouncedObject object;
  object.bucket = "logs";
  object.key = key;
  object.etag = "tag-of-" + key;
  object.size = size;
  return object;
}

void Receive(QueueLedger& ledger, const std::string& id, const std::vector<std::string>& keys,
             Instant now = kStart, int count = 1) {
  std::vector<AnnouncedObject> objects;
  for (const std::string& key : keys) objects.push_back(Object(key));
  ledger.Receive({id, id + "/" + std::to_string(count), count}, objects, now);
}

// Reads the next object to this end; returns its key.
std::string ReadOne(QueueLedger& ledger, End end, Instant now = kStart,
                    const QueueLedger::Progress& progress = {}) {
  const auto task = ledger.TakeObject();
  if (!task) return "none";
  ledger.EndReading(task->id);
  ledger.EndObject(task->id, end, progress, kSeenAt, now);
  return task->object.key;
}

std::vector<std::string> Receipts(const std::vector<QueueLedger::Handle>& handles) {
  std::vector<std::string> receipts;
  for (const auto& handle : handles) receipts.push_back(handle.receipt);
  return receipts;
}

using Texts = std::vector<std::string>;

// S-5
TEST(QueueLedger, DeletesAMessageOnlyWhenTheLastOfItsObjectsIsDelivered) {
  QueueLedger ledger({});
  Receive(ledger, "m", {"a", "b", "c"});
  EXPECT_EQ(ReadOne(ledger, End::kDelivered), "a");
  EXPECT_EQ(ReadOne(ledger, End::kGone), "b");
  EXPECT_TRUE(ledger.TakeDeletes(kStart, true).empty());
  const auto last = ledger.TakeObject();
  ledger.EndReading(last->id);
  EXPECT_TRUE(ledger.TakeDeletes(kStart, true).empty());  // read is not delivered
  ledger.EndObject(last->id, End::kDelivered, {}, kSeenAt, kStart);
  EXPECT_EQ(Receipts(ledger.TakeDeletes(kStart, true)), Texts{"m/1"});
}

TEST(QueueLedger, ReadsAnObjectOnceThatAMessageAnnouncesTwice) {
  QueueLedger ledger({});
  Receive(ledger, "m", {"a", "a"});
  EXPECT_EQ(ReadOne(ledger, End::kDelivered), "a");
  EXPECT_FALSE(ledger.TakeObject());
  EXPECT_EQ(ledger.TakeDeletes(kStart, true).size(), 1U);
}

TEST(QueueLedger, DeletesAtOnceWhatAnnouncesNothing) {
  QueueLedger ledger({});
  Receive(ledger, "m", {});
  EXPECT_EQ(Receipts(ledger.TakeDeletes(kStart, true)), Texts{"m/1"});
}

TEST(QueueLedger, DeletesTenAtOnceOrAfterHalfASecond) {
  QueueLedger ledger({});
  for (int i = 0; i < 9; ++i) Receive(ledger, "m" + std::to_string(i), {});
  EXPECT_TRUE(ledger.TakeDeletes(kStart + Milliseconds(499)).empty());
  EXPECT_LE(ledger.NextDue(), kStart + Milliseconds(500));
  EXPECT_EQ(ledger.TakeDeletes(kStart + Milliseconds(500)).size(), 9U);
  for (int i = 0; i < 11; ++i) Receive(ledger, "n" + std::to_string(i), {});
  EXPECT_EQ(ledger.TakeDeletes(kStart).size(), 10U);
  EXPECT_TRUE(ledger.TakeDeletes(kStart).empty());
}

// S-7
TEST(QueueLedger, ExtendsAtHalfLifeWhatWaitsIsReadOrIsNotYetDelivered) {
  QueueLedger ledger({.visibility = kVisibility, .most_objects = 2});
  Receive(ledger, "waits", {"c"});
  Receive(ledger, "read", {"b"});
  Receive(ledger, "undelivered", {"a"});
  EXPECT_TRUE(ledger.TakeVisibilityChanges(kStart).empty());
  (void)ledger.TakeObject();
  ledger.EndReading(ledger.TakeObject()->id);
  EXPECT_TRUE(ledger.TakeVisibilityChanges(kStart + Seconds(120)).empty());
  const auto handles = ledger.TakeVisibilityChanges(kStart + Seconds(150));
  ASSERT_EQ(handles.size(), 3U);
  for (const auto& handle : handles) {
    EXPECT_EQ(handle.visibility, kVisibility);
    ledger.EndVisibilityChange(handle, true, kStart + Seconds(151));
  }
  EXPECT_TRUE(ledger.TakeVisibilityChanges(kStart + Seconds(300)).empty());
  EXPECT_EQ(ledger.TakeVisibilityChanges(kStart + Seconds(330)).size(), 3U);
}

TEST(QueueLedger, TriesAnExtensionAgainThatFailed) {
  QueueLedger ledger({.visibility = kVisibility});
  Receive(ledger, "m", {"a"});
  const auto handles = ledger.TakeVisibilityChanges(kStart + Seconds(150));
  ASSERT_EQ(handles.size(), 1U);
  EXPECT_TRUE(ledger.TakeVisibilityChanges(kStart + Seconds(200)).empty());  // it is under way
  ledger.EndVisibilityChange(handles[0], false, kStart + Seconds(200));
  EXPECT_LE(ledger.NextDue(), kStart + Seconds(230));
  EXPECT_EQ(ledger.TakeVisibilityChanges(kStart + Seconds(230)).size(), 1U);
}

TEST(QueueLedger, StillExtendsAMessageWhoseDeleteFailedWhileItsExtensionWaited) {
  QueueLedger ledger({.visibility = kVisibility});
  for (int i = 0; i < 11; ++i) {
    Receive(ledger, "m" + std::to_string(i), {"k" + std::to_string(i)});
  }
  Instant now = kStart + Seconds(150);
  const auto first = ledger.TakeVisibilityChanges(now);  // ten of eleven
  ASSERT_EQ(first.size(), 10U);
  while (ReadOne(ledger, End::kDelivered, now) != "none") {
  }
  std::vector<QueueLedger::Handle> deleting = ledger.TakeDeletes(now, true);
  for (const auto& handle : ledger.TakeDeletes(now, true)) deleting.push_back(handle);
  ASSERT_EQ(deleting.size(), 11U);
  EXPECT_TRUE(ledger.TakeVisibilityChanges(now).empty());  // what is being deleted needs none
  for (const auto& handle : first) ledger.EndVisibilityChange(handle, false, now);
  for (const auto& handle : deleting) ledger.EndDelete(handle, Deletion::kTryAgain, now);
  now += Seconds(60);
  std::set<std::string> extended;
  for (int i = 0; i < 2; ++i) {
    for (const auto& handle : ledger.TakeVisibilityChanges(now)) extended.insert(handle.id);
  }
  EXPECT_EQ(extended.size(), 11U);
}

TEST(QueueLedger, DoesNotTakeTheAnswerForAnOldHandleForOneOfTheNew) {
  QueueLedger ledger({.visibility = kVisibility});
  Receive(ledger, "m", {"a"});
  const auto old = ledger.TakeVisibilityChanges(kStart + Seconds(150));
  ASSERT_EQ(old.size(), 1U);
  Receive(ledger, "m", {"a"}, kStart + Seconds(301), 2);  // it ran out all the same
  ledger.EndVisibilityChange(old[0], true, kStart + Seconds(420));
  EXPECT_EQ(Receipts(ledger.TakeVisibilityChanges(kStart + Seconds(451))), Texts{"m/2"});
}

// S-8
TEST(QueueLedger, HasNoFreeSlotsWhileObjectsWaitForAReader) {
  QueueLedger ledger({.most_objects = 2, .most_messages = 16});
  const size_t all = ledger.FreeSlots();
  EXPECT_EQ(all, 16U);
  Receive(ledger, "m", {"a"});
  EXPECT_EQ(ledger.FreeSlots(), all - 1);
  Receive(ledger, "n", {"b"});
  EXPECT_EQ(ledger.FreeSlots(), 0U);
  (void)ledger.TakeObject();
  EXPECT_EQ(ledger.FreeSlots(), all - 2);
}

TEST(QueueLedger, HasNoFreeSlotsWhileTheOutputsAreBehind) {
  QueueLedger ledger({.most_objects = 1, .most_messages = 8});
  for (int i = 0; i < 8; ++i) {
    ASSERT_GT(ledger.FreeSlots(), 0U);
    Receive(ledger, "m" + std::to_string(i), {"k" + std::to_string(i)});
    ledger.EndReading(ledger.TakeObject()->id);
  }
  EXPECT_EQ(ledger.FreeSlots(), 0U);
}

TEST(QueueLedger, ReadsAsManySideBySideAsTheirBytesAllowButAlwaysOne) {
  QueueLedger ledger({.most_objects = 3, .most_bytes = 1000});
  std::vector<AnnouncedObject> objects = {Object("huge", 5000), Object("a", 600), Object("b", 400),
                                          Object("c", 1),       Object("d", 0),   Object("e", -1)};
  ledger.Receive({"m", "m/1", 1}, objects, kStart);
  const auto huge = ledger.TakeObject();
  ASSERT_TRUE(huge);
  EXPECT_FALSE(ledger.TakeObject());
  ledger.EndReading(huge->id);
  const auto a = ledger.TakeObject();
  const auto b = ledger.TakeObject();
  ASSERT_TRUE(a && b);
  EXPECT_FALSE(ledger.TakeObject());
  ledger.EndReading(a->id);
  ledger.EndObject(a->id, End::kDelivered, {}, kSeenAt, kStart);  // ends reading once only
  const auto c = ledger.TakeObject();
  ASSERT_TRUE(c);
  EXPECT_EQ(c->object.key, "c");
  ASSERT_TRUE(ledger.TakeObject());
  EXPECT_FALSE(ledger.TakeObject());  // three are read
}

// S-9
TEST(QueueLedger, TriesADeleteAgainThatFailedAfterAWhile) {
  QueueLedger ledger({});
  Receive(ledger, "m", {});
  Receive(ledger, "n", {});
  const auto handles = ledger.TakeDeletes(kStart, true);
  ASSERT_EQ(handles.size(), 2U);
  ledger.EndDelete(handles[0], Deletion::kDone, kStart);
  ledger.EndDelete(handles[1], Deletion::kTryAgain, kStart);
  EXPECT_EQ(ledger.size(), 1U);
  EXPECT_FALSE(ledger.DeletesDue(kStart + Seconds(1)));
  EXPECT_EQ(Receipts(ledger.TakeDeletes(kStart + Seconds(2))), Texts{"n/1"});
}

TEST(QueueLedger, DeletesWithTheNewestHandleWhatWasReceivedAgain) {
  QueueLedger ledger({});
  Receive(ledger, "m", {"a"});
  Receive(ledger, "m", {"a"}, kStart, 2);  // in hand
  EXPECT_EQ(ReadOne(ledger, End::kDelivered), "a");
  EXPECT_FALSE(ledger.TakeObject());
  const auto old = ledger.TakeDeletes(kStart, true);
  EXPECT_EQ(Receipts(old), Texts{"m/2"});
  Receive(ledger, "m", {"a"}, kStart, 3);  // while it is deleted
  ledger.EndDelete(old[0], Deletion::kDone, kStart);
  const auto renewed = ledger.TakeDeletes(kStart, true);
  EXPECT_EQ(Receipts(renewed), Texts{"m/3"});
  ledger.EndDelete(renewed[0], Deletion::kUnknown, kStart);
  EXPECT_TRUE(ledger.empty());
  Receive(ledger, "m", {"a"}, kStart, 4);  // SQS gives it out although it is deleted
  EXPECT_FALSE(ledger.TakeObject());
  EXPECT_EQ(Receipts(ledger.TakeDeletes(kStart, true)), Texts{"m/4"});
}

// S-10
TEST(QueueLedger, GivesPoisonBackForATimeThatGrowsWithItsReceiveCount) {
  std::vector<int64_t> away;
  for (const int count : {0, 1, 2, 3, 5, 6, 7, 1000}) {
    QueueLedger ledger({});
    EXPECT_TRUE(ledger.TakeVisibilityChanges(kStart).empty());
    ledger.ReceivePoison({"m", "r", count}, kStart);
    EXPECT_TRUE(ledger.TakeDeletes(kStart + Seconds(10), true).empty());
    EXPECT_LE(ledger.NextDue(), kStart);
    const auto handles = ledger.TakeVisibilityChanges(kStart);
    ASSERT_EQ(handles.size(), 1U);
    away.push_back(handles[0].visibility.count());
    ledger.EndVisibilityChange(handles[0], count % 2 == 0, kStart);
    EXPECT_TRUE(ledger.empty());
  }
  EXPECT_EQ(away, (std::vector<int64_t>{30, 30, 60, 120, 480, 900, 900, 900}));
}

TEST(QueueLedger, GivesAMessageBackWhenOneOfItsObjectsFailedAndThenReadsOnlyThat) {
  QueueLedger ledger({});
  Receive(ledger, "m", {"good", "bad"});
  EXPECT_EQ(ReadOne(ledger, End::kDelivered), "good");
  EXPECT_EQ(ReadOne(ledger, End::kFailed, kStart, {7, "v1"}), "bad");
  EXPECT_TRUE(ledger.TakeDeletes(kStart, true).empty());
  EXPECT_LE(ledger.NextDue(), kStart);
  const auto handles = ledger.TakeVisibilityChanges(kStart);
  ASSERT_EQ(handles.size(), 1U);
  ledger.EndVisibilityChange(handles[0], true, kStart);
  EXPECT_TRUE(ledger.empty());
  Receive(ledger, "m", {"good", "bad"}, kStart + Seconds(30), 2);
  const auto task = ledger.TakeObject();
  ASSERT_TRUE(task);
  EXPECT_EQ(task->object.key, "bad");
  EXPECT_EQ(task->skip, 7U);
  EXPECT_EQ(task->skip_etag, "v1");
  EXPECT_FALSE(ledger.TakeObject());
  ledger.EndObject(task->id, End::kDelivered, {}, kSeenAt, kStart + Seconds(31));
  EXPECT_EQ(ledger.TakeDeletes(kStart + Seconds(40)).size(), 1U);
}

TEST(QueueLedger, NeverHoldsAFailedMessageThatComesAgainBeforeItWasGivenBack) {
  QueueLedger ledger({});
  Receive(ledger, "m", {"a"});
  EXPECT_EQ(ReadOne(ledger, End::kFailed), "a");
  Receive(ledger, "m", {"a"}, kStart, 2);
  const auto handles = ledger.TakeVisibilityChanges(kStart);
  EXPECT_EQ(Receipts(handles), Texts{"m/2"});
  Receive(ledger, "m", {"a"}, kStart, 3);  // while it is given back: it is hidden anew
  ledger.EndVisibilityChange(handles[0], true, kStart);
  const auto renewed = ledger.TakeVisibilityChanges(kStart);
  EXPECT_EQ(Receipts(renewed), Texts{"m/3"});
  ledger.EndVisibilityChange(renewed[0], false, kStart);
  EXPECT_TRUE(ledger.empty());
}

// S-19
TEST(QueueLedger, ReadsOnceAnObjectThatTwoMessagesAnnounce) {
  QueueLedger ledger({});
  Receive(ledger, "m", {"a"});
  Receive(ledger, "n", {"a"});
  EXPECT_EQ(ReadOne(ledger, End::kDelivered), "a");
  EXPECT_FALSE(ledger.TakeObject());
  EXPECT_EQ(ledger.TakeDeletes(kStart, true).size(), 2U);
  Receive(ledger, "o", {"a"});  // after it was delivered
  EXPECT_FALSE(ledger.TakeObject());
  EXPECT_EQ(Receipts(ledger.TakeDeletes(kStart, true)), Texts{"o/1"});
  EXPECT_EQ(ledger.TakeDelivered().size(), 1U);
  EXPECT_TRUE(ledger.TakeDelivered().empty());
}

// T-4
TEST(QueueLedger, ReadsAnObjectWhoseNameIsOlderThanThatOfOneDelivered) {
  QueueLedger ledger({});
  Receive(ledger, "m", {"trail/20261124T1005Z_b.json.gz"});
  EXPECT_EQ(ReadOne(ledger, End::kDelivered), "trail/20261124T1005Z_b.json.gz");
  Receive(ledger, "n", {"trail/20261124T1000Z_z.json.gz", "trail/20261124T1005Z_a.json.gz"});
  EXPECT_EQ(ReadOne(ledger, End::kDelivered), "trail/20261124T1000Z_z.json.gz");
  EXPECT_EQ(ReadOne(ledger, End::kDelivered), "trail/20261124T1005Z_a.json.gz");
}

TEST(QueueLedger, GivesBackBothMessagesOfAnObjectThatFailed) {
  QueueLedger ledger({});
  Receive(ledger, "m", {"a"});
  Receive(ledger, "n", {"a", "b"});
  EXPECT_EQ(ReadOne(ledger, End::kFailed), "a");
  EXPECT_EQ(ReadOne(ledger, End::kDelivered), "b");
  EXPECT_TRUE(ledger.TakeDeletes(kStart, true).empty());
  EXPECT_EQ(ledger.TakeVisibilityChanges(kStart).size(), 2U);
}

// D-5
TEST(QueueLedger, GivesBackAtTheEndAllThatIsNotToBeDeleted) {
  QueueLedger ledger({});
  Receive(ledger, "waits", {"c"});
  Receive(ledger, "done", {});
  ledger.ReceivePoison({"poison", "p", 1}, kStart);
  EXPECT_EQ(ReadOne(ledger, End::kCancelled), "c");
  EXPECT_EQ(Receipts(ledger.TakeDeletes(kStart, true)), Texts{"done/1"});
  std::set<std::pair<std::string, int64_t>> given;
  for (const auto& handle : ledger.TakeUnfinished()) {
    given.emplace(handle.receipt, handle.visibility.count());
    ledger.EndVisibilityChange(handle, true, kStart);
  }
  EXPECT_EQ(given, (std::set<std::pair<std::string, int64_t>>{{"p", 30}, {"waits/1", 0}}));
  EXPECT_TRUE(ledger.TakeUnfinished().empty());
}

TEST(QueueLedger, RemembersWhatAnEarlierRunDeliveredAndForgetsItAfterTenMinutes) {
  QueueLedger ledger({});
  ledger.Restore({{Object("a").Identity(), kSeenAt}});
  Receive(ledger, "m", {"a"});
  EXPECT_FALSE(ledger.TakeObject());
  EXPECT_FALSE(ledger.Forget(kSeenAt + std::chrono::minutes(10)));
  const auto range = ledger.Forget(kSeenAt + std::chrono::minutes(11));
  ASSERT_TRUE(range);
  EXPECT_TRUE(range->from <= kSeenAt && kSeenAt < range->to);
  EXPECT_FALSE(ledger.Forget(kSeenAt + std::chrono::minutes(11)));
  Receive(ledger, "n", {"a"});
  EXPECT_TRUE(ledger.TakeObject());
}

TEST(QueueLedger, ForgetsTheOldestWhenTooManyWereDelivered) {
  QueueLedger ledger({});
  std::vector<SeenRecord> seen;
  for (int i = 0; i <= 100'000; ++i) {
    seen.push_back({RecordId::From(std::to_string(i)), kSeenAt + Milliseconds(i / 10)});
  }
  ledger.Restore(seen);
  const auto range = ledger.Forget(kSeenAt + Seconds(20));
  ASSERT_TRUE(range);
  EXPECT_EQ(range->to, kSeenAt + Seconds(1));
  EXPECT_FALSE(ledger.Forget(kSeenAt + Seconds(20)));
}

TEST(QueueLedger, ForgetsAlsoWhatWasDeliveredBeforeTheClockWasSetBack) {
  QueueLedger ledger({});
  ledger.Restore({{Object("a").Identity(), kSeenAt}});
  ASSERT_TRUE(ledger.Forget(kSeenAt + std::chrono::minutes(60)));
  Receive(ledger, "m", {"b"});
  EXPECT_EQ(ReadOne(ledger, End::kDelivered), "b");  // at kSeenAt, which was forgotten
  const auto range = ledger.Forget(kSeenAt + std::chrono::minutes(70));
  ASSERT_TRUE(range);
  EXPECT_LE(range->from, kSeenAt);
}

}  // namespace
}  // namespace collector
