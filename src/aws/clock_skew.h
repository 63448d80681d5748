// ClockSkew: how far this machine's clock is from AWS's, learnt from the Date header of an answer
// that refused a request for its time. AWS takes requests signed within five minutes of its
// own time. One for the process, owned by main(); any thread.
#ifndef COLLECTOR_AWS_CLOCK_SKEW_H_
#define COLLECTOR_AWS_CLOCK_SKEW_H_

#include <atomic>
#include <string_view>

#include "base/clock.h"
#include "observe/events.h"

namespace collector::aws {

class ClockSkew {
 public:
  ClockSkew(Clock& clock, Events& events) : clock_(clock), events_(events) {}

  // The time as AWS has it, as far as is known.
  Timestamp Now() const { return clock_.Now() + offset_.load(); }

  // Takes the Date header ("Tue, 24 Nov 2026 03:05:21 GMT") of an answer to a request that was
  // signed at `signed_at`. True when the two are more than four minutes apart, as the AWS SDKs draw
  // the line: Now() has been corrected, and the request is worth signing again.
  bool CorrectFrom(std::string_view date_header, Timestamp signed_at);

 private:
  Clock& clock_;
  Events& events_;
  std::atomic<Milliseconds> offset_{Milliseconds{0}};
};

}  // namespace collector::aws

#endif  // COLLECTOR_AWS_CLOCK_SKEW_H_
