#include "sources/log_records.h"

#include <gtest/gtest.h>

namespace collector {
namespace {

using aws::logs::LogEvent;

LogEvent Event(int64_t ms, std::string_view message) {
  return {Timestamp(Milliseconds(ms)), Timestamp(Milliseconds(ms + 5)), "", "", message};
}

TEST(DefaultLogTag, KnowsGroupsThatAwsNames) {
  constexpr std::string_view kOther = "cloud.aws.cloudwatch.logs.{account}.{region}";
  EXPECT_EQ(DefaultLogTag("/aws/lambda/orders"), "my.app.lambda.logs.{account}.{region}");
  EXPECT_EQ(DefaultLogTag("aws-waf-logs-x"), "cloud.aws.waf.logs.{account}.{region}");
  EXPECT_EQ(DefaultLogTag("/net/prod-vpc-flow-logs"), "cloud.aws.vpc.flow.{account}.{region}");
  EXPECT_EQ(DefaultLogTag("aws-cloudtrail-logs-1-x"),
            "cloud.aws.cloudtrail.events.{account}.{region}");
  EXPECT_EQ(DefaultLogTag("arn:aws:logs:us-east-1:1:log-group:/aws/lambda/orders"),
            DefaultLogTag("/aws/lambda/orders"));
  EXPECT_EQ(DefaultLogTag("/app/aws/lambda/x"), kOther);
  EXPECT_EQ(DefaultLogTag(""), kOther);
}

TEST(LogRecords, TakesTheAccountOfAnArn) {
  LogGroupSettings settings;
  settings.group = "arn:aws:logs:us-east-1:111122223333:log-group:/app/x";
  settings.service.tag = "my.app.{account}.{region}.{log_group}";
  LogRecords records(settings, "us-east-1");
  records.set_account("999999999999");
  records.Add(Event(1, R"("a")"), "s");
  EXPECT_EQ(records.Take().at(0)->tag(), "my.app.111122223333.us-east-1._app_x");
}

TEST(LogRecords, UnescapesAMessageOrPutsItIntoAnEnvelopeAsItIs) {
  LogGroupSettings settings;
  settings.group = "app";
  settings.service.tag = "my.app.{log_stream}";
  const LogEvent event = Event(1500, R"("two\nlines \u00fc")");
  LogRecords raw(settings, "eu-west-1");
  raw.set_account("1");
  raw.Add(event, "s1");
  raw.Add(event, "s2");
  raw.Add(event, "s1");
  const auto by_stream = raw.Take();
  ASSERT_EQ(by_stream.size(), 2u);
  EXPECT_EQ(by_stream[0]->tag(), "my.app.s1");
  ASSERT_EQ(by_stream[0]->size(), 2u);
  EXPECT_EQ((*by_stream[0])[1].message, "two\nlines \u00fc");
  EXPECT_EQ((*by_stream[0])[1].time, event.time);
  EXPECT_TRUE(raw.Take().empty());
  settings.envelope = true;
  LogRecords whole(settings, "eu-west-1");
  whole.set_account("1");
  whole.Add(event, "s1");
  EXPECT_EQ((*whole.Take().at(0))[0].message,
            R"({"account":"1","region":"eu-west-1","log_group":"app","log_stream":"s1",)"
            R"("timestamp":1500,"ingestion_time":1505,"message":"two\nlines \u00fc"})");
}

}  // namespace
}  // namespace collector
