#include "aws/logs/get_log_events.h"

#include <nlohmann/json.hpp>

namespace collector::aws::logs {

RequestParts GetLogEvents::ToRequest() const {
  const bool is_arn = group.starts_with("arn:");
  nlohmann::json body = {{is_arn ? "logGroupIdentifier" : "logGroupName", group},
                         {"logStreamName", stream},
                         {"startTime", start.time_since_epoch().count()},
                         {"endTime", end.time_since_epoch().count()},
                         {"startFromHead", true}};
  if (!next_token.empty()) body["nextToken"] = next_token;
  RequestParts parts = JsonRequest(kInfo, body.dump());
  parts.subject = "log group " + group + ", stream " + stream;
  return parts;
}

Result<LogEvents> GetLogEvents::Parse(const http::Response& answer) {
  return LogEvents::Read(answer.body);
}

}  // namespace collector::aws::logs
