// LogEvents: a page of events of CloudWatch Logs, as FilterLogEvents and GetLogEvents answer it. It
// holds AWS's answer, and its events point into that, so that a message is copied once: into the
// block that goes to the outputs. Movable; one thread at a time.
#ifndef COLLECTOR_AWS_LOGS_LOG_EVENTS_H_
#define COLLECTOR_AWS_LOGS_LOG_EVENTS_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/result.h"

namespace collector::aws::logs {

struct LogEvent {
  Timestamp time;                // `timestamp`: when it happened, as its writer says
  Timestamp ingested;            // `ingestionTime`: when CloudWatch Logs took it
  std::string_view stream = {};  // the log stream; empty in GetLogEvents, which reads just one
  std::string_view id = {};      // `eventId`; empty in GetLogEvents
  std::string_view message;      // a JSON string with its quotes: AppendJsonString() reads it
};

class LogEvents {
 public:
  // `answer`: {"events":[...],"nextToken":...}. kRetry: it cannot be read.
  static Result<LogEvents> Read(std::string_view answer);

  const std::vector<LogEvent>& events() const { return events_; }
  // FilterLogEvents' nextToken, GetLogEvents' nextForwardToken; empty: there is none.
  const std::string& next_token() const { return next_token_; }

 private:
  Buffer text_;  // the answer
  std::vector<LogEvent> events_;
  std::string next_token_;
};

}  // namespace collector::aws::logs

#endif  // COLLECTOR_AWS_LOGS_LOG_EVENTS_H_
