// logs:GetLogEvents: the events of one log stream between two times, oldest first; the only way to
// read groups of the class INFREQUENT_ACCESS.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
#ifndef COLLECTOR_AWS_LOGS_GET_LOG_EVENTS_H_
#define COLLECTOR_AWS_LOGS_GET_LOG_EVENTS_H_

#include <string>

#include "aws/logs/log_events.h"
#include "aws/operation.h"

namespace collector::aws::logs {

struct GetLogEvents {
  // 25 calls a second per account and region in most regions, 10 in some.
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
  static constexpr OperationInfo kInfo{&kCloudWatchLogs, "GetLogEvents", 10.0};

  using Response = LogEvents;

  std::string group = {};  // its name, or the ARN of one of a linked account
  std::string stream = {};
  Timestamp start = {};  // inclusive
  Timestamp end = {};    // exclusive
  // Of the previous page. The last page answers the very token that it was asked with (L-5).
  std::string next_token = {};

  RequestParts ToRequest() const;
  static Result<Response> Parse(const http::Response& answer);
};

}  // namespace collector::aws::logs

#endif  // COLLECTOR_AWS_LOGS_GET_LOG_EVENTS_H_
