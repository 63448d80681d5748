// The pure functions below the readers: nearest words, variables, tags, regions, text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/expand.h"
#include "config/fixtures.h"
#include "config/nearest.h"
#include "config/regions.h"
#include "config/tag_check.h"
#include "config/text_check.h"
#include "sources/settings.h"

namespace collector {
namespace {

using testing::HasSubstr;

constexpr std::string_view kWords[] = {"regions", "region", "request_period_in_seconds",
                                       "tag",     "types",  "id"};

TEST(EditDistance, CountsWhatAPersonDoesWrong) {
  EXPECT_EQ(EditDistance("", ""), 0u);
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  EXPECT_EQ(EditDistance("abc", ""), 3u);
  EXPECT_EQ(EditDistance("regions", "regoins"), 1u) << "neighbours swapped";
  EXPECT_EQ(EditDistance("regions", "rgions"), 1u);
  EXPECT_EQ(EditDistance("regions", "regionss"), 1u);
  EXPECT_EQ(EditDistance("regions", "xxxxxxx"), 7u);
  EXPECT_EQ(EditDistance("Regions", "regions"), 1u);
  EXPECT_EQ(EditDistance("REGIONS", "regions"), 4u) << "case counts half";
}

TEST(EditDistance, IsTheSameBothWays) {
  for (const auto a : kWords) {
    for (const auto b : kWords) EXPECT_EQ(EditDistance(a, b), EditDistance(b, a));
  }
}

TEST(Nearest, FindsTheWordThatWasMeant) {
  EXPECT_EQ(Nearest("regoins", kWords), "regions");
  EXPECT_EQ(Nearest("request_period", kWords), "");
  EXPECT_EQ(Nearest("request_period_in_second", kWords), "request_period_in_seconds");
  EXPECT_EQ(Nearest("type", kWords), "types");
}

TEST(Nearest, ProposesNothingForWordsThatAreFarFromAll) {
  EXPECT_EQ(Nearest("password", kWords), "");
  EXPECT_EQ(Nearest("", kWords), "");
  EXPECT_EQ(Nearest("xx", kWords), "");
  EXPECT_EQ(Nearest(std::string(5000, 'r'), kWords), "");
  EXPECT_EQ(DidYouMean("password", kWords), "");
  EXPECT_EQ(DidYouMean("tga", kWords), "; did you mean \"tag\"?");
}

std::string Expanded(std::string_view text) {
  const Expansion expansion = ExpandEnvironment(text, FixtureEnvironment());
  EXPECT_EQ(expansion.fault, "") << text;
  return expansion.text;
}

TEST(ExpandEnvironment, PutsVariablesIn) {
  EXPECT_EQ(Expanded("${COLLECTOR_PORT}"), "8443");
  EXPECT_EQ(Expanded("a${COLLECTOR_PORT}b${COLLECTOR_PORT}c"), "a8443b8443c");
  EXPECT_EQ(Expanded(""), "");
  EXPECT_EQ(Expanded("${COLLECTOR_EMPTY}"), "");
}

TEST(ExpandEnvironment, UsesTheDefaultForWhatIsUnsetOrEmpty) {
  EXPECT_EQ(Expanded("${UNSET:-x}"), "x");
  EXPECT_EQ(Expanded("${UNSET:-}"), "");
  EXPECT_EQ(Expanded("${COLLECTOR_EMPTY:-x}"), "x");
  EXPECT_EQ(Expanded("${COLLECTOR_PORT:-x}"), "8443");
  EXPECT_EQ(Expanded("${UNSET:-a:-b}"), "a:-b");
}

TEST(ExpandEnvironment, KeepsOtherDollarSigns) {
  EXPECT_EQ(Expanded("$$"), "$");
  EXPECT_EQ(Expanded("$${COLLECTOR_PORT}"), "${COLLECTOR_PORT}");
  EXPECT_EQ(Expanded("$$${COLLECTOR_PORT}"), "$8443");
  EXPECT_EQ(Expanded("$COLLECTOR_PORT"), "$COLLECTOR_PORT");
  EXPECT_EQ(Expanded("5$"), "5$");
  EXPECT_EQ(Expanded("a$b}"), "a$b}");
}

TEST(ExpandEnvironment, NeverLooksAtWhatItPutIn) {
  EXPECT_EQ(Expanded("${COLLECTOR_NESTED}"), "${COLLECTOR_PORT}");
}

TEST(ExpandEnvironment, RefusesWhatIsNoVariable) {
  for (const char* text : {"${", "${}", "${A", "${1A}", "${A B}", "${A-b}", "${:-x}", "${${A}}"}) {
    EXPECT_NE(ExpandEnvironment(text, FixtureEnvironment()).fault, "") << text;
  }
  EXPECT_EQ(ExpandEnvironment("${UNSET}", FixtureEnvironment()).unset_name, "UNSET");
}

std::string Fault(std::string_view tag) { return TagFault(tag, kAuditEventsTagPlaceholders); }

TEST(TagFault, AcceptsTags) {
  for (const char* tag : {"my.app", "my.app.a-b_c.9", "my.app.{region}", "{account}.{region}",
                          "my.app.x{region}y", "cloud.aws.cloudtrail.events.{account}.{region}"}) {
    EXPECT_EQ(Fault(tag), "") << tag;
  }
  EXPECT_EQ(Fault("my." + std::string(1021, 'x')), "") << "1024 characters";
}

TEST(TagFault, RefusesWhatDevoWouldNotTake) {
  for (const char* tag : {"", "app", "{region}", ".my.app", "my.app.", "my..app", "my.app x",
                          "my.app/x", "my.{app}.x", "my.app.{region", "my.app.region}", "my.app.{}",
                          "my.app.{{region}}", "my.app:x", "my.app.\xC3\xA4"}) {
    EXPECT_NE(Fault(tag), "") << tag;
  }
  EXPECT_THAT(Fault("my." + std::string(1022, 'x')), HasSubstr("1025 characters"));
}

TEST(RegionFault, AcceptsTheRegionsOfEveryPartition) {
  for (const char* region :
       {"us-east-1", "eu-central-2", "ap-southeast-7", "sa-east-1", "ca-west-1", "me-central-1",
        "af-south-1", "il-central-1", "mx-central-1", "cn-north-1", "cn-northwest-1",
        "us-gov-west-1", "us-iso-west-1", "us-isob-east-1", "eu-isoe-west-1", "us-isof-south-1",
        "eusc-de-east-1", "eu-newplace-12"}) {
    EXPECT_EQ(RegionFault(region), "") << region;
  }
}

TEST(RegionFault, RefusesWhatIsNoRegion) {
  for (const char* region :
       {"", "us", "us-east", "us-east-", "us--1", "-east-1", "us-east-1-2", "xx-east-1",
        "us-east-one", "us-ea st-1", "us_east_1", "global", "eusc-fr-east-1", "us-east-1 "}) {
    EXPECT_NE(RegionFault(region), "") << region;
  }
  EXPECT_THAT(RegionFault("eu-west-1c"), HasSubstr("did you mean \"eu-west-1\"?"));
  EXPECT_THAT(RegionFault("EU-West-1"), HasSubstr("did you mean \"eu-west-1\"?"));
}

// T-9.
TEST(GlobalEventsRegion, KnowsThePartitions) {
  EXPECT_EQ(GlobalEventsRegion("eu-west-1"), "us-east-1");
  EXPECT_EQ(GlobalEventsRegion("us-gov-east-1"), "us-gov-west-1");
  EXPECT_EQ(GlobalEventsRegion("cn-northwest-1"), "cn-north-1");
  EXPECT_EQ(GlobalEventsRegion("us-iso-east-1"), "");
}

TEST(CheckText, FindsTheFirstByteThatIsNoText) {
  const auto check = [](std::string_view text) {
    const auto fault = CheckText(text);
    return fault ? Lines({*fault}).front() : "";
  };
  EXPECT_EQ(check(""), "");
  EXPECT_EQ(check("a\tb\r\n\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80 \xC2\x85"), "");
  EXPECT_THAT(check("\xC3\xA4\n\xC3\xA4\xFF"), HasSubstr("2:2: the byte 0xff"));
  for (const char* broken : {"\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE0\x80\x80",
                             "\xF8", "\x80", "\xE2\x82", "\xF0\x9F\x98"}) {
    EXPECT_THAT(check(broken), HasSubstr("is not UTF-8")) << testing::PrintToString(broken);
  }
  EXPECT_THAT(check(std::string_view("a\0b", 3)), HasSubstr("1:2: the control character 0x00"));
  EXPECT_THAT(check("\x7F"), HasSubstr("0x7f"));
  EXPECT_THAT(check("\xC2\x80"), HasSubstr("control character"));
  EXPECT_THAT(check("\xFF\xFE{\x01"), HasSubstr("UTF-16"));
}

TEST(Printable, KeepsAComplaintInOneLine) {
  EXPECT_EQ(Printable("a\nb\x1B[31m\xFF"), "a?b?[31m?");
  EXPECT_EQ(Printable("\xC3\xA4\xC3\xA4\xC3\xA4", 2), "\xC3\xA4\xC3\xA4...");
}

}  // namespace
}  // namespace collector
