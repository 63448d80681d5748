#include "aws/cloudtrail/lookup_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "aws/signing.h"
#include "base/time_text.h"
#include "fakes/scripted_transport.h"

namespace collector::aws::cloudtrail {
namespace {

using http::MakeResponse;

Result<LookupEvents::Response> Parse(const std::string& body) {
  return LookupEvents::Parse(MakeResponse(200, body));
}

LookupEvents::Event ParseOne(const std::string& item) {
  const auto page = Parse("{\"Events\":[" + item + "]}");
  if (!page || page->events.size() != 1) {
    ADD_FAILURE() << (page ? "not one event" : page.error().message) << ": " << item;
    return {};
  }
  return page->events[0];
}

TEST(LookupEvents, SendsTimesAsWholeSecondsRoundedDown) {
  LookupEvents lookup;
  lookup.start = *ParseTime("2026-11-24T03:05:21.999Z");
  lookup.end = *ParseTime("2026-11-24T04:00:00Z");
  const auto body = nlohmann::json::parse(lookup.ToRequest().body);
  EXPECT_TRUE(body["StartTime"].is_number_integer());
  EXPECT_EQ(body["StartTime"], 1795489521);
  EXPECT_EQ(body["EndTime"], 1795492800);
  EXPECT_EQ(body["MaxResults"], 50);
  EXPECT_FALSE(body.contains("NextToken"));
  EXPECT_FALSE(body.contains("LookupAttributes"));
}

TEST(LookupEvents, SendsTokenAndAttributeWhenThereAreSome) {
  LookupEvents lookup;
  lookup.event_source = "iam.amazonaws.com";
  lookup.next_token = "a\"b\\c\n";
  const auto parts = lookup.ToRequest();
  const auto body = nlohmann::json::parse(parts.body);
  EXPECT_EQ(body["NextToken"], "a\"b\\c\n");
  EXPECT_EQ(body["LookupAttributes"],
            nlohmann::json::parse(
                R"([{"AttributeKey":"EventSource","AttributeValue":"iam.amazonaws.com"}])"));
  EXPECT_EQ(*parts.headers.Find("X-Amz-Target"),
            "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents");
  EXPECT_EQ(*parts.headers.Find("Content-Type"), "application/x-amz-json-1.1");
}

TEST(LookupEvents, ReadsAPage) {
  const auto page = Parse(R"({"NextToken":"t/\"1","Events":[
      {"EventId":"id-1","EventName":"ConsoleLogin","ReadOnly":"false","EventTime":1795489521.5,
       "EventSource":"signin.amazonaws.com","Username":"a","Resources":[{"ResourceType":"x"}],
       "CloudTrailEvent":"{\"eventVersion\":\"1.08\"}"},
      {"EventId":"id-2","EventTime":1795489520,"CloudTrailEvent":"{}","AccessKeyId":null}]})");
  ASSERT_TRUE(page.has_value()) << page.error().message;
  EXPECT_EQ(page->next_token, "t/\"1");
  ASSERT_EQ(page->events.size(), 2u);
  EXPECT_EQ(page->events[0].id, "id-1");
  EXPECT_EQ(page->events[0].name, "ConsoleLogin");
  EXPECT_EQ(FormatRfc3339(page->events[0].time), "2026-11-24T03:05:21.500Z");
  EXPECT_EQ(page->events[0].cloudtrail_event, R"({"eventVersion":"1.08"})");
  EXPECT_EQ(page->events[1].id, "id-2");
  EXPECT_EQ(page->events[1].name, "");
}

TEST(LookupEvents, GivesTheInnerDocumentByteForByte) {  // T-10
  const std::string inner =
      "{\"a\":1.10,  \"\xc3\xbc\":\"\\u00fc \\\\ \\/ \\n \\\"\",\t\"big\":12345678901234567890,"
      "\"a\":2e0,\"emoji\":\"\xf0\x9f\x98\x80\"}\n";
  const auto escapings = {nlohmann::json(inner).dump(),
                          nlohmann::json(inner).dump(-1, ' ', /*ensure_ascii=*/true)};
  for (const std::string& text : escapings) {
    EXPECT_EQ(ParseOne("{\"EventId\":\"i\",\"EventTime\":1,\"CloudTrailEvent\":" + text + "}")
                  .cloudtrail_event,
              inner);
  }
}

TEST(LookupEvents, ALoneSurrogateCostsNeitherTheEventNorThePage) {  // T-10
  const auto page =
      Parse(R"({"Events":[{"EventId":"1","EventTime":1,"CloudTrailEvent":"{\"ua\":\"x\ud83dy\"}"},)"
            R"({"EventId":"2","EventTime":1,"CloudTrailEvent":"{\"ok\":\"\ud83d\ude00\"}"}]})");
  ASSERT_TRUE(page.has_value()) << page.error().message;
  ASSERT_EQ(page->events.size(), 2u);
  EXPECT_EQ(page->events[0].cloudtrail_event, R"({"ua":"x\ud83dy"})");
  EXPECT_EQ(page->events[1].cloudtrail_event, "{\"ok\":\"\xf0\x9f\x98\x80\"}");
}

TEST(LookupEvents, ReadsTimesInEveryForm) {
  const auto time_of = [](const std::string& time) {
    return FormatRfc3339(
        ParseOne("{\"EventId\":\"i\",\"EventTime\":" + time + ",\"CloudTrailEvent\":\"{}\"}").time);
  };
  EXPECT_EQ(time_of("1795489521"), "2026-11-24T03:05:21Z");
  EXPECT_EQ(time_of("1795489521.0"), "2026-11-24T03:05:21Z");
  EXPECT_EQ(time_of("1795489521.123"), "2026-11-24T03:05:21.123Z");
  EXPECT_EQ(time_of("1.795489521E9"), "2026-11-24T03:05:21Z");
  EXPECT_EQ(time_of("1.795489521123e+9"), "2026-11-24T03:05:21.123Z");
  EXPECT_EQ(time_of("\"2026-11-24T03:05:21Z\""), "2026-11-24T03:05:21Z");
  EXPECT_EQ(time_of("-1"), "1969-12-31T23:59:59Z");
}

TEST(LookupEvents, ATimeThatIsNoneIsTakenFromTheInnerDocumentOrIsTheEpoch) {
  for (const char* time : {"null", "1e300", "\"yesterday\"", "{}", "true"}) {
    const std::string item = std::string("{\"EventId\":\"i\",\"EventTime\":") + time;
    EXPECT_EQ(
        ParseOne(item + R"(,"CloudTrailEvent":"{\"eventTime\":\"2026-11-24T03:05:21Z\"}"})").time,
        *ParseTime("2026-11-24T03:05:21Z"));
    EXPECT_EQ(ParseOne(item + R"(,"CloudTrailEvent":"no json"})").time, Timestamp{});
  }
}

TEST(LookupEvents, AnEventWithoutIdTakesThatOfTheInnerDocument) {
  const auto event = ParseOne(
      R"({"EventTime":1,"CloudTrailEvent":"{\"x\":{\"eventID\":\"no\"},\"eventID\":\"inner\"}"})");
  EXPECT_EQ(event.id, "inner");
}

TEST(LookupEvents, AnEventWithoutAnyIdHasOneThatStaysTheSame) {  // T-5
  const auto event = ParseOne(R"({"EventTime":1,"CloudTrailEvent":"{\"a\":1}"})");
  EXPECT_EQ(event.id, "sha256:" + Sha256Hex("{\"a\":1}"));
  EXPECT_EQ(ParseOne(R"({"EventId":"","CloudTrailEvent":"{\"a\":1}"})").id, event.id);
  EXPECT_EQ(ParseOne(R"({"EventId":null,"CloudTrailEvent":"{\"a\":1}"})").id, event.id);
  EXPECT_NE(ParseOne(R"({"CloudTrailEvent":"{\"a\":2}"})").id, event.id);
}

TEST(LookupEvents, AnEventWithoutDocumentIsTheWholeItem) {
  const std::string item =
      R"({"EventId":"i", "EventTime":1, "Resources":[{"a":"b"}], "Extra":1.0})";
  const auto page = Parse("{\"Events\":[ " + item + " ,{\"EventId\":\"j\"}],\"NextToken\":\"t\"}");
  ASSERT_TRUE(page.has_value()) << page.error().message;
  ASSERT_EQ(page->events.size(), 2u);
  EXPECT_EQ(page->events[0].cloudtrail_event, item);
  EXPECT_EQ(page->events[0].id, "i");
  EXPECT_EQ(page->events[1].id, "j");
  EXPECT_EQ(page->next_token, "t");
  for (const char* document : {"null", "\"\"", "7", R"("\x")"}) {
    const std::string other = std::string(R"({"EventId":"i","CloudTrailEvent":)") + document + "}";
    EXPECT_EQ(ParseOne(other).cloudtrail_event, other);
  }
}

TEST(LookupEvents, NullMeansNoToken) {
  EXPECT_EQ(Parse(R"({"Events":[],"NextToken":null})")->next_token, "");
  EXPECT_EQ(Parse(R"({"Events":[]})")->next_token, "");
}

TEST(LookupEvents, AnEmptyPageMayHaveAToken) {
  const auto page = Parse(R"({"Events":[],"NextToken":"more"})");
  ASSERT_TRUE(page.has_value());
  EXPECT_TRUE(page->events.empty());
  EXPECT_EQ(page->next_token, "more");
}

TEST(LookupEvents, WhatIsNoPageIsAnErrorToRetryNeverAnEmptyPage) {
  for (const char* body :
       {"", "{}", "null", "[]", "\"x\"", "<html></html>", R"({"Events":null})", R"({"Events":{}})",
        R"({"Events":[1]})", R"({"Events":[null]})", R"({"Events":[{}]}{"Events":[]})",
        R"({"Events":[{]})", R"({"message":"ok"})", "{\"Events\":[{\"EventId\":\"\xff\"}]}"}) {
    const auto page = Parse(body);
    ASSERT_FALSE(page.has_value()) << body;
    EXPECT_EQ(page.error().kind, ErrorKind::kRetry);
  }
}

TEST(LookupEvents, NoPageCutShortIsTaken) {
  const std::string whole =
      R"({"Events":[{"EventId":"a","EventTime":1,"CloudTrailEvent":"{\"x\":[{}]}"},)"
      R"({"EventId":"b","EventTime":2,"Resources":[{"n":{}}]}],"NextToken":"t"})";
  ASSERT_TRUE(Parse(whole).has_value());
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(Parse(whole.substr(0, size)).has_value()) << whole.substr(0, size);
  }
}

TEST(LookupEvents, ReadsAPageOfTheLargestSize) {
  std::string body = "{\"Events\":[";
  const std::string document(256 << 10, 'x');  // the largest event that CloudTrail writes
  for (int i = 0; i < 50; ++i) {
    if (i > 0) body += ',';
    body += "{\"EventId\":\"" + std::to_string(i) + "\",\"CloudTrailEvent\":\"" + document + "\"}";
  }
  const auto page = Parse(body + "]}");
  ASSERT_TRUE(page.has_value());
  ASSERT_EQ(page->events.size(), 50u);
  EXPECT_EQ(page->events[49].cloudtrail_event, document);
}

}  // namespace
}  // namespace collector::aws::cloudtrail
