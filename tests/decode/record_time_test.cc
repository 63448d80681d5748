#include "decode/record_time.h"

#include <array>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "base/time_text.h"
#include "decode/packing.h"

namespace collector {
namespace {

Timestamp At(int64_t milliseconds) { return Timestamp(Milliseconds(milliseconds)); }

TEST(ReadTime, ReadsEachForm) {
  EXPECT_EQ(ReadTime(TimeForm::kIso8601, "2023-06-02T08:31:15Z"), At(1685694675000));
  EXPECT_EQ(ReadTime(TimeForm::kIso8601, "2023-06-02T08:31:15.123Z"), At(1685694675123));
  EXPECT_EQ(ReadTime(TimeForm::kIso8601, "2023-06-02T08:31:15.123456Z"), At(1685694675123));
  EXPECT_EQ(ReadTime(TimeForm::kIso8601, "2023-06-02T10:31:15+02:00"), At(1685694675000));
  EXPECT_EQ(ReadTime(TimeForm::kEpochSeconds, "1685694675"), At(1685694675000));
  EXPECT_EQ(ReadTime(TimeForm::kEpochSeconds, "1685694675.1239"), At(1685694675123));
  EXPECT_EQ(ReadTime(TimeForm::kEpochSeconds, "0"), At(0));
  EXPECT_EQ(ReadTime(TimeForm::kEpochMilliseconds, "1685694675123"), At(1685694675123));
  EXPECT_EQ(ReadTime(TimeForm::kDateAndTime, "2023-06-02\t08:31:15"), At(1685694675000));
  EXPECT_EQ(ReadTime(TimeForm::kAccessLog, "02/Jun/2023:08:31:15 +0000"), At(1685694675000));
  EXPECT_EQ(ReadTime(TimeForm::kAccessLog, "[02/Jun/2023:10:01:15 +0130]"), At(1685694675000));
  EXPECT_EQ(ReadTime(TimeForm::kAccessLog, "02/Jun/2023:03:31:15 -0500"), At(1685694675000));
}

// V-2: "-" is null.
TEST(ReadTime, RefusesWhatIsNotOfItsForm) {
  for (const char* text : {"", "-", " ", "now", "2023-06-02T24:00:00Z", "2023-02-29T00:00:00Z",
                           "2023-06-02T08:31:15.12xZ", "2023-06-02T08:31:1:Z", "1685694675"}) {
    EXPECT_EQ(ReadTime(TimeForm::kIso8601, text), std::nullopt) << text;
  }
  for (const char* text : {"", "-", "-1", "+1", "1.", ".5", "1.x", "1e9", " 1", "1 ",
                           "1685694675123", "99999999999999999999999999"}) {
    EXPECT_EQ(ReadTime(TimeForm::kEpochSeconds, text), std::nullopt) << text;
  }
  for (const char* text : {"", "-", "1685694675123.0", "1685694675123456", "0x1"}) {
    EXPECT_EQ(ReadTime(TimeForm::kEpochMilliseconds, text), std::nullopt) << text;
  }
  for (const char* text : {"", "-\t-", "2023-06-02 08:31:15", "2023-06-02\t08:31", "2023-06-02",
                           "2023-13-02\t08:31:15", "2023-06-31\t08:31:15"}) {
    EXPECT_EQ(ReadTime(TimeForm::kDateAndTime, text), std::nullopt) << text;
  }
  for (const char* text : {"", "-", "02/jun/2023:08:31:15 +0000", "02/Jun/2023:08:31:15",
                           "02/Jun/2023:08:31:15 0000", "31/Jun/2023:08:31:15 +0000",
                           "02/Jun/2023:08:31:15 +2500", "[02/Jun/2023:08:31:15 +0000"}) {
    EXPECT_EQ(ReadTime(TimeForm::kAccessLog, text), std::nullopt) << text;
  }
}

TEST(ReadTime, AgreesWithTheGeneralReaderOnMutatedTimes) {
  Random random(8);
  for (int i = 0; i < 100'000; ++i) {
    const Timestamp time = At(static_cast<int64_t>(random() % 253'402'300'800'000));
    std::string text = FormatRfc3339(time);
    ASSERT_EQ(ReadTime(TimeForm::kIso8601, text), time) << text;
    Mutate(text, random);
    ASSERT_EQ(ReadTime(TimeForm::kIso8601, text), ParseTime(text)) << text;
    if (text.size() == 19 && text[10] == '\t') {
      text[10] = 'T';
      ASSERT_EQ(ReadTime(TimeForm::kDateAndTime, text), ParseTime(text)) << text;
    }
  }
}

TEST(ReadTime, ReadsEveryDayOfFourCenturiesInAnAccessLog) {
  constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (int day = 0; day < 146'097; ++day) {
    const Timestamp time = At(int64_t{day} * 86'400'000);
    const std::string iso = FormatRfc3339(time);  // 1970-01-01T00:00:00Z
    const std::string text = iso.substr(8, 2) + "/" + kMonths[std::stoul(iso.substr(5, 2)) - 1] +
                             "/" + iso.substr(0, 4) + ":23:59:60 +2359";
    ASSERT_EQ(ReadTime(TimeForm::kAccessLog, text), time + Seconds(60)) << text;
  }
}

// Eight digits are read at a time; a byte that is none, at any place, must still be seen.
TEST(ReadTime, ReadsTenDigitsAsOneByOne) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    std::string text = std::to_string(1'000'000'000 + random() % 9'000'000'000);
    ASSERT_EQ(ReadTimeOr(TimeForm::kEpochSeconds, text, At(1)), At(std::stoll(text) * 1000))
        << text;
    char& changed = text[random() % 10];
    changed = static_cast<char>(random());
    const bool is_digit = changed >= '0' && changed <= '9';
    const bool is_fraction = changed == '.' && text.find('.') > 0 && text.back() != '.';
    const bool is_time = ReadTimeOr(TimeForm::kEpochSeconds, text, At(1)) != At(1);
    ASSERT_EQ(is_time, is_digit || is_fraction) << text;
    ASSERT_EQ(ReadTime(TimeForm::kEpochSeconds, text).has_value(), is_time) << text;
  }
}

}  // namespace
}  // namespace collector
