#include "setup/logical_name.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace collector::setup {
namespace {

using testing::MatchesRegex;

Resource Queue(std::string name, std::string region = "eu-west-1") {
  return {std::string(kQueue), std::move(name), std::move(region)};
}

// All that SQS and S3 take for one another's neighbour, and names whose policies look like a queue.
std::vector<Resource> Alike() {
  std::vector<Resource> all;
  for (const char* name :
       {"events", "Events", "EVENTS", "e-vents", "e_vents", "e--vents", "e-vents-", "-events",
        "events-policy", "eventsPolicy", "events-policy-policy", "events.fifo", "events-fifo",
        "e-1", "e1", "1", "-", "_", "--"}) {
    all.push_back(Queue(name));
    all.push_back(Queue(name, "us-east-1"));
  }
  for (const char* name :
       {"x", "policy-x", "policy.x", "${AWS::AccountId}-x", "x-${AWS::AccountId}"}) {
    all.push_back({std::string(kBucket), name, "eu-west-1"});
    all.push_back({std::string(kBucketPolicy), name, "eu-west-1"});
  }
  return all;
}

TEST(LogicalName, IsWordsOfTypeAndName) {
  const Resource queue = Queue("devo-collector-ec2.fifo");
  EXPECT_EQ(LogicalName(queue, false), "QueueDevoCollectorEc2Fifo");
  EXPECT_EQ(LogicalName(queue, true), "eu_west_1_devo_collector_ec2_fifo");
  const Resource bucket{std::string(kBucket), "a-logs-${AWS::AccountId}-eu-west-1", "eu-west-1"};
  EXPECT_EQ(LogicalName(bucket, false), "BucketALogsEuWest1");
  EXPECT_EQ(LogicalName(bucket, true), "eu_west_1_a_logs_eu_west_1");
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html
TEST(LogicalName, HoldsNothingThatATemplateDoesNotTakeInAName) {
  for (const char* name : {"a b", "a\"b", "a\nb", "\u00fcber", "a${b}", "a/b", "", "."}) {
    EXPECT_THAT(LogicalName(Queue(name), false), MatchesRegex("Queue[A-Za-z0-9]*")) << name;
    EXPECT_THAT(LogicalName(Queue(name), true), MatchesRegex("eu_west_1[a-z0-9_]*")) << name;
  }
}

TEST(LogicalNames, AreAllDifferentInOneStack) {
  std::vector<Resource> all = Alike();
  for (int order = 0; order < 2; ++order) {
    const LogicalNames names(all, /*snake_case=*/false);
    std::set<std::string> taken;
    for (const Resource& one : all) {
      EXPECT_THAT(names.Of(one), MatchesRegex("[A-Za-z0-9]+"));
      EXPECT_TRUE(taken.insert(one.region + names.Of(one)).second) << one.Id();
      if (one.type != kQueue) continue;
      EXPECT_TRUE(taken.insert(one.region + names.PolicyOf(one)).second) << one.Id();
    }
    std::reverse(all.begin(), all.end());
  }
}

TEST(LogicalNames, AreAllDifferentAmongTheResourcesOfATypeOfTerraform) {
  const std::vector<Resource> all = Alike();
  const LogicalNames names(all, /*snake_case=*/true);
  std::set<std::string> taken;
  for (const Resource& one : all) {
    EXPECT_THAT(names.Of(one), MatchesRegex("[a-z][a-z0-9_]*"));
    EXPECT_TRUE(taken.insert(one.type + names.Of(one)).second) << one.Id();
  }
}

TEST(LogicalNames, ArePlainWhereNoOtherIsAlike) {
  const std::vector<Resource> all = {Queue("a"), Queue("b"), Queue("a", "us-east-1")};
  for (const bool snake_case : {false, true}) {
    const LogicalNames names(all, snake_case);
    for (const Resource& one : all) EXPECT_EQ(names.Of(one), LogicalName(one, snake_case));
  }
}

// Another name is another resource to a stack, which would delete the queue with what is in it.
TEST(LogicalNames, StayWhatTheyAreWhenOthersComeAfter) {
  const std::vector<Resource> all = Alike();
  const LogicalNames names(all, /*snake_case=*/false);
  for (size_t count = 1; count < all.size(); ++count) {
    const std::vector<Resource> first(all.begin(), all.begin() + static_cast<ptrdiff_t>(count));
    const LogicalNames fewer(first, /*snake_case=*/false);
    for (const Resource& one : first) ASSERT_EQ(fewer.Of(one), names.Of(one)) << count;
  }
}

// What a program of today writes is what one of next year has to write.
TEST(LogicalNames, BearANumberThatIsTheSameInEveryVersion) {
  const std::vector<Resource> all = {Queue("events.fifo"), Queue("Events.fifo")};
  EXPECT_EQ(LogicalNames(all, false).Of(all[1]), "QueueEventsFifof4cf212d");
  EXPECT_EQ(LogicalNames(all, true).Of(all[1]), "eu_west_1_events_fifo_f4cf212d");
}

}  // namespace
}  // namespace collector::setup
