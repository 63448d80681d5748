#include "aws/clock_skew.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/time_text.h"
#include "fakes/fake_clock.h"

namespace collector::aws {
namespace {

class ClockSkewTest : public testing::Test {
 protected:
  FakeClock clock_{*ParseTime("2026-11-24T03:00:00Z")};
  std::vector<std::string> lines_;
  Events events_{[this](Level, std::string_view line) { lines_.emplace_back(line); }};
  ClockSkew skew_{clock_, events_};
};

TEST_F(ClockSkewTest, TrustsTheClockUntilAwsSaysOtherwise) { EXPECT_EQ(skew_.Now(), clock_.Now()); }

TEST_F(ClockSkewTest, FollowsAwssTimeAndSaysSoOnce) {
  EXPECT_TRUE(skew_.CorrectFrom("Tue, 24 Nov 2026 03:10:00 GMT", clock_.Now()));
  EXPECT_EQ(FormatRfc3339(skew_.Now()), "2026-11-24T03:10:00Z");
  clock_.Advance(Seconds(60));
  EXPECT_EQ(FormatRfc3339(skew_.Now()), "2026-11-24T03:11:00Z");
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_THAT(lines_[0], testing::HasSubstr("600 s behind"));
}

TEST_F(ClockSkewTest, AClockThatIsAheadIsCorrectedToo) {
  EXPECT_TRUE(skew_.CorrectFrom("Tue, 24 Nov 2026 01:00:00 GMT", clock_.Now()));
  EXPECT_EQ(FormatRfc3339(skew_.Now()), "2026-11-24T01:00:00Z");
  EXPECT_THAT(lines_.at(0), testing::HasSubstr("7200 s ahead"));
}

TEST_F(ClockSkewTest, ACallSignedBeforeTheCorrectionIsWorthSigningAgain) {
  const Timestamp signed_at = skew_.Now();
  EXPECT_TRUE(skew_.CorrectFrom("Tue, 24 Nov 2026 03:10:00 GMT", signed_at));
  EXPECT_TRUE(skew_.CorrectFrom("Tue, 24 Nov 2026 03:10:01 GMT", signed_at));
  EXPECT_EQ(lines_.size(), 1u);
}

TEST_F(ClockSkewTest, ASmallDifferenceIsNotTheReasonOfARefusal) {
  EXPECT_FALSE(skew_.CorrectFrom("Tue, 24 Nov 2026 03:04:00 GMT", clock_.Now()));
  EXPECT_FALSE(skew_.CorrectFrom("Tue, 24 Nov 2026 02:56:00 GMT", clock_.Now()));
  EXPECT_TRUE(skew_.CorrectFrom("Tue, 24 Nov 2026 03:04:01 GMT", clock_.Now()));
}

TEST_F(ClockSkewTest, AClockThatIsSetRightIsFollowedAgain) {
  ASSERT_TRUE(skew_.CorrectFrom("Tue, 24 Nov 2026 04:00:00 GMT", clock_.Now()));
  clock_.Advance(std::chrono::hours(1));  // someone sets the clock
  EXPECT_TRUE(skew_.CorrectFrom("Tue, 24 Nov 2026 04:00:00 GMT", skew_.Now()));
  EXPECT_EQ(skew_.Now(), clock_.Now());
  EXPECT_THAT(lines_.at(1), testing::HasSubstr("right again"));
}

TEST_F(ClockSkewTest, WhatIsNoDateChangesNothing) {
  for (const char* date : {"", "yesterday", "2026-11-24T03:10:00Z", "Tue, 24 Nov 2026 03:10:00 CET",
                           "Tue, 24 Foo 2026 03:10:00 GMT", "Tue, 31 Feb 2026 03:10:00 GMT",
                           "Tue, 24 anF 2026 03:10:00 GMT", "Tuesday, 24-Nov-26 03:10:00 GMT"}) {
    EXPECT_FALSE(skew_.CorrectFrom(date, clock_.Now())) << date;
  }
  EXPECT_EQ(skew_.Now(), clock_.Now());
}

}  // namespace
}  // namespace collector::aws
