// ServiceDraft: what the file says of one service, before it is known which sources that makes. For
// the readers of services alone; one thread.
#ifndef COLLECTOR_CONFIG_SERVICE_DRAFT_H_
#define COLLECTOR_CONFIG_SERVICE_DRAFT_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/section.h"
#include "sources/settings.h"

namespace collector {

struct ServiceDraft {
  ServiceSettings common;
  std::vector<std::pair<std::string, Position>> types;
  Milliseconds look_back = AuditEventsSettings().look_back;
  std::vector<std::string> drop_event_names;
  std::string_view audit_source;  // of an AWS service by its name
  std::string name_prefix;        // of what setup makes
  std::string event_queue;
  std::string call_tag;
  S3LogsSettings s3;           // all but its `service`
  LogGroupSettings log_group;  // likewise
  LogSetup vpc_flow{LogSetup::What::kVpcFlow, {}, {}, false, {}, {}};
  LogSetup cloudfront{LogSetup::What::kCloudFront, {}, {}, false, {}, {}};
  LogSetup trail{LogSetup::What::kTrail, {}, {}, false, {}, {}};
  std::vector<Position> queues_at;  // of s3.queues
  std::pair<std::string, Position> default_format;
};

// The keys of `non-cloudwatch-logs`, and those of `audit-events-all` for a trail in S3.
KeyTable<ServiceDraft> S3LogsKeys();
KeyTable<ServiceDraft> AuditTrailKeys();

// What the two can say of `setup`, and what that adds to their queues.
KeyTable<ServiceDraft> LogSetupKeys();
void ReadBucket(const ConfigValue& value, std::string& into);
void FinishSetups(ServiceDraft& draft);

// One pattern of a list at `value`; complains when it is none.
void ReadPattern(const ConfigValue& value, const std::string& text, const Position& at,
                 std::vector<KeyPattern>& into);

// The keys of `cwl_N`, and what they come to.
KeyTable<ServiceDraft> LogGroupKeys();
LogGroupSettings ToLogGroups(const ConfigValue& value, ServiceDraft draft);

// The keys of services whose events come through a queue, and what they come to.
KeyTable<ServiceDraft> ServiceEventsKeys();
ServiceEventsSettings ToServiceEvents(const ConfigValue& value, ServiceDraft draft);

// What can only be seen when all keys were read: queues of regions that are not listed, formats
// that do not exist. Completes `draft.s3`.
void FinishS3Logs(const ConfigValue& value, ServiceDraft& draft);

// "PREFIX.formats.*.KEY" for each key of a format.
void AppendFormatKeys(std::string_view prefix, std::vector<std::string>& paths);

}  // namespace collector

#endif  // COLLECTOR_CONFIG_SERVICE_DRAFT_H_
