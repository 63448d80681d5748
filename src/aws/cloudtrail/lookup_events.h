// cloudtrail:LookupEvents: the management events of one region, newest first, 90 days back.
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
#ifndef COLLECTOR_AWS_CLOUDTRAIL_LOOKUP_EVENTS_H_
#define COLLECTOR_AWS_CLOUDTRAIL_LOOKUP_EVENTS_H_

#include <string>
#include <vector>

#include "aws/operation.h"
#include "base/clock.h"
#include "base/result.h"

namespace collector::aws::cloudtrail {

struct LookupEvents {
  // 2 calls a second per account and region, not adjustable (T-6).
  static constexpr OperationInfo kInfo{&kCloudTrail, "LookupEvents", 2.0};

  struct Event {
    // EventId. Without one: the inner document's eventID; without that: "sha256:" and the hash of
    // `cloudtrail_event`, which stays the same whenever the event is read.
    std::string id;
    // EventTime. Without one: the inner document's eventTime; without that: the epoch (zero).
    Timestamp time;
    std::string name;  // EventName; empty when there is none
    // CloudTrailEvent, the inner document byte for byte (T-10). A lone surrogate, which UTF-8
    // cannot hold, stays the JSON escape it was ("\ud800"). Without a CloudTrailEvent: the whole
    // item as AWS sent it, so that nothing is lost.
    std::string cloudtrail_event;
  };

  struct Response {
    std::vector<Event> events;  // newest first
    std::string next_token;     // empty: this was the last page
  };

  Timestamp start = {};           // inclusive; sent in whole seconds, rounded down
  Timestamp end = {};             // AWS includes this second; sent rounded down
  std::string event_source = {};  // "iam.amazonaws.com": only its events; empty: all
  std::string next_token = {};    // of the previous page of the very same parameters
  int max_results = 50;           // 1 to 50

  RequestParts ToRequest() const;
  static Result<Response> Parse(const http::Response& answer);
};

}  // namespace collector::aws::cloudtrail

#endif  // COLLECTOR_AWS_CLOUDTRAIL_LOOKUP_EVENTS_H_
