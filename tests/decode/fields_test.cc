// Fields of lines and their header lines: V-1, V-2, V-4.
#include "decode/fields.h"

#include <string>

#include <gtest/gtest.h>

#include "decode/packing.h"

namespace collector {
namespace {

using Names = std::vector<std::string_view>;

constexpr std::string_view kFlow =
    "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 "
    "1418530070 ACCEPT OK";

TEST(DelimitedField, CountsFromEitherEnd) {
  EXPECT_EQ(DelimitedField(kFlow, {.index = 0}), "2");
  EXPECT_EQ(DelimitedField(kFlow, {.index = 10}), "1418530010");
  EXPECT_EQ(DelimitedField(kFlow, {.index = 13}), "OK");
  EXPECT_EQ(DelimitedField(kFlow, {.index = 14}), std::nullopt);
  EXPECT_EQ(DelimitedField(kFlow, {.index = 0, .from_end = true}), "OK");
  EXPECT_EQ(DelimitedField(kFlow, {.index = 3, .from_end = true}), "1418530010");
  EXPECT_EQ(DelimitedField(kFlow, {.index = 13, .from_end = true}), "2");
  EXPECT_EQ(DelimitedField(kFlow, {.index = 14, .from_end = true}), std::nullopt);
}

TEST(DelimitedField, HasEmptyFieldsBetweenDelimitersAndAtTheEnds) {
  for (const bool from_end : {false, true}) {
    EXPECT_EQ(DelimitedField("", {.index = 0, .from_end = from_end}), "");
    EXPECT_EQ(DelimitedField("", {.index = 1, .from_end = from_end}), std::nullopt);
    EXPECT_EQ(DelimitedField(" a  ", {.index = from_end ? 3U : 0U, .from_end = from_end}), "");
    EXPECT_EQ(DelimitedField(" a  ", {.index = from_end ? 2U : 1U, .from_end = from_end}), "a");
    EXPECT_EQ(DelimitedField(" a  ", {.index = from_end ? 1U : 2U, .from_end = from_end}), "");
    EXPECT_EQ(DelimitedField(" a  ", {.index = from_end ? 0U : 3U, .from_end = from_end}), "");
  }
}

// V-4
TEST(DelimitedField, JoinsCloudFrontsDateAndTime) {
  constexpr std::string_view kLine = "2019-12-04\t21:02:31\tLAX1\t392";
  EXPECT_EQ(DelimitedField(kLine, {.delimiter = '\t', .index = 0, .joined = 2}),
            "2019-12-04\t21:02:31");
  EXPECT_EQ(DelimitedField(kLine, {.delimiter = '\t', .index = 3, .from_end = true, .joined = 2}),
            "2019-12-04\t21:02:31");
  EXPECT_EQ(DelimitedField(kLine, {.delimiter = '\t', .index = 2, .joined = 2}), "LAX1\t392");
  EXPECT_EQ(DelimitedField(kLine, {.delimiter = '\t', .index = 3, .joined = 2}), std::nullopt);
  EXPECT_EQ(DelimitedField(kLine, {.delimiter = '\t', .index = 0, .from_end = true, .joined = 2}),
            std::nullopt);
}

constexpr std::string_view kS3Access =
    "79a5 bucket [06/Feb/2019:00:00:38 +0000] 192.0.2.3 - 3E57427F3EXAMPLE REST.GET.VERSIONING - "
    "\"GET /b?versioning HTTP/1.1\" 200 - 113 - 7 - \"-\" \"S3Console/0.4 \"x\" \" - s9lzHYrFp76Z";

TEST(DelimitedField, TakesQuotesAndBracketsForOneField) {
  EXPECT_EQ(DelimitedField(kS3Access, {.index = 2, .quoted = true}), "06/Feb/2019:00:00:38 +0000");
  EXPECT_EQ(DelimitedField(kS3Access, {.index = 3, .quoted = true}), "192.0.2.3");
  EXPECT_EQ(DelimitedField(kS3Access, {.index = 8, .quoted = true}), "GET /b?versioning HTTP/1.1");
  EXPECT_EQ(DelimitedField(kS3Access, {.index = 9, .quoted = true}), "200");
  EXPECT_EQ(DelimitedField(kS3Access, {.index = 2}), "[06/Feb/2019:00:00:38");
  const std::string_view line = R"(http 2018 "GET x" "" [a b] "c")";
  EXPECT_EQ(DelimitedField(line, {.index = 0, .from_end = true, .quoted = true}), "c");
  EXPECT_EQ(DelimitedField(line, {.index = 1, .from_end = true, .quoted = true}), "a b");
  EXPECT_EQ(DelimitedField(line, {.index = 2, .from_end = true, .quoted = true}), "");
  EXPECT_EQ(DelimitedField(line, {.index = 3, .from_end = true, .quoted = true}), "GET x");
  EXPECT_EQ(DelimitedField(line, {.index = 5, .from_end = true, .quoted = true}), "http");
  EXPECT_EQ(DelimitedField(line, {.index = 6, .from_end = true, .quoted = true}), std::nullopt);
}

TEST(DelimitedField, TakesAQuoteThatIsNeverClosedForAByte) {
  for (const bool from_end : {false, true}) {
    EXPECT_EQ(DelimitedField("\"", {.from_end = from_end, .quoted = true}), "\"");
    EXPECT_EQ(DelimitedField("a\"b", {.from_end = from_end, .quoted = true}), "a\"b");
  }
  EXPECT_EQ(DelimitedField("\"a b", {.index = 1, .quoted = true}), "b");
  EXPECT_EQ(DelimitedField("a b]", {.index = 0, .from_end = true, .quoted = true}), "b]");
}

TEST(DelimitedField, AgreesWithSplittingTheLine) {
  Random random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string line(Below(random, i % 4 == 0 ? 120 : 30), ' ');
    for (char& c : line) c = "ab \"[]"[Below(random, 6)];
    Names all;
    std::string_view rest = line;
    for (size_t blank = 0; (blank = rest.find(' ')) != std::string_view::npos;) {
      all.push_back(rest.substr(0, blank));
      rest.remove_prefix(blank + 1);
    }
    all.push_back(rest);
    for (size_t index = 0; index < all.size(); ++index) {
      ASSERT_EQ(DelimitedField(line, {.index = index}), all[index]) << line;
      ASSERT_EQ(DelimitedField(line, {.index = all.size() - 1 - index, .from_end = true}),
                all[index])
          << line;
    }
    ASSERT_EQ(DelimitedField(line, {.index = all.size()}), std::nullopt);
    ASSERT_EQ(DelimitedField(line, {.index = all.size(), .from_end = true}), std::nullopt);
    for (const bool from_end : {false, true}) {
      for (size_t index = 0; index < 5; ++index) {
        const auto field =
            DelimitedField(line, {.index = index, .from_end = from_end, .quoted = true});
        ASSERT_TRUE(!field || line.find(*field) != std::string::npos) << line;
      }
    }
  }
}

// V-4
TEST(W3cFields, ReadsTheNamesOfAHeader) {
  EXPECT_EQ(W3cFields("#Fields: date time x-edge-location cs(User-Agent)"),
            Names({"date", "time", "x-edge-location", "cs(User-Agent)"}));
  EXPECT_EQ(W3cFields("#Fields:\tdate\t time "), Names({"date", "time"}));
  EXPECT_EQ(W3cFields("#Fields:"), Names());
  for (const char* line :
       {"#Version: 1.0", "", "#", "#Fields", "# Fields: date", "2019-12-04\t#"}) {
    EXPECT_EQ(W3cFields(line), std::nullopt) << line;
  }
}

// V-1: the header is no record; V-2: rows without data are.
TEST(FlowLogFields, KnowsTheHeaderFromARecord) {
  EXPECT_EQ(FlowLogFields("version account-id interface-id srcaddr"),
            Names({"version", "account-id", "interface-id", "srcaddr"}));
  EXPECT_EQ(FlowLogFields("flow-direction"), Names({"flow-direction"}));
  EXPECT_EQ(FlowLogFields("a-name-of-version-12 vpc-id"),
            Names({"a-name-of-version-12", "vpc-id"}));
  for (const std::string_view line :
       {kFlow,
        std::string_view("2 123456789010 eni-1 - - - - - - - 1431280876 1431280934 - NODATA"),
        std::string_view(""), std::string_view(" "), std::string_view("ingress -"),
        std::string_view("egress"), std::string_view("eni-0abc us-east-1 use1-az1"),
        std::string_view("Version Account-Id"), std::string_view("version {"),
        std::string_view("{\"version\":2}")}) {
    EXPECT_EQ(FlowLogFields(line), std::nullopt) << line;
  }
}

}  // namespace
}  // namespace collector
