#include "aws/logs/filter_log_events.h"

#include <nlohmann/json.hpp>

namespace collector::aws::logs {

RequestParts FilterLogEvents::ToRequest() const {
  const bool is_arn = group.starts_with("arn:");
  nlohmann::json body = {{is_arn ? "logGroupIdentifier" : "logGroupName", group},
                         {"startTime", start.time_since_epoch().count()},
                         {"endTime", end.time_since_epoch().count() - 1},
                         {"limit", kMostEvents},
                         // Deprecated and ignored by AWS, which always does; emulators do not.
                         {"interleaved", true}};
  if (!streams.empty()) body["logStreamNames"] = streams;
  if (!stream_prefix.empty()) body["logStreamNamePrefix"] = stream_prefix;
  if (!pattern.empty()) body["filterPattern"] = pattern;
  if (!next_token.empty()) body["nextToken"] = next_token;
  RequestParts parts = JsonRequest(kInfo, body.dump());
  parts.subject = "log group " + group;
  return parts;
}

Result<LogEvents> FilterLogEvents::Parse(const http::Response& answer) {
  return LogEvents::Read(answer.body);
}

}  // namespace collector::aws::logs
