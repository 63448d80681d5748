#include "sources/event_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/time_text.h"

namespace collector {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Timestamp kReadAt = *ParseTime("2026-11-24T12:00:00Z");

constexpr std::string_view kStateChange =
    R"({"version":"0", "id":"6a7e8feb-b491-4cf7-a9f1-bf3703467718",)"
    R"("detail-type":"EC2 Instance State-change Notification","source":"aws.ec2",)"
    R"("account":"111122223333","time":"2026-11-24T08:30:01Z","region":"us-west-1",)"
    R"("resources":[],"detail":{"id":"not this","time":"nor this","state":"running"}})";

constexpr std::string_view kApiCallEvent =
    R"({"id":"c","detail-type":"AWS API Call via CloudTrail","account":"111122223333",)"
    R"("time":"2026-11-24T08:30:02Z","region":"us-west-1","detail":{"eventName":"RunInstances"}})";

constexpr std::string_view kFindings =
    R"({"id":"f","detail-type":"Security Hub Findings - Imported","source":"aws.securityhub",)"
    R"("account":"111122223333","time":"2026-11-24T08:30:03Z","region":"us-west-1",)"
    R"("detail":{"findings":[{"Id":"1","UpdatedAt":"2026-11-24T01:00:00.5Z"} , )"
    R"({"Id":"2","Note":"]}"}]}})";

struct Line {
  std::string tag;
  std::string time;
  std::string message;

  bool operator==(const Line&) const = default;
};

void PrintTo(const Line& line, std::ostream* out) {
  *out << line.tag << " " << line.time << " " << line.message;
}

class EventDecoderTest : public testing::Test {
 protected:
  EventDecoderTest() { settings_.service.name = "service-events-all"; }

  std::vector<Line> Decode(const std::vector<std::string_view>& bodies) {
    EventDecoder decoder(settings_);
    for (const std::string_view body : bodies) {
      const auto counts = decoder.Add(body, {"444455556666", "eu-west-1", kReadAt});
      records_ += counts.records;
      filtered_ += counts.filtered;
    }
    std::vector<Line> lines;
    for (const auto& records : decoder.Take()) {
      for (size_t i = 0; i < records->size(); ++i) {
        const Record record = (*records)[i];
        lines.push_back({records->tag(), FormatRfc3339(record.time), std::string(record.message)});
      }
    }
    return lines;
  }

  ServiceEventsSettings settings_;
  uint64_t records_ = 0;
  uint64_t filtered_ = 0;
};

// E-1
TEST_F(EventDecoderTest, KeepsTheEnvelopeWholeWithItsOwnTimeAccountAndRegion) {
  EXPECT_THAT(Decode({kStateChange}),
              ElementsAre(Line{"cloud.aws.cloudwatch.events.111122223333.us-west-1",
                               "2026-11-24T08:30:01Z", std::string(kStateChange)}));
  EXPECT_EQ(EventId(kStateChange), "6a7e8feb-b491-4cf7-a9f1-bf3703467718");
}

// E-2: what an input transformer made of it.
TEST_F(EventDecoderTest, KeepsWhatIsNoEnvelopeAsItIs) {
  for (const std::string_view body :
       {R"({"instance":"i-1","state":"running"})", R"("instance i-1 is running")", R"([1,2])",
        "no JSON at all, {\"id\":", R"({"id":17,"time":"yesterday","account":null})", " \n"}) {
    EXPECT_THAT(Decode({body}),
                ElementsAre(Line{"cloud.aws.cloudwatch.events.444455556666.eu-west-1",
                                 "2026-11-24T12:00:00Z", std::string(body)}))
        << body;
  }
  EXPECT_EQ(EventId(R"({"detail":{"id":"inner"}})"), "");
  EXPECT_EQ(EventId(R"({"id":"i-1","source":"my.shop","state":"running"})"), "");
  EXPECT_EQ(EventId(R"({"id":"i-1","detail-type":"of an instance"})"), "");
  EXPECT_EQ(EventId("no JSON"), "");
}

// E-3
TEST_F(EventDecoderTest, RoutesOrDropsApiCallsAsTheConfigurationSays) {
  EXPECT_EQ(Decode({kApiCallEvent})[0].tag, "cloud.aws.cloudwatch.events.111122223333.us-west-1");
  settings_.call_tag = "my.app.calls.{record.detail.eventName}";
  const std::vector<Line> routed = Decode({kStateChange, kApiCallEvent});
  ASSERT_EQ(routed.size(), 2U);
  EXPECT_EQ(routed[1].tag, "my.app.calls.RunInstances");
  settings_.drop_records = {{"detail-type", {"AWS API Call via CloudTrail"}}};
  EXPECT_THAT(Decode({kStateChange, kApiCallEvent}), testing::SizeIs(1));
  EXPECT_EQ(filtered_, 1U);
}

// E-4
TEST_F(EventDecoderTest, MakesARecordOfEachFindingOfSecurityHub) {
  EXPECT_THAT(Decode({kFindings}),
              ElementsAre(Line{"cloud.aws.securityhub.findings.111122223333.us-west-1",
                               "2026-11-24T01:00:00.500Z",
                               R"({"Id":"1","UpdatedAt":"2026-11-24T01:00:00.5Z"})"},
                          Line{"cloud.aws.securityhub.findings.111122223333.us-west-1",
                               "2026-11-24T12:00:00Z", R"({"Id":"2","Note":"]}"})"}));
}

TEST_F(EventDecoderTest, KeepsAnEnvelopeOfSecurityHubWholeThatHoldsNoFindings) {
  for (const std::string_view body :
       {R"({"detail-type":"Security Hub Insight Results","detail":{"insightResults":[1]}})",
        R"({"detail-type":"Security Hub Findings - Imported","detail":{"findings":[]}})",
        R"({"detail-type":"Security Hub Findings - Imported","detail":{"findings":[{"Id":1},]})"}) {
    const std::vector<Line> lines = Decode({body});
    ASSERT_EQ(lines.size(), 1U) << body;
    EXPECT_EQ(lines[0].message, body);
  }
}

TEST_F(EventDecoderTest, FillsTheTagFromTheEventAndTheService) {
  settings_.service.tag = "my.app.{service}.{record.source}.{account}";
  EXPECT_EQ(Decode({kStateChange})[0].tag, "my.app.service-events-all.aws_ec2.111122223333");
  EXPECT_EQ(Decode({"{}"})[0].tag, "my.app.service-events-all.unknown.444455556666");
}

TEST_F(EventDecoderTest, GathersTheRecordsOfATagAndForgetsThemWhenTheyAreTaken) {
  EventDecoder decoder(settings_);
  for (int i = 0; i < 3; ++i) decoder.Add(kStateChange, {"1", "eu-west-1", kReadAt});
  const auto taken = decoder.Take();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0]->size(), 3U);
  EXPECT_THAT(decoder.Take(), IsEmpty());
}

}  // namespace
}  // namespace collector
