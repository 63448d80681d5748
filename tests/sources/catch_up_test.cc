#include "sources/catch_up.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace collector {
namespace {

const Timestamp kBegan = std::chrono::sys_days(std::chrono::year(2026) / 11 / 1);

class CatchUpTest : public testing::Test {
 protected:
  Instant At(Seconds seconds) { return Instant(seconds); }
  TimeRange Range(int64_t from, int64_t to) {
    return {kBegan + Seconds(from), kBegan + Seconds(to)};
  }

  std::vector<std::string> lines_;
  Events events_{[this](Level, std::string_view line) { lines_.emplace_back(line); }};
  CatchUp catch_up_{events_, {"audit us-east-1"}, 100};
};

TEST_F(CatchUpTest, TellsHowFarHowFastAndWhenDone) {
  catch_up_.Begin(At(Seconds(0)), Seconds(10'000));
  catch_up_.Read(2'000);
  catch_up_.Report(At(Seconds(40)), Seconds(6'000), kBegan + Seconds(4'000),
                   kBegan + Seconds(10'000));
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_EQ(lines_[0],
            "audit us-east-1: catching up: complete up to 2026-11-01T01:06:40Z of "
            "2026-11-01T02:46:40Z, reading 50 records/s, about 1 min 0 s to go");
  catch_up_.Report(At(Seconds(50)), Seconds(5'000), kBegan, kBegan);
  EXPECT_EQ(lines_.size(), 1u) << "every half a minute is enough";
  catch_up_.Read(1'000);
  catch_up_.Report(At(Seconds(100)), Seconds(0), std::nullopt, kBegan);
  ASSERT_EQ(lines_.size(), 2u);
  EXPECT_EQ(lines_[1], "audit us-east-1: caught up: 3000 records in 1 min 40 s");
  catch_up_.Report(At(Seconds(200)), Seconds(0), std::nullopt, kBegan);
  EXPECT_EQ(lines_.size(), 2u);
}

TEST_F(CatchUpTest, TellsOfItsSpeedBeforeAnythingIsComplete) {
  catch_up_.Begin(At(Seconds(0)), Seconds(10'000));
  catch_up_.Read(3'000);
  catch_up_.Report(At(Seconds(30)), Seconds(10'000), kBegan, kBegan + Seconds(10'000));
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_TRUE(lines_[0].ends_with("reading 100 records/s")) << lines_[0];
}

TEST_F(CatchUpTest, KeepsSilentAboutAShortBacklog) {
  catch_up_.Begin(At(Seconds(0)), Seconds(60));
  catch_up_.Report(At(Seconds(40)), Seconds(30), kBegan, kBegan);
  catch_up_.Report(At(Seconds(80)), Seconds(0), kBegan, kBegan);
  EXPECT_TRUE(lines_.empty());
}

// T-7
TEST_F(CatchUpTest, SaysOnceAnHourThatTheAccountIsTooBusyForTheApi) {
  for (int minute = 0; minute < 90; ++minute) {
    catch_up_.Settled(At(Seconds(60 * minute)), Range(60 * minute, 60 * minute + 60), 60 * 130);
  }
  ASSERT_EQ(lines_.size(), 2u);
  EXPECT_NE(lines_[0].find("about 130 events/s"), std::string::npos) << lines_[0];
  EXPECT_NE(lines_[0].find("more than the 100 events/s"), std::string::npos);
  EXPECT_NE(lines_[0].find("S3"), std::string::npos);
}

TEST_F(CatchUpTest, DoesNotTakeABusyMinuteForABusyAccount) {
  for (int minute = 0; minute < 60; ++minute) {
    catch_up_.Settled(At(Seconds(60 * minute)), Range(60 * minute, 60 * minute + 60),
                      minute == 30 ? 60 * 300 : 60);
  }
  EXPECT_TRUE(lines_.empty());
}

}  // namespace
}  // namespace collector
