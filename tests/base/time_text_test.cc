#include "base/time_text.h"

#include <ctime>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace collector {
namespace {

std::string DevoTime(Timestamp time) {
  std::string text(kDevoTimeSize, '\0');
  WriteDevoTime(time, text.data());
  return text;
}

Timestamp At(int64_t milliseconds) { return Timestamp(Milliseconds(milliseconds)); }

TEST(TimeText, FormatsATimeAsDevoWantsIt) {
  EXPECT_EQ(DevoTime(At(1685694675123)), "2023-06-02 08:31:15.123");
  EXPECT_EQ(DevoTime(At(0)), "1970-01-01 00:00:00.000");
  EXPECT_EQ(DevoTime(At(-1)), "1969-12-31 23:59:59.999");
}

TEST(TimeText, KeepsTheFormatForTimesThatDoNotFitIt) {
  EXPECT_EQ(DevoTime(Timestamp::max()), "9999-12-31 23:59:59.999");
  EXPECT_EQ(DevoTime(Timestamp::min()), "0000-01-01 00:00:00.000");
}

TEST(TimeText, FormatsRfc3339WithMillisecondsOnlyWhenThereAreSome) {
  EXPECT_EQ(FormatRfc3339(At(1685694675123)), "2023-06-02T08:31:15.123Z");
  EXPECT_EQ(FormatRfc3339(At(1685694675000)), "2023-06-02T08:31:15Z");
}

TEST(TimeText, FormatsTheBasicFormOfSigV4) {
  EXPECT_EQ(FormatBasicIso8601(At(1440938160000)), "20150830T123600Z");
}

TEST(TimeText, AgreesWithTheCLibraryOnRandomTimes) {
  std::mt19937_64 random(1);
  std::uniform_int_distribution<int64_t> seconds(-62'135'596'800, 253'402'300'799);
  for (int i = 0; i < 20'000; ++i) {
    const time_t time = seconds(random);
    std::tm parts{};
    gmtime_r(&time, &parts);
    char expected[32];
    std::strftime(expected, sizeof expected, "%Y-%m-%d %H:%M:%S", &parts);
    // strftime writes years below 1000 without zeros in front.
    const std::string padded =
        std::string(19 - std::min<size_t>(19, std::string(expected).size()), '0') + expected;
    ASSERT_EQ(DevoTime(At(time * 1000 + 7)), padded + ".007");
    ASSERT_EQ(ParseTime(padded + ".007"), At(time * 1000 + 7)) << padded;
  }
}

TEST(TimeText, ReadsTheUsualRelativesOfRfc3339) {
  const Timestamp noon = At(1685707200000);  // 2023-06-02T12:00:00Z
  for (const char* text :
       {"2023-06-02T12:00:00Z", "2023-06-02 12:00:00", "2023-06-02T12:00Z",
        "2023-06-02T12:00:00.000Z", "2023-06-02t12:00:00z", "2023-06-02T14:00:00+02:00",
        "2023-06-02T07:30:00-0430", "2023-06-02T13:00:00+01"}) {
    EXPECT_EQ(ParseTime(text), noon) << text;
  }
  EXPECT_EQ(ParseTime("2023-06-02"), noon - std::chrono::hours(12));
  EXPECT_EQ(ParseTime("2023-06-02T12:00:00.1Z"), noon + Milliseconds(100));
  EXPECT_EQ(ParseTime("2023-06-02T12:00:00.123999Z"), noon + Milliseconds(123));
}

TEST(TimeText, RefusesWhatIsNotATime) {
  for (const char* text :
       {"", "now", "2023", "2023-6-2", "2023-02-30", "2023-13-01", "2023-06-02T",
        "2023-06-02T24:00", "2023-06-02T12:60", "2023-06-02T12:00:61Z", "2023-06-02T12:00:00.Z",
        "2023-06-02T12:00:00+25:00", "2023-06-02T12:00:00Zebra", "2023-06-02T12:00:00+",
        "1685707200", " 2023-06-02", "2023-06-02 ", "2023/06/02", "-023-06-02"}) {
    EXPECT_EQ(ParseTime(text), std::nullopt) << text;
  }
}

TEST(TimeText, SaysDurationsAsAPersonWould) {
  EXPECT_EQ(FormatDuration(Milliseconds(300)), "0.3 s");
  EXPECT_EQ(FormatDuration(Seconds(59)), "59 s");
  EXPECT_EQ(FormatDuration(Seconds(725)), "12 min 5 s");
  EXPECT_EQ(FormatDuration(Seconds(3 * 86'400 + 4 * 3600)), "3 d 4 h");
  EXPECT_EQ(FormatDuration(Seconds(-59)), "-59 s");
}

}  // namespace
}  // namespace collector
