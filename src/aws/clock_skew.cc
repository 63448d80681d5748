#include "aws/clock_skew.h"

#include <charconv>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/time_text.h"

namespace collector::aws {
namespace {

constexpr std::chrono::minutes kTolerance{4};

// IMF-fixdate (RFC 9110, 5.6.7), the one form that servers may write.
std::optional<Timestamp> ParseHttpDate(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  // "Tue, 24 Nov 2026 03:05:21 GMT"
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return {};
  const size_t month = kMonths.find(text.substr(8, 3));
  if (month == std::string_view::npos || month % 3 != 0) return {};
  return ParseTime(fmt::format("{}-{:02}-{}T{}Z", text.substr(12, 4), month / 3 + 1,
                               text.substr(5, 2), text.substr(17, 8)));
}

bool FarApart(Timestamp a, Timestamp b) { return a - b > kTolerance || b - a > kTolerance; }

}  // namespace

bool ClockSkew::CorrectFrom(std::string_view date_header, Timestamp signed_at) {
  const auto aws_time = ParseHttpDate(date_header);
  if (!aws_time || !FarApart(*aws_time, signed_at)) return false;
  // Another call may have corrected it since this one was signed.
  if (FarApart(*aws_time, Now())) {
    const Milliseconds offset = *aws_time - clock_.Now();
    offset_ = offset;
    events_.ClockSkewCorrected(std::chrono::duration_cast<Seconds>(offset));
  }
  return true;
}

}  // namespace collector::aws
