// What a service of the configuration can be told, with the defaults of the product. Filled by the
// configuration loader; plain values.
#ifndef COLLECTOR_SOURCES_SETTINGS_H_
#define COLLECTOR_SOURCES_SETTINGS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "sources/key_pattern.h"
#include "sources/services.h"

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

// `audit-events-all`, and one AWS service by its name: CloudTrail's LookupEvents.
struct AuditEventsSettings {
  ServiceSettings service;
  // Events show up late: a slice of time counts as complete when it was read this long after its
  // end (T-6: at least 20 minutes against AWS).
  Milliseconds look_back{20 * 60'000};
  std::vector<std::string> drop_event_names;
  std::string event_source;  // "ec2.amazonaws.com": of that AWS service alone; empty: of all

  bool operator==(const AuditEventsSettings&) const = default;
};

// What may stand in braces in the tag of a log in S3, beside {key.NAME} for a part of the object's
// key and {record.FIELD} for a field of the record.
inline constexpr std::string_view kS3LogsTagPlaceholders[] = {"account", "region", "service",
                                                              "bucket",  "key.*",  "record.*"};

// A queue that announces objects.
struct QueueSettings {
  std::string queue;           // its name or its URL
  std::string default_format;  // of objects whose key no format recognises; empty: none
  std::string region = {};     // where alone it is; empty: in each region of its service

  bool operator==(const QueueSettings&) const = default;
};

// The region in a queue's URL; empty: it is a name, or its URL does not say.
std::string RegionOfQueue(std::string_view queue);

// Logs that `aws-collector setup` makes AWS write, and the queue that announces them.
struct LogSetup {
  enum class What { kVpcFlow, kCloudFront, kTrail };

  What what = What::kVpcFlow;
  std::string queue;             // its name or its URL
  std::string bucket = {};       // where they lie; empty: one that setup makes and names
  bool all = false;              // of all VPCs of a region, or of all distributions
  std::vector<std::string> ids;  // else of these
  std::string region = {};       // of CloudFront's logs: where the bucket and the queue are

  bool operator==(const LogSetup&) const = default;
};

// Records that are left out: those whose field has one of these values.
struct FieldFilter {
  std::string field;  // as in ObjectFormat's TimeField
  std::vector<std::string> values;

  bool operator==(const FieldFilter&) const = default;
};

// `non-cloudwatch-logs`, and `audit-events-all` with the type audits_s3: logs in S3.
struct S3LogsSettings {
  ServiceSettings service;
  std::vector<QueueSettings> queues;
  std::vector<ObjectFormat> formats;  // of the user's own, tried before the predefined ones
  std::vector<KeyPattern> drop_keys;  // objects to leave out; their messages are deleted
  std::vector<FieldFilter> drop_records;
  // How long a message stays out of others' sight after the last sign of life of this collector.
  Seconds visibility_timeout{300};
  int parallel_objects = 64;  // of one queue, at most
  bool requester_pays = false;
  std::vector<LogSetup> setups;

  bool operator==(const S3LogsSettings&) const = default;
};

// What may stand in braces in the tag of a log group.
inline constexpr std::string_view kLogGroupTagPlaceholders[] = {"account", "region", "service",
                                                                "log_group", "log_stream"};

inline constexpr Milliseconds kLogGroupLookBack{5 * 60'000};

// `cwl_1`, or any name with a log_group or log_groups: CloudWatch Logs.
struct LogGroupSettings {
  ServiceSettings service;
  std::string group;                 // its name, or the ARN of one of a linked account; empty: ...
  std::vector<std::string> groups;   // ... these, names and ARNs
  std::vector<KeyPattern> patterns;  // ... and those whose names match, when they are found
  std::vector<KeyPattern> exclude;   // of those that are found
  bool linked_accounts = false;      // those of linked accounts are found too
  bool activity_first = false;       // CloudWatch is asked, for money, which have new events
  std::vector<std::string> streams;  // only these, at most 100; empty: all
  std::string stream_prefix;         // only streams that begin so; empty: all; not with `streams`
  std::string pattern;               // AWS's filter pattern; empty: all events
  // Events show up late (L-2): a slice of time counts as complete when it was read this long after
  // its end. None: as long as they are seen to take, and kLogGroupLookBack at least.
  std::optional<Milliseconds> look_back;
  bool envelope = false;  // records are JSON with the group, stream and times beside the message

  bool operator==(const LogGroupSettings&) const = default;
};

// What may stand in braces in the tag of service events, beside {record.FIELD} for a field of the
// event: its account and region, the service's name in the configuration.
inline constexpr std::string_view kServiceEventsTagPlaceholders[] = {"account", "region", "service",
                                                                     "record.*"};

// `service-events-all`, one AWS service by its name, and `sqs-N`: the events that a rule of
// EventBridge sends to a queue.
struct ServiceEventsSettings {
  ServiceSettings service;
  std::string queue;     // its name or its URL
  std::string call_tag;  // of "AWS API Call via CloudTrail" (E-3); empty: as all others
  std::vector<FieldFilter> drop_records;
  Seconds visibility_timeout{300};  // as in S3LogsSettings
  // The `source` of the events that setup's rule sends to the queue ("aws.ec2"); empty: all events
  // of the account; none: setup makes neither queue nor rule.
  std::optional<std::string> rule_source;

  bool operator==(const ServiceEventsSettings&) const = default;
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_SETTINGS_H_
