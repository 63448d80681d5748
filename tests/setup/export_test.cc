#include "setup/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace collector::setup {
namespace {

using testing::HasSubstr;
using testing::Not;

Wanted OneQueue(const std::string& name, const std::string& tag) {
  Resource queue{std::string(kQueue), name, "eu-west-1"};
  queue.properties = {{"QueueName", name}, {"Tags", {{"t", tag}}}};
  return {{queue}, {}};
}

TEST(LogicalName, IsWordsOfTypeAndName) {
  const Resource queue{std::string(kQueue), "devo-collector-ec2.fifo", "eu-west-1"};
  EXPECT_EQ(LogicalName(queue, false), "QueueDevoCollectorEc2Fifo");
  EXPECT_EQ(LogicalName(queue, true), "eu_west_1_devo_collector_ec2_fifo");
  const Resource bucket{std::string(kBucket), "a-logs-${AWS::AccountId}-eu-west-1", "eu-west-1"};
  EXPECT_EQ(LogicalName(bucket, false), "BucketALogsEuWest1");
}

TEST(ToTerraform, WritesTextsThatTerraformReadsAsTheyAre) {
  const std::string file = ToTerraform("in", OneQueue("q", "a\"b\\c ${x} %{if} \n\t $ %"));
  EXPECT_THAT(file, HasSubstr(R"("t" = "a\"b\\c $${x} %%{if} \n\t $ %")"));
}

TEST(ToTerraform, FillsInTheAccountsNumber) {
  const std::string file = ToTerraform("in", OneQueue("q", "is ${AWS::AccountId}!"));
  EXPECT_THAT(file, HasSubstr(R"("is ${data.aws_caller_identity.current.account_id}!")"));
  EXPECT_THAT(file, Not(HasSubstr("AWS::")));
}

TEST(ToCloudFormation, MarksTextsThatHoldTheAccountsNumber) {
  const auto templates = ToCloudFormation("in", OneQueue("q", "is ${AWS::AccountId}!"));
  ASSERT_EQ(templates.size(), 1u);
  EXPECT_EQ(templates[0].region, "eu-west-1");
  const Json whole = Json::parse(templates[0].text);
  const Json& queue = whole["Resources"]["QueueQ"]["Properties"];
  EXPECT_EQ(queue["QueueName"], "q");
  EXPECT_EQ(queue["Tags"][0]["Value"], Json({{"Fn::Sub", "is ${AWS::AccountId}!"}}));
}

}  // namespace
}  // namespace collector::setup
