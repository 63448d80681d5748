#include "sources/log_groups.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/fake_clock.h"

namespace collector {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LogGroupsTest : public testing::Test {
 protected:
  FakeClock clock_{Timestamp(std::chrono::hours(1000))};
  std::vector<std::string> lines_;
  Events events_{[this](Level, std::string_view line) { lines_.emplace_back(line); }};
  std::shared_ptr<LogGroups> groups_ = std::make_shared<LogGroups>(clock_, events_, "logs");
};

TEST_F(LogGroupsTest, TakesAGroupOnceUntilItHasLeft) {
  auto first = groups_->Enter("a");
  EXPECT_NE(first, nullptr);
  EXPECT_EQ(groups_->Enter("a"), nullptr);
  first.reset();
  EXPECT_NE(groups_->Enter("a"), nullptr);
}

// L-10
TEST_F(LogGroupsTest, SharesTheCallsOfTheApiAmongItsMembers) {
  EXPECT_DOUBLE_EQ(groups_->calls_per_second(), 5);
  const auto a = groups_->Enter("a");
  const auto b = groups_->Enter("b");
  EXPECT_DOUBLE_EQ(groups_->calls_per_second(), 2.5);
}

// L-9
TEST_F(LogGroupsTest, TellsWhoIsTheFurthestBehindAndNotTooOften) {
  const auto a = groups_->Enter("near");
  const auto b = groups_->Enter("far");
  const auto report = [&] {
    a->Reached(clock_.Now() - std::chrono::minutes(1));
    b->Reached(clock_.Now() - std::chrono::minutes(30));
  };
  report();
  EXPECT_THAT(lines_, IsEmpty()) << "everybody is behind just after the start";
  clock_.Advance(std::chrono::minutes(10));
  report();
  report();
  // The first one of the two told, when the other had not yet been heard again.
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_THAT(lines_[0], HasSubstr("1 of 2 are behind, far the furthest with 40 min"));
  EXPECT_THAT(lines_[0], HasSubstr("exclude_log_groups"));
  clock_.Advance(std::chrono::minutes(10));
  a->Reached(clock_.Now());
  b->Reached(clock_.Now());
  EXPECT_EQ(lines_.size(), 2u) << "far was behind until then";
  clock_.Advance(std::chrono::minutes(10));
  b->Reached(clock_.Now());
  a->Reached(clock_.Now());
  EXPECT_EQ(lines_.size(), 3u);
}

TEST_F(LogGroupsTest, WakesTheMembersOfAGroupThatHasEventsAndNoneThatHasLeft) {
  std::vector<std::string> woken;
  auto all = groups_->Enter("app");
  auto some = groups_->Enter("app/pattern=x");
  const auto silent = groups_->Enter("silent");
  all->Listen("app", [&woken] { woken.emplace_back("all"); });
  some->Listen("app", [&woken] { woken.emplace_back("some"); });
  EXPECT_THAT(groups_->Names(), ElementsAre("app"));
  groups_->HasEvents("app");
  groups_->HasEvents("silent");
  EXPECT_THAT(woken, ElementsAre("all", "some"));
  some.reset();
  groups_->HasEvents("app");
  EXPECT_THAT(woken, ElementsAre("all", "some", "all"));
  all.reset();
  EXPECT_THAT(groups_->Names(), IsEmpty());
}

}  // namespace
}  // namespace collector
