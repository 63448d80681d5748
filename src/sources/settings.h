// What a service of the configuration can be told, with the defaults of the product. Filled by the
// configuration loader; plain values.
#ifndef COLLECTOR_SOURCES_SETTINGS_H_
#define COLLECTOR_SOURCES_SETTINGS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace collector {

// What every service has.
struct ServiceSettings {
  std::string name;                  // as in the configuration: "audit-events-all"
  std::vector<std::string> regions;  // at least one
  Milliseconds request_period{60'000};
  int pull_retries = 3;                 // tries after an error before a pull is given up
  std::string tag;                      // with placeholders; empty: the service's own
  std::optional<Timestamp> start_time;  // where a source without a position begins; none: now

  bool operator==(const ServiceSettings&) const = default;
};

// What may stand in braces in the tag of `audit-events-all`: the account and region of the event,
// the service's name in the configuration, the event's name ("CreateUser").
inline constexpr std::string_view kAuditEventsTagPlaceholders[] = {"account", "region", "service",
                                                                   "event_name"};

// How far back LookupEvents reaches.
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
inline constexpr std::chrono::days kAuditEventsKept{90};

// `audit-events-all`: CloudTrail's LookupEvents.
struct AuditEventsSettings {
  ServiceSettings service;
  // Events show up late: a slice of time counts as complete when it was read this long after its
  // end (T-6: at least 20 minutes against AWS).
  Milliseconds look_back{20 * 60'000};
  std::vector<std::string> drop_event_names;

  bool operator==(const AuditEventsSettings&) const = default;
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_SETTINGS_H_
