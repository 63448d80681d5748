#include "decode/record_time.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/time_text.h"

namespace collector {
namespace {

constexpr int64_t kFirstSecondOfYear10000 = 253'402'300'800;

// The two digits at text[at]; what is no digit makes `bad` larger than 9.
unsigned TwoDigits(std::string_view text, size_t at, unsigned& bad) {
  const auto tens = static_cast<unsigned>(text[at] - '0');
  const auto ones = static_cast<unsigned>(text[at + 1] - '0');
  bad |= (tens > 9 || ones > 9) ? 16U : 0U;
  return tens * 10 + ones;
}

// Nothing when a part is out of its range. 60: a leap second is the first of the next minute.
std::optional<Timestamp> Compose(unsigned year, unsigned month, unsigned day, unsigned hour,
                                 unsigned minute, unsigned second) {
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return Timestamp(std::chrono::sys_days(date)) + Seconds(hour * 3600 + minute * 60 + second);
}

// The 19 bytes "2023-06-02T08:31:15" with `between` between date and time.
std::optional<Timestamp> ReadFixed(std::string_view text, char between) {
  unsigned bad = 0;
  const unsigned year = TwoDigits(text, 0, bad) * 100 + TwoDigits(text, 2, bad);
  const unsigned month = TwoDigits(text, 5, bad);
  const unsigned day = TwoDigits(text, 8, bad);
  const unsigned hour = TwoDigits(text, 11, bad);
  const unsigned minute = TwoDigits(text, 14, bad);
  const unsigned second = TwoDigits(text, 17, bad);
  if (bad != 0 || text[4] != '-' || text[7] != '-' || text[10] != between || text[13] != ':' ||
      text[16] != ':') {
    return std::nullopt;
  }
  return Compose(year, month, day, hour, minute, second);
}

std::optional<Timestamp> ReadIso8601(std::string_view text) {
  // The two forms that AWS writes nearly everywhere; ParseTime() reads the others.
  if (text.size() == 20 && text[19] == 'Z') {
    if (const auto time = ReadFixed(text, 'T')) return time;
  } else if (text.size() == 24 && text[19] == '.' && text[23] == 'Z') {
    unsigned bad = 0;
    const unsigned millisecond = TwoDigits(text, 20, bad) * 10 + TwoDigits(text, 21, bad) % 10;
    const auto time = ReadFixed(text, 'T');
    if (time && bad == 0) return *time + Milliseconds(millisecond);
  }
  return ParseTime(text);
}

// Eight digits at once; below zero when one is none. Each step adds neighbours: digits to pairs,
// pairs to fours, fours to the whole.
int64_t ReadEightDigits(const char* text) {
  if constexpr (std::endian::native != std::endian::little) return -1;
  uint64_t bytes;
  std::memcpy(&bytes, text, sizeof bytes);
  constexpr uint64_t kZeros = 0x3030303030303030;
  constexpr uint64_t kHigh = 0xF0F0F0F0F0F0F0F0;
  if ((bytes & kHigh) != kZeros || ((bytes + 0x0606060606060606) & kHigh) != kZeros) return -1;
  bytes -= kZeros;
  bytes = bytes * 10 + (bytes >> 8);
  constexpr uint64_t kPairs = 0x000000FF000000FF;
  return static_cast<uint32_t>(
      ((bytes & kPairs) * 0x000F424000000064 + (bytes >> 16 & kPairs) * 0x0000271000000001) >> 32);
}

// "1685694675", what nearly every time in epoch seconds looks like; below zero for anything else.
int64_t ReadTenDigits(std::string_view text) {
  if (text.size() != 10) return -1;
  const int64_t high = ReadEightDigits(text.data());
  const int tens = text[8] - '0';
  const int ones = text[9] - '0';
  if (high < 0 || tens < 0 || tens > 9 || ones < 0 || ones > 9) return -1;
  return (high * 10 + tens) * 10 + ones;
}

std::optional<Timestamp> ReadEpoch(std::string_view text, bool in_seconds) {
  int64_t value = 0;
  size_t at = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    value = value * 10 + (text[at] - '0');
    if (value >= kFirstSecondOfYear10000 * 1000) return std::nullopt;
  }
  if (at == 0) return std::nullopt;
  if (!in_seconds) {
    if (at != text.size()) return std::nullopt;
    return Timestamp(Milliseconds(value));
  }
  if (value >= kFirstSecondOfYear10000) return std::nullopt;
  value *= 1000;
  if (at < text.size()) {
    if (text[at] != '.' || at + 1 == text.size()) return std::nullopt;
    for (int64_t unit = 100; ++at < text.size(); unit /= 10) {
      if (text[at] < '0' || text[at] > '9') return std::nullopt;
      value += (text[at] - '0') * unit;
    }
  }
  return Timestamp(Milliseconds(value));
}

// 1 to 12; 0 for anything else.
unsigned MonthOf(std::string_view name) {
  constexpr std::array<std::string_view, 12> kNames = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (unsigned i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return i + 1;
  }
  return 0;
}

// "02/Jun/2023:08:31:15 +0000": Apache's form, always in English.
std::optional<Timestamp> ReadAccessLog(std::string_view text) {
  if (text.size() == 28 && text.front() == '[' && text.back() == ']') text = text.substr(1, 26);
  if (text.size() != 26) return std::nullopt;
  unsigned bad = 0;
  const unsigned day = TwoDigits(text, 0, bad);
  const unsigned year = TwoDigits(text, 7, bad) * 100 + TwoDigits(text, 9, bad);
  const unsigned hour = TwoDigits(text, 12, bad);
  const unsigned minute = TwoDigits(text, 15, bad);
  const unsigned second = TwoDigits(text, 18, bad);
  const unsigned zone_hour = TwoDigits(text, 22, bad);
  const unsigned zone_minute = TwoDigits(text, 24, bad);
  const char sign = text[21];
  if (bad != 0 || text[2] != '/' || text[6] != '/' || text[11] != ':' || text[14] != ':' ||
      text[17] != ':' || text[20] != ' ' || (sign != '+' && sign != '-') || zone_hour > 23 ||
      zone_minute > 59) {
    return std::nullopt;
  }
  const auto time = Compose(year, MonthOf(text.substr(3, 3)), day, hour, minute, second);
  if (!time) return std::nullopt;
  const Seconds east(zone_hour * 3600 + zone_minute * 60);
  return sign == '+' ? *time - east : *time + east;
}

}  // namespace

std::optional<Timestamp> ReadTime(TimeForm form, std::string_view text) {
  switch (form) {
    case TimeForm::kIso8601:
      return ReadIso8601(text);
    case TimeForm::kEpochSeconds:
      return ReadEpoch(text, true);
    case TimeForm::kEpochMilliseconds:
      return ReadEpoch(text, false);
    case TimeForm::kDateAndTime:
      if (text.size() != 19) return std::nullopt;
      return ReadFixed(text, '\t');
    case TimeForm::kAccessLog:
      return ReadAccessLog(text);
  }
  return std::nullopt;
}

Timestamp ReadTimeOr(TimeForm form, std::string_view text, Timestamp otherwise) {
  if (form == TimeForm::kEpochSeconds) {
    if (const int64_t seconds = ReadTenDigits(text); seconds >= 0) {
      return Timestamp(Seconds(seconds));
    }
  }
  return ReadTime(form, text).value_or(otherwise);
}

}  // namespace collector
