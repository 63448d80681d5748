#include "setup/wanted.h"

#include <algorithm>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace collector::setup {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kNumber[] = "111122223333";

Facts Known() {
  Facts facts;
  facts.account = kNumber;
  facts.vpcs["eu-west-1"] = {"vpc-1", "vpc-2"};
  facts.distributions = {"E1", "E2"};
  return facts;
}

ServiceEventsSettings Events(std::string queue, std::optional<std::string> source) {
  ServiceEventsSettings events;
  events.service.name = "service-events-all";
  events.service.regions = {"us-east-1", "eu-west-1"};
  events.queue = std::move(queue);
  events.rule_source = std::move(source);
  return events;
}

S3LogsSettings Logs(LogSetup setup) {
  S3LogsSettings logs;
  logs.service.name = "non-cloudwatch-logs";
  logs.service.regions = {"eu-west-1"};
  logs.setups.push_back(std::move(setup));
  return logs;
}

const Resource* Find(const Wanted& wanted, std::string_view type, std::string_view name,
                     std::string_view region) {
  for (const Resource& one : wanted.resources) {
    if (one.type == type && one.name == name && one.region == region) return &one;
  }
  return nullptr;
}

// Whatever is wanted can be made in its order.
void ExpectInOrder(const Wanted& wanted) {
  std::set<std::string> made;
  for (const Resource& one : wanted.resources) {
    for (const std::string& need : one.needs) EXPECT_THAT(made, Contains(need)) << one.Id();
    EXPECT_TRUE(made.insert(one.Id()).second) << one.Id() << " is wanted twice";
  }
}

TEST(WantedBy, GivesEachRegionItsRuleAndQueues) {
  InputSettings input;
  input.service_events = {Events("events.fifo", "")};
  const Wanted wanted = WantedBy(input, Known());
  ExpectInOrder(wanted);
  EXPECT_EQ(wanted.resources.size(), 8u);
  for (const char* region : {"us-east-1", "eu-west-1"}) {
    const Resource* queue = Find(wanted, kQueue, "events.fifo", region);
    ASSERT_NE(queue, nullptr);
    EXPECT_EQ(queue->properties["MessageRetentionPeriod"], 432000);
    EXPECT_EQ(queue->properties["RedrivePolicy"]["maxReceiveCount"], 100);
    EXPECT_NE(Find(wanted, kQueue, "events-dead.fifo", region), nullptr);
    const Resource* rule = Find(wanted, kRule, "devo-collector-service-events-all", region);
    ASSERT_NE(rule, nullptr);
    EXPECT_EQ(rule->properties["EventPattern"], Json({{"account", Json::array({kNumber})}}));
  }
}

TEST(WantedBy, SendsToAStandardQueueWithoutAMessageGroup) {
  InputSettings input;
  input.service_events = {Events("events", "aws.ec2")};
  const Wanted wanted = WantedBy(input, Known());
  const Resource* rule = Find(wanted, kRule, "devo-collector-service-events-all", "eu-west-1");
  ASSERT_NE(rule, nullptr);
  EXPECT_FALSE(rule->properties["Targets"][0].contains("SqsParameters"));
  EXPECT_EQ(rule->properties["EventPattern"], Json({{"source", Json::array({"aws.ec2"})}}));
  EXPECT_FALSE(Find(wanted, kQueue, "events", "eu-west-1")->properties.contains("FifoQueue"));
  EXPECT_NE(Find(wanted, kQueue, "events-dead", "eu-west-1"), nullptr);
}

TEST(WantedBy, MakesNothingForAQueueOfSomebodyElse) {
  InputSettings input;
  input.service_events = {Events("any.fifo", std::nullopt)};
  EXPECT_THAT(WantedBy(input, Known()).resources, IsEmpty());
  input.service_events = {
      Events("https://sqs.eu-west-1.amazonaws.com/999988887777/theirs.fifo", "")};
  const Wanted wanted = WantedBy(input, Known());
  EXPECT_THAT(wanted.resources, IsEmpty());
  ASSERT_EQ(wanted.by_hand.size(), 1u);
  EXPECT_THAT(wanted.by_hand[0], HasSubstr("999988887777"));
}

TEST(WantedBy, ReadsTheNameOfAQueueOfItsOwnOutOfTheUrl) {
  InputSettings input;
  input.service_events = {Events("https://sqs.eu-west-1.amazonaws.com/111122223333/ours.fifo", "")};
  const Wanted wanted = WantedBy(input, Known());
  EXPECT_NE(Find(wanted, kQueue, "ours.fifo", "eu-west-1"), nullptr);
  EXPECT_EQ(Find(wanted, kQueue, "ours.fifo", "us-east-1"), nullptr);
}

// Without being asked AWS does not tell whose account it is, and a template makes what it says.
TEST(WantedBy, TellsForWhichAccountAQueuesUrlIsRightWhereTheAccountIsNotKnown) {
  InputSettings input;
  input.service_events = {Events("https://sqs.eu-west-1.amazonaws.com/999988887777/q.fifo", "")};
  const Wanted wanted = WantedBy(input, Facts{});
  EXPECT_NE(Find(wanted, kQueue, "q.fifo", "eu-west-1"), nullptr);
  EXPECT_THAT(wanted.by_hand, ElementsAre(HasSubstr("is account 999988887777's")));
  input.service_events = {Events("q.fifo", "")};
  EXPECT_THAT(WantedBy(input, Facts{}).by_hand, IsEmpty());
}

// What the second one's rule sends would vanish.
TEST(WantedBy, LetsEachRuleSendIntoAQueueThatTwoServicesShare) {
  InputSettings input;
  input.service_events = {Events("q.fifo", ""), Events("q.fifo", "aws.ec2"),
                          Events("q.fifo", "aws.s3")};
  input.service_events[1].service.name = "ec2";
  input.service_events[2].service.name = "s3";
  const Wanted wanted = WantedBy(input, Known());
  ExpectInOrder(wanted);
  const Resource* queue = Find(wanted, kQueue, "q.fifo", "eu-west-1");
  ASSERT_NE(queue, nullptr);
  std::set<std::string> sids;
  std::set<std::string> rules;
  for (const Json& statement : queue->properties["Policy"]["Statement"]) {
    sids.insert(statement["Sid"]);
    rules.insert(statement["Condition"]["ArnEquals"]["aws:SourceArn"]);
    EXPECT_THAT(statement["Resource"].get<std::string>(), HasSubstr(":q.fifo"));
  }
  EXPECT_EQ(sids.size(), 3u);
  for (const char* rule : {"service-events-all", "ec2", "s3"}) {
    EXPECT_THAT(rules, Contains(std::string("arn:aws:events:eu-west-1:111122223333:rule/"
                                            "devo-collector-") +
                                rule));
  }
}

TEST(WantedBy, LetsARuleSendIntoAQueueThatIsAnothersDeadLetterQueue) {
  InputSettings input;
  input.service_events = {Events("q.fifo", ""), Events("q-dead.fifo", "aws.ec2")};
  input.service_events[1].service.name = "ec2";
  const Wanted wanted = WantedBy(input, Known());
  const Resource* queue = Find(wanted, kQueue, "q-dead.fifo", "eu-west-1");
  ASSERT_NE(queue, nullptr);
  EXPECT_EQ(queue->properties["Policy"]["Version"], "2012-10-17");
  EXPECT_THAT(queue->properties["Policy"].dump(), HasSubstr("rule/devo-collector-ec2"));
}

// In whatever order the two are named.
TEST(WantedBy, DoesNotMakeABucketThatATrailWritesToAlready) {
  const S3LogsSettings flow = Logs({LogSetup::What::kVpcFlow, "flow", "logs", true, {}, {}});
  const S3LogsSettings trail = Logs({LogSetup::What::kTrail, "audit", "logs", false, {}, {}});
  for (const auto& services : {std::vector{flow, trail}, std::vector{trail, flow}}) {
    InputSettings input;
    input.s3_logs = services;
    const Wanted wanted = WantedBy(input, Known());
    ExpectInOrder(wanted);
    const Resource* bucket = Find(wanted, kBucket, "logs", "eu-west-1");
    ASSERT_NE(bucket, nullptr);
    EXPECT_EQ(bucket->owner, Owner::kOthers);
  }
}

// AWS's own limits: 80 of a queue, 64 of a rule, 63 of a bucket, 60 of a delivery's parts.
TEST(WantedBy, KeepsWithinTheLongestNamesThatAwsTakes) {
  InputSettings input;
  input.setup.name_prefix = std::string(30, 'p');
  input.service_events = {Events(input.setup.name_prefix + "-service-events-all.fifo", "")};
  input.service_events[0].service.regions = {"ap-southeast-1"};
  S3LogsSettings logs = Logs({LogSetup::What::kVpcFlow, "flow", "", true, {}, {}});
  logs.service.regions = {"ap-southeast-1"};
  LogSetup cloudfront{LogSetup::What::kCloudFront, "cf", "", false, {"E1ABCDEF234567"}, {}};
  cloudfront.region = "ap-southeast-1";
  logs.setups.push_back(cloudfront);
  input.s3_logs = {logs};
  const std::map<std::string_view, size_t> longest = {
      {kQueue, 80},   {kRule, 64}, {kBucket, 63}, {kDeliverySource, 60}, {kDeliveryDestination, 60},
      {kDelivery, 60}};
  for (const Resource& one : WantedBy(input, Known()).resources) {
    const auto limit = longest.find(one.type);
    if (limit == longest.end()) continue;
    EXPECT_LE(one.name.size(), limit->second) << one.Id();
  }
}

// S-20
TEST(WantedBy, TellsThatS3SendsToNoFifoQueue) {
  InputSettings input;
  input.s3_logs = {Logs({LogSetup::What::kVpcFlow, "flow.fifo", "", true, {}, {}})};
  const Wanted wanted = WantedBy(input, Known());
  EXPECT_THAT(wanted.by_hand, Contains(HasSubstr("which S3 cannot send to")));
  for (const Resource& one : wanted.resources) EXPECT_NE(one.type, kNotification);
}

TEST(WantedBy, SharesABucketAndItsPolicyAmongKindsOfLogs) {
  InputSettings input;
  S3LogsSettings logs = Logs({LogSetup::What::kVpcFlow, "flow", "", true, {}, {}});
  LogSetup cloudfront{LogSetup::What::kCloudFront, "cf", "", true, {}, {}};
  cloudfront.region = "eu-west-1";
  logs.setups.push_back(cloudfront);
  input.s3_logs = {logs};
  const Wanted wanted = WantedBy(input, Known());
  ExpectInOrder(wanted);
  const auto count = [&](std::string_view type) {
    return std::count_if(wanted.resources.begin(), wanted.resources.end(),
                         [type](const Resource& one) { return one.type == type; });
  };
  EXPECT_EQ(count(kBucket), 1);
  EXPECT_EQ(count(kBucketPolicy), 1);
  EXPECT_EQ(count(kNotification), 2);
  EXPECT_EQ(count(kFlowLog), 2);
  EXPECT_EQ(count(kDelivery), 2);
  EXPECT_THAT(RegionsOf(input), ElementsAre("eu-west-1", "us-east-1"));
}

TEST(WantedBy, NamesThingsInTheirPartition) {
  InputSettings input;
  input.service_events = {Events("q.fifo", "")};
  input.service_events[0].service.regions = {"cn-north-1"};
  LogSetup cloudfront{LogSetup::What::kCloudFront, "cf", "", true, {}, {}};
  cloudfront.region = "cn-north-1";
  input.s3_logs = {Logs(cloudfront)};
  const Wanted wanted = WantedBy(input, Known());
  const Resource* queue = Find(wanted, kQueue, "q.fifo", "cn-north-1");
  ASSERT_NE(queue, nullptr);
  EXPECT_THAT(queue->properties.dump(), HasSubstr("arn:aws-cn:sqs:cn-north-1:111122223333:"));
  EXPECT_THAT(wanted.by_hand, Contains(HasSubstr("CloudFront's logs in aws-cn")));
}

}  // namespace
}  // namespace collector::setup
