// Points in time as text: RFC 3339 in and out, and the form that Devo's frame wants. Pure functions
// on integers, without locale or time zone tables; any thread.
#ifndef COLLECTOR_BASE_TIME_TEXT_H_
#define COLLECTOR_BASE_TIME_TEXT_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace collector {

// "2023-06-02T08:31:15.123Z"; the milliseconds are left out when they are zero.
std::string FormatRfc3339(Timestamp time);

// "20230602T083115Z", the basic ISO 8601 form that SigV4 wants.
std::string FormatBasicIso8601(Timestamp time);

// Writes "2023-06-02 08:31:15.123" (23 bytes, UTC, no final zero byte) to `out`: the date of a Devo
// frame. Years outside 0000..9999 are written as the nearest one inside.
inline constexpr size_t kDevoTimeSize = 23;
void WriteDevoTime(Timestamp time, char* out);

// Reads RFC 3339 and its usual relatives: "2023-06-02", "2023-06-02T08:31:15Z",
// "2023-06-02 08:31:15.123456+02:00". Without a zone it is UTC; digits past the millisecond are
// cut. Nothing for anything else, such as a 31st of February.
std::optional<Timestamp> ParseTime(std::string_view text);

// "3 d 4 h", "12 min 5 s", "0.3 s": for people.
std::string FormatDuration(std::chrono::nanoseconds duration);

}  // namespace collector

#endif  // COLLECTOR_BASE_TIME_TEXT_H_
