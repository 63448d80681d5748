#include "collect/scheduler.h"

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fakes/fake_clock.h"

namespace collector {
namespace {

// A source whose polls are a function of the test's.
class ScriptedSource : public Source {
 public:
  using Script = std::function<Next(std::stop_token)>;
  ScriptedSource(std::string name, Script script)
      : name_(std::move(name)), script_(std::move(script)) {}

  const std::string& name() const override { return name_; }
  void Settle() override { ++settled; }
  Next Poll(std::stop_token stop) override {
    EXPECT_FALSE(running_.exchange(true)) << "two threads run one source";
    Next next = script_(std::move(stop));
    running_ = false;
    return next;
  }
  void WakeFromOutside() { Wake(); }

  std::atomic<int> settled = 0;

 private:
  const std::string name_;
  const Script script_;
  std::atomic<bool> running_ = false;
};

class SchedulerTest : public testing::Test {
 protected:
  ScriptedSource* Add(Scheduler& scheduler, const std::string& lane, const std::string& name,
                      ScriptedSource::Script script) {
    auto source = std::make_unique<ScriptedSource>(name, std::move(script));
    ScriptedSource* raw = source.get();
    scheduler.Add(lane, std::move(source));
    return raw;
  }
  // Polled every `period`, noting its name and the second.
  ScriptedSource::Script Every(const std::string& name, Seconds period) {
    return [this, name, period](std::stop_token) {
      log_.push_back(name + std::to_string(clock_.MonotonicNow().time_since_epoch() / Seconds(1)));
      return Source::Next{clock_.MonotonicNow() + period};
    };
  }

  FakeClock clock_{Timestamp()};
  std::vector<std::string> log_;
};

TEST_F(SchedulerTest, RunsSourcesInTheOrderOfTheirDueTimesAcrossLanes) {
  Scheduler scheduler(clock_, {});
  Add(scheduler, "one", "a", Every("a", Seconds(2)));
  Add(scheduler, "two", "b", Every("b", Seconds(3)));
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(scheduler.RunNext({}));
  EXPECT_EQ(log_, (std::vector<std::string>{"a0", "b0", "a2", "b3", "a4", "a6", "b6"}));
}

TEST_F(SchedulerTest, RunsOthersWhileASourceThatIsPolledWaits) {
  Scheduler scheduler(clock_, {});
  Add(scheduler, "one", "waits", [&](std::stop_token) {
    while (scheduler.RunNext({}, Instant(Seconds(3)))) {
    }
    log_.push_back("waited");
    return Source::Next{clock_.MonotonicNow() + Seconds(9)};
  });
  Add(scheduler, "two", "b", Every("b", Seconds(2)));
  scheduler.RunNext({});
  EXPECT_EQ(log_, (std::vector<std::string>{"b0", "b2", "waited"}));
  EXPECT_EQ(clock_.MonotonicNow(), Instant(Seconds(2)));
}

TEST_F(SchedulerTest, SettlesBeforeEachPoll) {
  Scheduler scheduler(clock_, {});
  ScriptedSource* source = nullptr;
  source = Add(scheduler, "lane", "a", [&](std::stop_token) {
    log_.push_back(std::to_string(source->settled));
    return Source::Next{clock_.MonotonicNow() + Seconds(1)};
  });
  for (int i = 0; i < 3; ++i) scheduler.RunNext({});
  EXPECT_EQ(log_, (std::vector<std::string>{"1", "2", "3"}));
  scheduler.EndAll({});
  EXPECT_EQ(source->settled, 4);
}

TEST_F(SchedulerTest, MakesAWokenSourceDueNow) {
  Scheduler scheduler(clock_, {});
  ScriptedSource* source = Add(scheduler, "lane", "a", Every("a", Seconds(60)));
  scheduler.RunNext({});
  clock_.Advance(Seconds(5));
  source->WakeFromOutside();
  scheduler.RunNext({});
  EXPECT_EQ(log_, (std::vector<std::string>{"a0", "a5"}));
}

TEST_F(SchedulerTest, PollsAgainAtOnceWhenWokenWhilePolling) {
  Scheduler scheduler(clock_, {});
  ScriptedSource* source = nullptr;
  source = Add(scheduler, "lane", "a", [&](std::stop_token) {
    if (log_.empty()) source->WakeFromOutside();
    log_.push_back(std::to_string(clock_.MonotonicNow().time_since_epoch() / Seconds(1)));
    return Source::Next{clock_.MonotonicNow() + Seconds(60)};
  });
  for (int i = 0; i < 3; ++i) scheduler.RunNext({});
  EXPECT_EQ(log_, (std::vector<std::string>{"0", "0", "60"}));
}

TEST_F(SchedulerTest, EndsAOnceRunWhenNoSourceIsBusy) {
  Scheduler scheduler(clock_, {.once = true});
  int polls = 0;
  Add(scheduler, "lane", "works", [&](std::stop_token) {
    ++polls;
    return Source::Next{clock_.MonotonicNow() + Seconds(1),
                        polls < 3 ? Source::Standing::kBusy : Source::Standing::kCaughtUp};
  });
  Add(scheduler, "other", "fails", [&](std::stop_token) {
    return Source::Next{clock_.MonotonicNow() + Seconds(60), Source::Standing::kFailed};
  });
  while (scheduler.RunNext({})) ASSERT_LT(polls, 10);
  EXPECT_EQ(polls, 3);
  EXPECT_EQ(scheduler.FailedSources(), std::vector<std::string>{"fails"});
}

TEST(SchedulerThreads, RunSourcesOfALaneSideBySideAndNeverOneTwice) {
  SystemClock clock;
  Scheduler scheduler(clock, {.workers_per_lane = 4, .once = true});
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  for (int i = 0; i < 4; ++i) {
    scheduler.Add("lane",
                  std::make_unique<ScriptedSource>(std::to_string(i), [&](std::stop_token stop) {
                    most = std::max<int>(most, ++inside);
                    // Waits for the others, so that it fails, by its time-out, if lanes had one
                    // thread only.
                    const Instant deadline = clock.MonotonicNow() + Seconds(20);
                    while (most < 4 && clock.MonotonicNow() < deadline)
                      clock.WaitFor(Milliseconds(1), stop);
                    --inside;
                    return Source::Next{clock.MonotonicNow() + std::chrono::hours(1),
                                        Source::Standing::kCaughtUp};
                  }));
  }
  scheduler.Run({});
  EXPECT_EQ(most, 4);
}

TEST(SchedulerThreads, EndWhenStopIsRequested) {
  SystemClock clock;
  Scheduler scheduler(clock, {});
  std::stop_source stop;
  std::atomic<int> polls = 0;
  for (const char* lane : {"a", "b", "c"}) {
    scheduler.Add(lane, std::make_unique<ScriptedSource>(lane, [&](std::stop_token) {
                    if (++polls == 3) stop.request_stop();
                    return Source::Next{clock.MonotonicNow() + std::chrono::hours(1)};
                  }));
  }
  scheduler.Run(stop.get_token());
  EXPECT_EQ(polls, 3);
}

TEST(SchedulerThreads, AreWokenFromOtherThreads) {
  SystemClock clock;
  Scheduler scheduler(clock, {});
  std::stop_source stop;
  std::atomic<int> polls = 0;
  auto source = std::make_unique<ScriptedSource>("a", [&](std::stop_token) {
    if (++polls == 100) stop.request_stop();
    return Source::Next{clock.MonotonicNow() + std::chrono::hours(1)};
  });
  ScriptedSource* raw = source.get();
  scheduler.Add("lane", std::move(source));
  std::jthread waker([&](std::stop_token end) {
    while (!end.stop_requested()) raw->WakeFromOutside();
  });
  scheduler.Run(stop.get_token());
  EXPECT_GE(polls, 100);
}

TEST_F(SchedulerTest, RunsWhatASourceHasFoundInTheSameLane) {
  Scheduler scheduler(clock_, {.once = true});
  Add(scheduler, "lane", "finds", [&](std::stop_token) {
    Source::Next next{clock_.MonotonicNow() + Seconds(60), Source::Standing::kCaughtUp};
    if (log_.empty()) {
      next.found.push_back(std::make_unique<ScriptedSource>("found", [&](std::stop_token) {
        log_.push_back("found");
        return Source::Next{clock_.MonotonicNow() + Seconds(60), Source::Standing::kCaughtUp};
      }));
    }
    return next;
  });
  while (scheduler.RunNext({})) {
  }
  EXPECT_EQ(log_, std::vector<std::string>{"found"}) << "before that a run of once is not over";
  EXPECT_EQ(scheduler.Standings().size(), 2u);
}

TEST_F(SchedulerTest, DestroysASourceThatHasEndedAndUsesItsPlaceAgain) {
  Scheduler scheduler(clock_, {});
  auto alive = std::make_shared<int>();
  const auto ending = [&, alive](std::stop_token) {
    log_.push_back(std::to_string(alive.use_count()));
    return Source::Next{clock_.MonotonicNow(), Source::Standing::kEnded};
  };
  Add(scheduler, "lane", "first", ending);
  scheduler.RunNext({});
  EXPECT_FALSE(scheduler.RunNext({}, Instant(Seconds(3600)))) << "nothing is left";
  EXPECT_EQ(alive.use_count(), 2) << "the test's own and that of `ending`";
  EXPECT_TRUE(scheduler.Standings().empty());
  Add(scheduler, "lane", "second", Every("b", Seconds(60)));
  EXPECT_TRUE(scheduler.RunNext({}));
  ASSERT_EQ(scheduler.Standings().size(), 1u);
  EXPECT_EQ(scheduler.Standings().front().name, "second");
  scheduler.EndAll({});
}

}  // namespace
}  // namespace collector
