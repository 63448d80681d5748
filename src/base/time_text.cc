#include "base/time_text.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

namespace collector {
namespace {

using std::chrono::days;

struct Parts {
  std::chrono::year_month_day date;
  int hour, minute, second, millisecond;
};

Parts Split(Timestamp time) {
  constexpr Timestamp kFirst = std::chrono::sys_days(std::chrono::year(0) / 1 / 1);
  constexpr Timestamp kLast =
      std::chrono::sys_days(std::chrono::year(10000) / 1 / 1) - Milliseconds(1);
  time = std::clamp(time, kFirst, kLast);
  const auto day = std::chrono::floor<days>(time);
  const auto rest = static_cast<int>((time - day).count());
  return {std::chrono::year_month_day(day), rest / 3'600'000, rest / 60'000 % 60, rest / 1000 % 60,
          rest % 1000};
}

void WriteDigits(char* out, int value, int width) {
  for (char* p = out + width; p != out; value /= 10) *--p = static_cast<char>('0' + value % 10);
}

// Reads exactly `width` digits and steps over them.
bool ReadDigits(std::string_view& text, size_t width, int& value) {
  if (text.size() < width) return false;
  value = 0;
  for (const char c : text.substr(0, width)) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(width);
  return true;
}

bool Skip(std::string_view& text, std::string_view one_of) {
  if (text.empty() || one_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

bool ReadFraction(std::string_view& text, int& milliseconds) {
  if (!Skip(text, ".,")) return true;
  int digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
    if (digits++ < 3) milliseconds = milliseconds * 10 + (text.front() - '0');
  }
  for (int i = digits; i < 3; ++i) milliseconds *= 10;
  return digits > 0;
}

// The zone as minutes east of UTC; none is UTC.
bool ReadZone(std::string_view& text, int& minutes_east) {
  if (text.empty() || Skip(text, "Zz")) return true;
  const int sign = text.front() == '-' ? -1 : 1;
  int hours = 0;
  int minutes = 0;
  if (!Skip(text, "+-") || !ReadDigits(text, 2, hours)) return false;
  Skip(text, ":");
  if (!text.empty() && !ReadDigits(text, 2, minutes)) return false;
  if (hours > 23 || minutes > 59) return false;
  minutes_east = sign * (hours * 60 + minutes);
  return true;
}

}  // namespace

std::string FormatRfc3339(Timestamp time) {
  char text[kDevoTimeSize];
  WriteDevoTime(time, text);
  text[10] = 'T';
  const bool whole_second = std::string_view(text + 20, 3) == "000";
  return std::string(text, whole_second ? 19 : kDevoTimeSize) + "Z";
}

std::string FormatBasicIso8601(Timestamp time) {
  const Parts p = Split(time);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(p.date.year()),
                     static_cast<unsigned>(p.date.month()), static_cast<unsigned>(p.date.day()),
                     p.hour, p.minute, p.second);
}

void WriteDevoTime(Timestamp time, char* out) {
  const Parts p = Split(time);
  WriteDigits(out, static_cast<int>(p.date.year()), 4);
  out[4] = '-';
  WriteDigits(out + 5, static_cast<int>(static_cast<unsigned>(p.date.month())), 2);
  out[7] = '-';
  WriteDigits(out + 8, static_cast<int>(static_cast<unsigned>(p.date.day())), 2);
  out[10] = ' ';
  WriteDigits(out + 11, p.hour, 2);
  out[13] = ':';
  WriteDigits(out + 14, p.minute, 2);
  out[16] = ':';
  WriteDigits(out + 17, p.second, 2);
  out[19] = '.';
  WriteDigits(out + 20, p.millisecond, 3);
}

std::optional<Timestamp> ParseTime(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, millisecond = 0, east = 0;
  if (!ReadDigits(text, 4, year) || !Skip(text, "-") || !ReadDigits(text, 2, month) ||
      !Skip(text, "-") || !ReadDigits(text, 2, day)) {
    return std::nullopt;
  }
  if (Skip(text, "Tt ")) {
    if (!ReadDigits(text, 2, hour) || !Skip(text, ":") || !ReadDigits(text, 2, minute)) {
      return std::nullopt;
    }
    if (Skip(text, ":") && (!ReadDigits(text, 2, second) || !ReadFraction(text, millisecond))) {
      return std::nullopt;
    }
    if (!ReadZone(text, east)) return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  // 60: a leap second counts as the first second of the next minute.
  if (!text.empty() || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return Timestamp(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute - east) + Seconds(second) + Milliseconds(millisecond);
}

std::string FormatDuration(std::chrono::nanoseconds duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  if (seconds < 0) return "-" + FormatDuration(-duration);
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<int64_t>(seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  if (whole < 86'400) return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
  return fmt::format("{} d {} h", whole / 86'400, whole / 3600 % 24);
}

}  // namespace collector
