#include "sources/time_ledger.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace collector {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

const Timestamp kStart = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);
const Timestamp kLongAgo = kStart - std::chrono::days(90);

TimeLedger::Options Options() {
  return {.look_back = minutes(20), .period = minutes(1), .calls_per_second = 2, .page_size = 50};
}

TimeLedger Restored(Timestamp begin = kStart) {
  TimeLedger ledger(Options());
  EXPECT_TRUE(ledger.Restore(std::nullopt, begin, kLongAgo));
  return ledger;
}

// Takes and completes everything there is at `now`; returns what was read.
std::vector<TimeRange> ReadAll(TimeLedger& ledger, Timestamp now, uint64_t records = 0) {
  std::vector<TimeRange> read;
  while (auto visit = ledger.Take(now)) {
    read.push_back(visit->range);
    ledger.Complete(visit->id, true, records);
  }
  return read;
}

TEST(TimeLedger, BeginsNowWithoutAPositionOrAStartTime) {
  TimeLedger ledger = Restored();
  ledger.Plan(kStart);
  EXPECT_FALSE(ledger.Take(kStart));
  EXPECT_EQ(ledger.position(), R"({"pending":[],"until":"2026-11-24T00:00:00Z"})");
}

TEST(TimeLedger, ReadsEachNewStretchAtOnce) {
  TimeLedger ledger = Restored();
  ledger.Plan(kStart + minutes(1));
  EXPECT_EQ(ReadAll(ledger, kStart + minutes(1)),
            (std::vector<TimeRange>{{kStart, kStart + minutes(1)}}));
}

TEST(TimeLedger, LeavesTheSecondThatIsNotOverForTheNextTime) {
  TimeLedger ledger = Restored();
  const Timestamp now = kStart + Milliseconds(60'999);
  ledger.Plan(now);
  EXPECT_EQ(ReadAll(ledger, now), (std::vector<TimeRange>{{kStart, kStart + minutes(1)}}));
}

// T-6: however often it was read, a stretch is settled by a visit that began the look-back after
// its end, and not before.
TEST(TimeLedger, SettlesAStretchOnlyAfterTheLookBack) {
  TimeLedger ledger = Restored();
  for (int minute = 1; minute <= 20; ++minute) {
    ledger.Plan(kStart + minutes(minute));
    ReadAll(ledger, kStart + minutes(minute));
    ASSERT_TRUE(ledger.TakeSettled().empty()) << minute;
  }
  ledger.Plan(kStart + minutes(21));
  ReadAll(ledger, kStart + minutes(21));
  EXPECT_EQ(ledger.TakeSettled(), (std::vector<TimeRange>{{kStart, kStart + minutes(1)}}));
  EXPECT_EQ(ledger.position(), R"({"pending":[["2026-11-24T00:01:00Z","2026-11-24T00:21:00Z"]],)"
                               R"("until":"2026-11-24T00:21:00Z"})");
}

TEST(TimeLedger, ReadsTheWholeLookBackOfAQuietAccountInOneVisitEachPeriod) {
  TimeLedger ledger = Restored();
  for (int minute = 1; minute <= 60; ++minute) {
    const Timestamp now = kStart + minutes(minute);
    ledger.Plan(now);
    const auto read = ReadAll(ledger, now);
    ASSERT_EQ(read.size(), 1u) << minute;
    EXPECT_EQ(read[0].to, now);
    EXPECT_EQ(read[0].from, std::max(kStart, now - minutes(21)));
    ledger.TakeSettled();
  }
}

// A busy account is read about twice, fresh and final, with a bounded share of the calls for more.
TEST(TimeLedger, KeepsEarlyVisitsOfABusyAccountWithinTheirShareOfTheCalls) {
  TimeLedger ledger = Restored();
  const double records_per_minute = 40 * 60;
  double pages = 0;
  for (int minute = 1; minute <= 120; ++minute) {
    const Timestamp now = kStart + minutes(minute);
    ledger.Plan(now);
    while (auto visit = ledger.Take(now)) {
      const double length =
          std::chrono::duration<double, std::ratio<60>>(visit->range.to - visit->range.from)
              .count();
      const double records = length * records_per_minute;
      if (minute > 60) pages += std::ceil(records / 50);
      ledger.Complete(visit->id, true, static_cast<uint64_t>(records));
    }
    ledger.TakeSettled();
  }
  const double calls_allowed = 60 * 60 * 2;
  const double two_readings = 2 * 60 * records_per_minute / 50;
  EXPECT_GE(pages, two_readings);
  EXPECT_LT(pages, two_readings + 0.5 * calls_allowed);
}

TEST(TimeLedger, GivesSeveralReadersDifferentStretches) {
  TimeLedger ledger = Restored(kStart - hours(24));
  ledger.Plan(kStart);
  std::vector<TimeRange> taken;
  for (int i = 0; i < 7; ++i) {  // one fresh, six of the backlog
    const auto visit = ledger.Take(kStart);
    ASSERT_TRUE(visit);
    for (const TimeRange& other : taken) {
      EXPECT_TRUE(visit->range.to <= other.from || visit->range.from >= other.to);
    }
    taken.push_back(visit->range);
  }
}

// D-4: out of order completion leaves a hole that stays open.
TEST(TimeLedger, KeepsAStretchOpenWhoseNeighboursAreSettled) {
  TimeLedger ledger = Restored(kStart - hours(2));
  ledger.Plan(kStart);
  const auto fresh = ledger.Take(kStart);
  ASSERT_TRUE(fresh);
  const auto first = ledger.Take(kStart);
  const auto second = ledger.Take(kStart);
  ASSERT_TRUE(first && second);
  ledger.Complete(second->id, true, 0);
  EXPECT_EQ(ledger.TakeSettled(), std::vector{second->range});
  const std::string hole = R"([["2026-11-23T22:00:00Z","2026-11-23T22:15:00Z"])";
  EXPECT_NE(ledger.position().find(hole), std::string::npos) << ledger.position();
}

TEST(TimeLedger, WantsAFailedStretchAgain) {
  TimeLedger ledger = Restored();
  ledger.Plan(kStart + minutes(1));
  const auto visit = ledger.Take(kStart + minutes(1));
  ASSERT_TRUE(visit);
  EXPECT_FALSE(ledger.Take(kStart + minutes(1)));
  ledger.Complete(visit->id, false, 0);
  const auto again = ledger.Take(kStart + minutes(1));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->range, visit->range);
}

TEST(TimeLedger, ReadsFreshStretchesBeforeTheBacklogAndTheBacklogOldestFirst) {
  TimeLedger ledger = Restored(kStart - hours(24));
  ledger.Plan(kStart);
  const auto fresh = ledger.Take(kStart);
  ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh->range.to, kStart);
  const auto oldest = ledger.Take(kStart);
  ASSERT_TRUE(oldest);
  EXPECT_EQ(oldest->range.from, kStart - hours(24));
  EXPECT_GT(ledger.backlog(), hours(23));
}

// With a short period the fresh slices alone would use up the calls.
TEST(TimeLedger, WorksOffTheBacklogHoweverMuchIsFresh) {
  TimeLedger ledger = Restored(kStart - hours(24));
  Timestamp now = kStart;
  for (int i = 0; i < 40; ++i) {  // one visit a period, as when calls are scarce
    ledger.Plan(now += minutes(1));
    const auto visit = ledger.Take(now);
    ASSERT_TRUE(visit);
    ledger.Complete(visit->id, true, 500);
  }
  EXPECT_LT(ledger.backlog(), hours(20));
}

TEST(TimeLedger, CutsTheBacklogByTheDensityOfRecords) {
  for (const uint64_t records : {0u, 100'000u}) {
    TimeLedger ledger = Restored(kStart - std::chrono::days(40));
    ledger.Plan(kStart);
    Milliseconds last{0};
    for (int i = 0; i < 12; ++i) {
      const auto visit = ledger.Take(kStart);
      ASSERT_TRUE(visit);
      last = visit->range.to - visit->range.from;
      ledger.Complete(visit->id, true, records);
    }
    if (records == 0) {
      EXPECT_EQ(last, hours(24)) << "an empty history is skipped in long strides";
    } else {
      EXPECT_LT(last, Seconds(10)) << "a dense one is read in pieces";
    }
  }
}

TEST(TimeLedger, ContinuesAfterARestartWhereItWasOpen) {
  TimeLedger before = Restored(kStart - hours(1));
  before.Plan(kStart);
  ReadAll(before, kStart);
  before.TakeSettled();
  TimeLedger after(Options());
  ASSERT_TRUE(after.Restore(before.position(), kStart + hours(3), kLongAgo));
  EXPECT_EQ(after.position(), before.position());
  after.Plan(kStart + hours(2));
  // What was open for the look-back, and what passed meanwhile, has to be read.
  TimeRange all{kStart + hours(2), kStart};
  for (const TimeRange& range : ReadAll(after, kStart + hours(2))) {
    all.from = std::min(all.from, range.from);
    all.to = std::max(all.to, range.to);
  }
  EXPECT_EQ(all.from, kStart - minutes(20));
  EXPECT_EQ(all.to, kStart + hours(2));
}

TEST(TimeLedger, GivesUpWhatAwsNoLongerHasAndSaysHowMuch) {
  TimeLedger ledger(Options());
  const std::string position =
      R"({"pending":[["2026-08-01T00:00:00Z","2026-08-02T00:00:00Z"]],"until":"2026-08-20T00:00:00Z"})";
  const Timestamp horizon = std::chrono::sys_days(std::chrono::year(2026) / 8 / 26);
  const auto given_up = ledger.Restore(position, kStart, horizon);
  ASSERT_TRUE(given_up);
  EXPECT_EQ(*given_up, std::chrono::days(7));
  EXPECT_EQ(ledger.position(), R"({"pending":[],"until":"2026-08-26T00:00:00Z"})");
}

TEST(TimeLedger, RefusesADamagedPositionRatherThanGuess) {
  for (const char* position :
       {"", "{}", "null", "[]", R"({"pending":[],"until":"yesterday"})", R"({"pending":[]})",
        R"({"pending":[["2026-08-02T00:00:00Z"]],"until":"2026-08-20T00:00:00Z"})",
        R"({"pending":[["2026-08-02T00:00:00Z","x"]],"until":"2026-08-20T00:00:00Z"})",
        R"({"pending":5,"until":"2026-08-20T00:00:00Z"})"}) {
    TimeLedger ledger(Options());
    EXPECT_FALSE(ledger.Restore(position, kStart, kLongAgo)) << position;
  }
}

TEST(TimeLedger, SurvivesAClockThatIsSetBackOrJumpsAhead) {
  TimeLedger ledger = Restored();
  ledger.Plan(kStart + minutes(10));
  ReadAll(ledger, kStart + minutes(10));
  ledger.Plan(kStart + minutes(5));
  ReadAll(ledger, kStart + minutes(5));
  EXPECT_TRUE(ledger.TakeSettled().empty());
  ledger.Plan(kStart + hours(48));
  ReadAll(ledger, kStart + hours(48));
  Milliseconds settled{0};
  for (const TimeRange& range : ledger.TakeSettled()) settled += range.to - range.from;
  EXPECT_EQ(settled, hours(48) - minutes(20));
}

TEST(TimeLedger, KnowsWhenEverythingUpToATimeWasReadOnce) {
  TimeLedger ledger = Restored(kStart - hours(1));
  EXPECT_FALSE(ledger.ReadUpTo(kStart));
  ledger.Plan(kStart);
  EXPECT_FALSE(ledger.ReadUpTo(kStart));
  ReadAll(ledger, kStart);
  EXPECT_TRUE(ledger.ReadUpTo(kStart));
  EXPECT_FALSE(ledger.ReadUpTo(kStart + minutes(1)));
}

// Random lives, with failures and restarts, against a list of seconds: a second is settled once,
// after a successful visit of all of it that began the look-back after it.
TEST(TimeLedger, SettlesEverySecondOnceAndNeverEarlyInRandomLives) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    const auto chance = [&random](int percent) {
      return std::uniform_int_distribution<>(0, 99)(random) < percent;
    };
    const Timestamp first = kStart - (chance(50) ? hours(5) : hours(0));
    auto ledger = std::make_unique<TimeLedger>(Options());
    ASSERT_TRUE(ledger->Restore(std::nullopt, first, kLongAgo));
    std::vector<TimeLedger::Visit> open;
    std::set<Timestamp> settled;
    const auto settle = [&](const TimeRange& within, Timestamp started) {
      for (const TimeRange& range : ledger->TakeSettled()) {
        ASSERT_TRUE(range.from >= within.from && range.to <= within.to) << "seed " << seed;
        ASSERT_GE(started, range.to + minutes(20)) << "seed " << seed;
        for (Timestamp second = range.from; second < range.to; second += Seconds(1)) {
          ASSERT_TRUE(settled.insert(second).second) << "seed " << seed;
        }
      }
    };
    Timestamp now = kStart;
    for (int step = 0; step < 300; ++step) {
      now += Seconds(std::uniform_int_distribution<>(1, 90)(random));
      ledger->Plan(now);
      while (chance(70)) {
        const auto visit = ledger->Take(now);
        if (!visit) break;
        open.push_back(*visit);
      }
      std::shuffle(open.begin(), open.end(), random);
      while (!open.empty() && chance(70)) {
        const TimeLedger::Visit visit = open.back();
        open.pop_back();
        ledger->Complete(visit.id, chance(80), chance(50) ? 3 : 700);
        settle(visit.range, visit.started);
        if (HasFatalFailure()) return;
      }
      if (chance(3)) {
        const std::string position = ledger->position();
        open.clear();
        ledger = std::make_unique<TimeLedger>(Options());
        ASSERT_TRUE(ledger->Restore(position, now, kLongAgo));
      }
    }
    for (const auto& visit : open) ledger->Complete(visit.id, false, 0);
    now += hours(1);
    ledger->Plan(now);
    ReadAll(*ledger, now);
    settle({first, now}, now);
    for (Timestamp second = first; second < now - minutes(20); second += Seconds(1)) {
      ASSERT_TRUE(settled.contains(second)) << "seed " << seed;
    }
  }
}

// L-2: what was learned of how late records come survives a restart, and so does not knowing it.
TEST(TimeLedger, KeepsALookBackThatWasLearned) {
  TimeLedger ledger = Restored();
  EXPECT_FALSE(ledger.look_back_is_set());
  ledger.set_look_back(minutes(3));
  ledger.Plan(kStart + minutes(4));
  ReadAll(ledger, kStart + minutes(4));
  EXPECT_EQ(ledger.TakeSettled(), (std::vector<TimeRange>{{kStart, kStart + minutes(1)}}));
  TimeLedger after(Options());
  ASSERT_TRUE(after.Restore(ledger.position(), kStart + hours(1), kLongAgo));
  EXPECT_TRUE(after.look_back_is_set());
  EXPECT_EQ(after.look_back(), minutes(3));
  TimeLedger other(Options());
  ASSERT_TRUE(other.Restore(Restored().position(), kStart + hours(1), kLongAgo));
  EXPECT_FALSE(other.look_back_is_set());
  EXPECT_EQ(other.look_back(), Options().look_back);
}

// A source that waits long for its turn gets by with one call a turn: what is old and little is
// read with what is new.
TEST(TimeLedger, ReadsALongWaitOfAQuietSourceInOneVisit) {
  TimeLedger ledger = Restored();
  ledger.Plan(kStart + minutes(1));
  ReadAll(ledger, kStart + minutes(1), 3);
  for (int hour = 1; hour < 4; ++hour) {
    const Timestamp now = kStart + hours(hour);
    ledger.Plan(now);
    EXPECT_EQ(ReadAll(ledger, now, 3).size(), 1u) << hour;
    EXPECT_EQ(ledger.read_up_to(), now);
  }
}

// ... and of a busy one in pieces, as always.
TEST(TimeLedger, ReadsALongWaitOfABusySourceAsABacklog) {
  TimeLedger ledger = Restored();
  ledger.Plan(kStart + minutes(1));
  ReadAll(ledger, kStart + minutes(1), 5000);
  ledger.Plan(kStart + hours(3));
  EXPECT_EQ(ledger.backlog(), hours(3) - minutes(1) - minutes(20));
}

// Many short slices of a long look-back become few once they were read together.
TEST(TimeLedger, JoinsWhatOneVisitHasReadAndStillSettlesAllOfIt) {
  TimeLedger::Options options = Options();
  options.look_back = hours(24);
  TimeLedger ledger(options);
  ASSERT_TRUE(ledger.Restore(std::nullopt, kStart, kLongAgo));
  Timestamp now = kStart;
  for (; now < kStart + hours(72); now += minutes(7)) {
    ledger.Plan(now);
    ASSERT_LE(ReadAll(ledger, now).size(), 2u);
  }
  Timestamp settled = kStart;
  for (const TimeRange& range : ledger.TakeSettled()) {
    ASSERT_EQ(range.from, settled);
    settled = range.to;
  }
  EXPECT_GE(settled, now - hours(25));
  EXPECT_LE(settled, now - hours(24));
}

// What is read early has to be remembered. Without room for that each stretch waits until one visit
// settles it, and is read all the same.
TEST(TimeLedger, ReadsEachStretchOnceWithoutEarlyVisits) {
  TimeLedger ledger = Restored();
  ledger.Plan(kStart + minutes(5), false);
  EXPECT_FALSE(ledger.Take(kStart + minutes(5)));
  ledger.Plan(kStart + minutes(22), false);
  const auto visit = ledger.Take(kStart + minutes(22));
  ASSERT_TRUE(visit);
  ledger.Complete(visit->id, true, 10);
  EXPECT_EQ(ledger.TakeSettled().front().from, kStart);
  EXPECT_FALSE(ledger.Take(kStart + minutes(22)));
  ledger.Plan(kStart + minutes(22));
  EXPECT_TRUE(ledger.Take(kStart + minutes(22))) << "there is room again";
}

}  // namespace
}  // namespace collector
