// The time in a record, in the forms that AWS's logs have, by integer arithmetic alone. Pure; any
// thread.
#ifndef COLLECTOR_DECODE_RECORD_TIME_H_
#define COLLECTOR_DECODE_RECORD_TIME_H_

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace collector {

enum class TimeForm {
  kIso8601,            // 2023-06-02T08:31:15Z and all else that ParseTime() reads
  kEpochSeconds,       // 1685694675, 1685694675.123: VPC flow logs, CloudFront's real-time logs
  kEpochMilliseconds,  // 1685694675123: WAF
  kDateAndTime,        // 2023-06-02 TAB 08:31:15, UTC: CloudFront (FieldAt::joined)
  kAccessLog,          // 02/Jun/2023:08:31:15 +0000, with or without [ ]: S3
};

// Nothing when the text is not of that form ("-" is none, V-2), no real date, or past the year
// 9999, as milliseconds are that were taken for seconds. Digits past the millisecond are cut.
std::optional<Timestamp> ReadTime(TimeForm form, std::string_view text);

// The same, or `otherwise`: the one for each line (FindField() says why).
Timestamp ReadTimeOr(TimeForm form, std::string_view text, Timestamp otherwise);

}  // namespace collector

#endif  // COLLECTOR_DECODE_RECORD_TIME_H_
