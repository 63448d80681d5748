// What becomes of resources that hang together, in templates of both kinds.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "setup/export.h"
#include "setup/template_resources.h"

namespace collector::setup {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// CloudFront's logs of three distributions, flow logs and a trail.
InputSettings Logs(std::string bucket, std::string trail, std::vector<std::string> regions) {
  S3LogsSettings logs;
  logs.service.name = "non-cloudwatch-logs";
  logs.service.regions = regions;
  LogSetup flow{LogSetup::What::kVpcFlow, "flow", bucket, false, {"vpc-1"}, {}};
  LogSetup cloudfront{LogSetup::What::kCloudFront, "cf", bucket, false, {"E1", "E2", "E3"}, {}};
  cloudfront.region = regions[0];
  logs.setups = {flow, cloudfront};
  S3LogsSettings audits;
  audits.service.name = "audit-events-all";
  audits.service.regions = {regions[0]};
  if (!trail.empty()) audits.setups = {{LogSetup::What::kTrail, "audit", trail, false, {}, {}}};
  InputSettings input;
  input.s3_logs = {logs, audits};
  return input;
}

Json Template(const Wanted& wanted, const std::string& region) {
  for (const setup::Template& one : ToCloudFormation("in", wanted)) {
    if (one.region == region) return Json::parse(one.text);
  }
  return {};
}

std::vector<std::string> TypesOf(const std::vector<Resource>& resources) {
  std::vector<std::string> types;
  for (const Resource& one : resources) types.push_back(one.type);
  return types;
}

TEST(TemplateResources, ComeAfterWhatTheyNeedAndNeedNothingElse) {
  for (const char* trail : {"", "trail", "logs"}) {
    const Wanted wanted = WantedBy(Logs("logs", trail, {"eu-west-1", "us-east-1"}), Facts{});
    std::vector<std::string> before;
    for (const Resource& one : TemplateResources(wanted)) {
      for (const std::string& need : one.needs) EXPECT_THAT(before, Contains(need)) << one.Id();
      before.push_back(one.Id());
    }
  }
}

TEST(TemplateResources, HaveDeliveriesMadeOneAfterTheOther) {
  const Wanted wanted = WantedBy(Logs("", "", {"us-east-1"}), Facts{});
  std::vector<Resource> deliveries;
  for (const Resource& one : TemplateResources(wanted)) {
    if (one.type == kDelivery) deliveries.push_back(one);
  }
  ASSERT_EQ(deliveries.size(), 3u);
  EXPECT_THAT(deliveries[0].needs, Not(Contains(HasSubstr("AWS::Logs::Delivery "))));
  EXPECT_THAT(deliveries[1].needs, Contains(deliveries[0].Id()));
  EXPECT_THAT(deliveries[2].needs, Contains(deliveries[1].Id()));
  const Json resources = Template(wanted, "us-east-1")["Resources"];
  EXPECT_THAT(resources["DeliveryDevoCollectorCloudfrontE3"]["DependsOn"],
              Contains("DeliveryDevoCollectorCloudfrontE2"));
  EXPECT_THAT(ToTerraform("in", wanted),
              HasSubstr("aws_cloudwatch_log_delivery.us_east_1_devo_collector_cloudfront_e2, "));
}

// Either kind of template would replace what is there: the trail's leave to write, for one.
TEST(TemplateResources, TouchNoPolicyAndNoNotificationOfABucketOfOthers) {
  const Wanted wanted = WantedBy(Logs("logs", "logs", {"eu-west-1"}), Facts{});
  const auto types = TypesOf(TemplateResources(wanted));
  EXPECT_THAT(types, Not(Contains(std::string(kBucket))));
  EXPECT_THAT(types, Not(Contains(std::string(kBucketPolicy))));
  EXPECT_THAT(types, Not(Contains(std::string(kNotification))));
  EXPECT_THAT(types, Contains(std::string(kFlowLog)));
  EXPECT_THAT(ToTerraform("in", wanted), Not(HasSubstr("\"aws_s3_bucket")));
  EXPECT_THAT(Template(wanted, "eu-west-1").dump(), Not(HasSubstr("AWS::S3::Bucket")));
  const auto left = LeftByTemplates(wanted);
  EXPECT_THAT(left, Contains(HasSubstr("DevoCollectorLogDeliveryWrite")));
  EXPECT_THAT(left, Contains(HasSubstr("to queue flow, beside what it sends already")));
  EXPECT_THAT(left, Contains(HasSubstr("to queue audit, beside what it sends already")));
}

TEST(LeftByTemplates, TellsWhatAReplacedBucketWouldLose) {
  EXPECT_THAT(LeftByTemplates(WantedBy(Logs("logs", "", {"eu-west-1"}), Facts{})),
              ElementsAre(HasSubstr("take it, its policy and its notifications out")));
  EXPECT_THAT(LeftByTemplates(WantedBy(Logs("", "", {"eu-west-1"}), Facts{})), IsEmpty());
}

// A bucket is in one region, and sends to queues there only.
TEST(LeftByTemplates, TellsThatABucketStandsInOneRegion) {
  const Wanted wanted = WantedBy(Logs("logs", "", {"eu-west-1", "us-east-1"}), Facts{});
  EXPECT_THAT(LeftByTemplates(wanted),
              Contains(HasSubstr("bucket logs is wanted in eu-west-1 and in us-east-1")));
  for (const char* region : {"eu-west-1", "us-east-1"}) {
    const Json bucket = Template(wanted, region)["Resources"]["BucketLogs"]["Properties"];
    for (const Json& one : bucket["NotificationConfiguration"]["QueueConfigurations"]) {
      EXPECT_THAT(one["Queue"].dump(), HasSubstr(region));
    }
  }
  const std::string terraform = ToTerraform("in", wanted);
  for (const char* name : {"eu_west_1_flow", "us_east_1_flow"}) {
    EXPECT_THAT(terraform, HasSubstr(std::string("\"aws_s3_bucket_notification\" \"") + name));
  }
}

TEST(LeftByTemplates, TellsOfNotificationsThatS3Refuses) {
  EXPECT_THAT(LeftByTemplates(WantedBy(Logs("logs", "logs", {"eu-west-1"}), Facts{})),
              Contains(HasSubstr("refuses to send the same objects to both queue audit and")));
  const auto left = LeftByTemplates(WantedBy(Logs("logs", "trail", {"eu-west-1"}), Facts{}));
  EXPECT_THAT(left, Not(Contains(HasSubstr("refuses"))));
}

TEST(ToCloudFormation, TellsWhichStackComesFirst) {
  const Wanted wanted = WantedBy(Logs("", "", {"eu-west-1"}), Facts{});
  EXPECT_THAT(Template(wanted, "us-east-1")["Description"].get<std::string>(),
              HasSubstr("Its stack comes after that of eu-west-1"));
  EXPECT_THAT(Template(wanted, "eu-west-1")["Description"].get<std::string>(),
              Not(HasSubstr("comes after")));
  const Json needs = Template(wanted, "us-east-1")["Resources"];
  EXPECT_FALSE(needs["DeliveryDestinationDevoCollectorCloudfront"].contains("DependsOn"));
}

TEST(ToCloudFormation, LosesNoQueueWhoseNameIsAlikeAnother) {
  InputSettings input;
  for (const char* queue : {"events.fifo", "Events.fifo", "events", "events-policy"}) {
    ServiceEventsSettings events;
    events.service.name = std::string("service") + std::to_string(input.service_events.size());
    events.service.regions = {"eu-west-1"};
    events.queue = queue;
    events.rule_source = "aws.ec2";
    input.service_events.push_back(events);
  }
  const Wanted wanted = WantedBy(input, Facts{});
  const Json resources = Template(wanted, "eu-west-1")["Resources"];
  size_t policies = 0;
  for (const auto& [name, one] : resources.items()) {
    if (one["Type"] != "AWS::SQS::QueuePolicy") continue;
    ++policies;
    const std::string queue = one["Properties"]["Queues"][0]["Ref"];
    const std::string allowed = one["Properties"]["PolicyDocument"].dump();
    const std::string meant = resources[queue]["Properties"]["QueueName"];
    EXPECT_THAT(allowed, HasSubstr(":" + meant + "\"")) << name;
  }
  EXPECT_EQ(policies, 8u);
  EXPECT_EQ(resources.size(), wanted.resources.size() + policies);
}

}  // namespace
}  // namespace collector::setup
