// logs:FilterLogEvents: the events of a log group between two times, of all its streams or some, in
// the order of their times.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
#ifndef COLLECTOR_AWS_LOGS_FILTER_LOG_EVENTS_H_
#define COLLECTOR_AWS_LOGS_FILTER_LOG_EVENTS_H_

#include <string>
#include <vector>

#include "aws/logs/log_events.h"
#include "aws/operation.h"

namespace collector::aws::logs {

struct FilterLogEvents {
  // 5 calls a second per account and region, not adjustable.
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
  static constexpr OperationInfo kInfo{&kCloudWatchLogs, "FilterLogEvents", 5.0};
  // A page has at most 1 MB or so many events; it may have none and be followed by others (L-4).
  static constexpr int kMostEvents = 10'000;

  using Response = LogEvents;

  std::string group = {};                 // its name, or the ARN of one of a linked account
  std::vector<std::string> streams = {};  // only these, at most 100; empty: all
  std::string stream_prefix = {};         // only streams that begin so; not with `streams`
  std::string pattern = {};               // AWS's filter pattern
  Timestamp start = {};                   // inclusive
  Timestamp end = {};                     // exclusive, as all ours; AWS's own is inclusive
  std::string next_token = {};            // of the previous page of the very same parameters (L-7)

  RequestParts ToRequest() const;
  static Result<Response> Parse(const http::Response& answer);
};

}  // namespace collector::aws::logs

#endif  // COLLECTOR_AWS_LOGS_FILTER_LOG_EVENTS_H_
