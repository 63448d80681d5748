#include "aws/logs/log_events.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "aws/logs/filter_log_events.h"
#include "aws/logs/get_log_events.h"
#include "base/json_text.h"
#include "base/time_text.h"
#include "fakes/scripted_transport.h"

namespace collector::aws::logs {
namespace {

using http::MakeResponse;
using nlohmann::json;
using testing::HasSubstr;

std::vector<std::string> Messages(const LogEvents& page) {
  std::vector<std::string> messages;
  for (const LogEvent& event : page.events()) {
    messages.push_back(UnescapeJsonString(event.message).value_or("damaged"));
  }
  return messages;
}

TEST(FilterLogEvents, SendsMillisecondsAndAnEndThatAwsIncludes) {
  FilterLogEvents filter;
  filter.group = "/aws/lambda/f";
  filter.start = *ParseTime("2026-11-24T03:05:21.001Z");
  filter.end = *ParseTime("2026-11-24T03:05:22Z");
  const auto parts = filter.ToRequest();
  const auto body = json::parse(parts.body);
  EXPECT_EQ(body["logGroupName"], "/aws/lambda/f");
  EXPECT_EQ(body["startTime"], 1795489521001);
  EXPECT_EQ(body["endTime"], 1795489521999);
  EXPECT_EQ(body["limit"], 10'000);
  for (const char* key : {"nextToken", "filterPattern", "logStreamNames", "logStreamNamePrefix",
                          "logGroupIdentifier"}) {
    EXPECT_FALSE(body.contains(key)) << key;
  }
  EXPECT_EQ(*parts.headers.Find("X-Amz-Target"), "Logs_20140328.FilterLogEvents");
}

TEST(FilterLogEvents, NamesAGroupOfALinkedAccountByItsArn) {
  FilterLogEvents filter;
  filter.group = "arn:aws:logs:eu-west-1:111122223333:log-group:/app";
  filter.stream_prefix = "web-";
  filter.pattern = "ERROR -\"known\"";
  filter.next_token = "t/\"1";
  const auto body = json::parse(filter.ToRequest().body);
  EXPECT_EQ(body["logGroupIdentifier"], filter.group);
  EXPECT_FALSE(body.contains("logGroupName"));
  EXPECT_EQ(body["logStreamNamePrefix"], "web-");
  EXPECT_EQ(body["filterPattern"], filter.pattern);
  EXPECT_EQ(body["nextToken"], filter.next_token);
  filter.stream_prefix.clear();
  filter.streams = {"web-1"};
  EXPECT_EQ(json::parse(filter.ToRequest().body)["logStreamNames"], json::array({"web-1"}));
}

TEST(GetLogEvents, ReadsAStreamFromItsOldestEvent) {
  GetLogEvents get;
  get.group = "g";
  get.stream = "s";
  get.start = Timestamp(Milliseconds(1000));
  get.end = Timestamp(Milliseconds(2000));
  const auto body = json::parse(get.ToRequest().body);
  EXPECT_EQ(body, json({{"logGroupName", "g"},
                        {"logStreamName", "s"},
                        {"startTime", 1000},
                        {"endTime", 2000},
                        {"startFromHead", true}}));
}

TEST(LogEvents, ReadsAPageOfFilterLogEvents) {
  const auto page = FilterLogEvents::Parse(MakeResponse(200, R"({"events":[
      {"logStreamName":"s-1","timestamp":1795489521001,"message":"a\tb\n","ingestionTime":
       1795489522000,"eventId":"3600"},
      {"eventId":"3601","message":"{\"k\":\"\u20ac\"}","timestamp":1795489521001,"new":[1,{}]}],
      "searchedLogStreams":[],"nextToken":"t\/1"})"));
  ASSERT_TRUE(page.has_value()) << page.error().message;
  ASSERT_EQ(page->events().size(), 2u);
  const LogEvent& first = page->events()[0];
  EXPECT_EQ(first.stream, "s-1");
  EXPECT_EQ(first.id, "3600");
  EXPECT_EQ(FormatRfc3339(first.time), "2026-11-24T03:05:21.001Z");
  EXPECT_EQ(first.ingested - first.time, Milliseconds(999));
  EXPECT_EQ(Messages(*page), (std::vector<std::string>{"a\tb\n", "{\"k\":\"\xe2\x82\xac\"}"}));
  EXPECT_EQ(page->events()[1].stream, "");
  EXPECT_EQ(page->next_token(), "t/1");
}

TEST(LogEvents, TakesAnEmptyPageAndATokenThatIsNull) {
  const auto page = LogEvents::Read(R"({"events":[],"nextToken":null})");
  ASSERT_TRUE(page.has_value());
  EXPECT_TRUE(page->events().empty());
  EXPECT_EQ(page->next_token(), "");
}

TEST(LogEvents, ReadsTheForwardTokenOfGetLogEvents) {
  const auto page = GetLogEvents::Parse(
      MakeResponse(200, R"({"events":[{"timestamp":1,"message":"m","ingestionTime":2}],
               "nextBackwardToken":"b/1","nextForwardToken":"f/1"})"));
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->next_token(), "f/1");
  EXPECT_EQ(page->events().at(0).id, "");
}

TEST(LogEvents, PointsIntoItsOwnAnswerWhereverItIsMoved) {
  std::string answer = R"({"events":[{"timestamp":1,"message":"short","eventId":"7"}]})";
  auto page = LogEvents::Read(answer);
  answer.assign(answer.size(), 'x');
  const LogEvents moved = std::move(*page);
  EXPECT_EQ(Messages(moved), std::vector<std::string>{"short"});
  EXPECT_EQ(moved.events()[0].id, "7");
}

// Nothing may be taken for a page that is less than one: what it lacks would never be read (L-1).
TEST(LogEvents, RefusesAnAnswerThatIsCutAnywhere) {
  std::string whole = R"({"events":[{"timestamp":1,"message":"m\u00e9","eventId":"7"},)"
                      R"({"message":"n","timestamp":2}],"nextToken":"t"})";
  ASSERT_TRUE(LogEvents::Read(whole).has_value());
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto page = LogEvents::Read(std::string_view(whole).substr(0, size));
    ASSERT_FALSE(page.has_value()) << size;
    EXPECT_EQ(page.error().kind, ErrorKind::kRetry);
    EXPECT_THAT(page.error().message, HasSubstr("cannot be read"));
  }
}

TEST(LogEvents, RefusesAnEventWithoutTimeOrMessage) {
  for (const char* event :
       {R"({"timestamp":1})", R"({"message":"m"})", R"({})", "null", "[]",
        R"({"timestamp":"1","message":"m"})", R"({"timestamp":1,"message":null})"}) {
    EXPECT_FALSE(LogEvents::Read(fmt::format(R"({{"events":[{}]}})", event)).has_value()) << event;
  }
}

}  // namespace
}  // namespace collector::aws::logs
