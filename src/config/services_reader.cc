#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/time_text.h"
#include "config/nearest.h"
#include "config/readers.h"
#include "config/regions.h"
#include "config/section.h"
#include "config/service_draft.h"
#include "config/tag_check.h"
#include "config/text_check.h"
#include "sources/aws_services.h"

namespace collector {
namespace {

constexpr double kDay = 24 * 3600;
// Against AWS: events are shown up to 15 minutes late (T-6).
constexpr Milliseconds kSafeLookBack{20 * 60'000};

// One kind of service as the file may name it.
struct ServiceKind {
  std::string_view name;  // as it stands in the file
  std::span<const std::string_view> types;
  std::span<const std::string_view> tag_placeholders;
  KeyTable<ServiceDraft> keys;  // beside the common ones
  // What it is collected as; nullptr: not by this version yet.
  void (*collect)(const ConfigValue& value, ServiceDraft draft, InputSettings& input) = nullptr;
  KeyTable<ServiceDraft> more_keys = {};
};

void ReadRegions(const ConfigValue& value, ServiceDraft& into) {
  const auto regions = value.TextList("a list of AWS regions such as us-east-1");
  if (!regions) return;
  for (const auto& [region, at] : *regions) {
    const std::string fault = RegionFault(region);
    if (fault.empty()) {
      into.common.regions.push_back(region);
    } else {
      value.context().diagnostics.Error(
          at, fmt::format("{} holds {}, which {}", value.path(), Quoted(region), fault));
    }
  }
}

void ReadStartTime(const ConfigValue& value, ServiceDraft& into) {
  constexpr std::string_view kExpected = "a time such as 2026-01-31T08:00:00Z";
  const auto text = value.Text(kExpected);
  if (!text) return;
  const std::optional<Timestamp> time = ParseTime(*text);
  if (!time) {
    value.Expected(kExpected);
  } else if (*time > value.context().now) {
    value.Expected("a time that is not in the future");
  } else {
    into.common.start_time = time;
  }
}

constexpr Key<ServiceDraft> kCommonKeys[] = {
    {"types", [](const ConfigValue& value,
                 ServiceDraft& into) { Assign(into.types, value.TextList("a list of types")); }},
    {"regions", ReadRegions},
    {"request_period_in_seconds",
     [](const ConfigValue& value, ServiceDraft& into) {
       Assign(into.common.request_period, value.SecondsIn(0.05, kDay));
     }},
    {"pull_retries",
     [](const ConfigValue& value, ServiceDraft& into) {
       Assign(into.common.pull_retries, value.Integer(0, 100));
     }},
    {"tag",
     [](const ConfigValue& value, ServiceDraft& into) {
       Assign(into.common.tag, value.Text("a tag such as my.app.aws.audit"));
     }},
    {"start_time", ReadStartTime},
    {"requests_limits", [](const ConfigValue&, ServiceDraft&) {},
     "the limits of each AWS API are kept by themselves"},
};

constexpr Key<ServiceDraft> kAuditEventsKeys[] = {
    {"look_back_in_seconds",
     [](const ConfigValue& value, ServiceDraft& into) {
       Assign(into.look_back, value.SecondsIn(1, 6 * 3600));
       if (into.look_back < kSafeLookBack) {
         value.Warn(
             "is shorter than 1200 s; events that CloudTrail shows later than that after "
             "they happened are missed");
       }
     }},
    {"drop_event_names",
     [](const ConfigValue& value, ServiceDraft& into) {
       const auto names = value.TextList("a list of event names such as Decrypt");
       for (const auto& name : names.value_or(std::vector<std::pair<std::string, Position>>())) {
         into.drop_event_names.push_back(name.first);
       }
     }},
};

constexpr std::string_view kAuditTypes[] = {"audits", "audits_api", "audits_s3"};
constexpr std::string_view kAllTypes[] = {"events",    "audits",  "audits_api",
                                          "audits_s3", "metrics", "logs"};
constexpr std::string_view kEventsTypes[] = {"events"};
constexpr std::string_view kMetricsTypes[] = {"metrics"};
constexpr std::string_view kLogsTypes[] = {"logs"};

constexpr std::string_view kPlaceholders[] = {"account", "region", "service"};
void CheckTypes(const ConfigValue& value, const ServiceKind& kind, const ServiceDraft& draft) {
  for (const auto& [type, at] : draft.types) {
    if (std::find(kind.types.begin(), kind.types.end(), type) != kind.types.end()) continue;
    value.context().diagnostics.Error(
        at, fmt::format("{}.types holds {}; expected {}{}", value.path(), Quoted(type),
                        fmt::join(kind.types, ", "), DidYouMean(type, kind.types)));
  }
}

void CheckTag(const ConfigValue& value, std::span<const std::string_view> placeholders,
              const ServiceDraft& draft) {
  const std::optional<ConfigValue> tag = value.Find("tag");
  if (!tag || draft.common.tag.empty()) return;
  const std::string fault = TagFault(draft.common.tag, placeholders);
  if (!fault.empty()) tag->Error(fault);
}

bool HasGlobalEvents(std::string_view audit_source) {
  constexpr std::string_view kGlobal[] = {"", "cloudfront.amazonaws.com", "iam.amazonaws.com",
                                          "sts.amazonaws.com"};
  return std::find(std::begin(kGlobal), std::end(kGlobal), audit_source) != std::end(kGlobal);
}

// T-9, E-6. Only they lack: `what`, such as "audit events".
void WarnOfGlobalEvents(const ConfigValue& service, const ServiceDraft& draft,
                        std::string_view what) {
  const auto regions = service.Find("regions");
  const std::vector<std::string>& names = draft.common.regions;
  if (!regions || names.empty() || !HasGlobalEvents(draft.audit_source)) return;
  const std::string_view global = GlobalEventsRegion(names.front());
  if (global.empty() || std::find(names.begin(), names.end(), global) != names.end()) return;
  regions->Warn(
      fmt::format("lacks {}, where the {} of IAM, STS (global endpoint) and CloudFront are; "
                  "they are not collected",
                  global, what));
}

AuditEventsSettings ToAuditEvents(const ConfigValue& value, ServiceDraft draft) {
  AuditEventsSettings settings;
  const Timestamp oldest = value.context().now - kAuditEventsKept;
  if (draft.common.start_time && *draft.common.start_time < oldest) {
    value.Find("start_time")
        ->Warn(fmt::format(
            "is before {}, as far back as LookupEvents reaches (90 days); it begins there",
            FormatRfc3339(oldest)));
    draft.common.start_time = oldest;
  }
  WarnOfGlobalEvents(value, draft, "audit events");
  settings.service = std::move(draft.common);
  settings.look_back = draft.look_back;
  settings.drop_event_names = std::move(draft.drop_event_names);
  settings.event_source = draft.audit_source;
  return settings;
}

bool HasType(const ServiceDraft& draft, std::string_view type) {
  return std::any_of(draft.types.begin(), draft.types.end(),
                     [type](const auto& given) { return given.first == type; });
}

S3LogsSettings ToS3Logs(const ConfigValue& value, ServiceDraft draft) {
  FinishS3Logs(value, draft);
  S3LogsSettings settings = std::move(draft.s3);
  if (value.Find("start_time")) {
    value.Find("start_time")->Warn("has no effect here: a queue holds what is to be read");
  }
  settings.service = std::move(draft.common);
  return settings;
}

void CollectS3Logs(const ConfigValue& value, ServiceDraft draft, InputSettings& input) {
  FinishSetups(draft);
  if (draft.s3.queues.empty()) {
    value.Missing("queue",
                  "vpcflowlogs_sqs_queue_name, cloudfrontlogs_sqs_queue_name or sqs_queue_names, "
                  "or vpcflowlogs_vpcs or cloudfrontlogs_distributions to have one made by "
                  "aws-collector setup");
    return;
  }
  input.s3_logs.push_back(ToS3Logs(value, std::move(draft)));
}

// What LookupEvents tells beside an event is a field of the record in a trail's files.
void NameEventsByField(ServiceDraft& trail) {
  constexpr std::string_view kPlaceholder = "{event_name}";
  std::string& tag = trail.common.tag;
  for (size_t at = 0; (at = tag.find(kPlaceholder, at)) != std::string::npos;) {
    tag.replace(at, kPlaceholder.size(), "{record.eventName}");
  }
  if (!trail.drop_event_names.empty()) {
    trail.s3.drop_records.push_back({"eventName", trail.drop_event_names});
  }
}

// From the API, from a trail in S3, or from both. A queue without `types` means the trail: to read
// the same events twice has to be asked for.
void CollectAuditEvents(const ConfigValue& value, ServiceDraft draft, InputSettings& input) {
  FinishSetups(draft);
  const bool has_queue = !draft.s3.queues.empty();
  const bool from_trail = draft.types.empty() ? has_queue : HasType(draft, "audits_s3");
  const bool from_api =
      draft.types.empty() ? !has_queue : HasType(draft, "audits") || HasType(draft, "audits_api");
  if (from_trail && !has_queue && from_api) {
    value.Find("types")->Warn(
        "holds audits_s3, but there is no audit_sqs_queue_name and no audit_bucket; only "
        "audits_api is collected");
  } else if (from_trail && !has_queue) {
    value.Missing("audit_sqs_queue_name",
                  "the queue that announces the trail's files, or audit_bucket to have one made "
                  "by aws-collector setup");
  }
  if (!from_trail && has_queue) {
    const auto queue = value.Find("audit_sqs_queue_name");
    (queue ? *queue : *value.Find("audit_bucket"))
        .Warn("has no effect here: types lacks audits_s3");
  }
  if (from_trail && has_queue) {
    ServiceDraft trail = draft;
    NameEventsByField(trail);
    input.s3_logs.push_back(ToS3Logs(value, std::move(trail)));
  }
  if (from_api) input.audit_events.push_back(ToAuditEvents(value, std::move(draft)));
}

void CollectServiceEvents(const ConfigValue& value, ServiceDraft draft, InputSettings& input) {
  WarnOfGlobalEvents(value, draft, "events");
  input.service_events.push_back(ToServiceEvents(value, std::move(draft)));
  input.service_events.back().rule_source = "";
}

// `sqs-cloudwatch-consumer` and its like.
void CollectFromQueue(const ConfigValue& value, ServiceDraft draft, InputSettings& input) {
  if (draft.event_queue.empty()) {
    value.Missing("cloudwatch_sqs_queue_name", "the queue that a rule of EventBridge sends to");
    return;
  }
  input.service_events.push_back(ToServiceEvents(value, std::move(draft)));
}

void CollectLogGroups(const ConfigValue& value, ServiceDraft draft, InputSettings& input) {
  input.log_groups.push_back(ToLogGroups(value, std::move(draft)));
}

// `cwl_1`, or any name with a log_group or log_groups.
const ServiceKind& LogGroupService() {
  static const ServiceKind kKind{"cwl_*", kLogsTypes, kLogGroupTagPlaceholders, LogGroupKeys(),
                                 &CollectLogGroups};
  return kKind;
}

// The types that are to be collected of a service and that it has, but not by this version yet.
void WarnOfTypesToCome(const ConfigValue& value, const AwsService& service,
                       const ServiceDraft& draft) {
  std::vector<std::string_view> to_come;
  if (HasType(draft, "metrics") || (draft.types.empty() && !service.metrics_namespaces.empty())) {
    to_come.emplace_back("metrics");
  }
  if (HasType(draft, "audits_s3")) to_come.emplace_back("audits_s3");
  if (HasType(draft, "logs")) to_come.emplace_back("logs");
  if (to_come.empty()) return;
  value.context().diagnostics.Warn(
      value.key_at(), fmt::format("{}: {} are not collected by this version yet; they are left out",
                                  value.path(), fmt::join(to_come, ", ")));
}

// One AWS service by its name. Its events only where they are asked for, for they need a queue.
void CollectAwsService(const ConfigValue& value, ServiceDraft draft, InputSettings& input) {
  const AwsService& service = *FindAwsService(draft.common.name);
  WarnOfTypesToCome(value, service, draft);
  const bool events = draft.types.empty() ? !draft.event_queue.empty() : HasType(draft, "events");
  const bool audits =
      draft.types.empty() || HasType(draft, "audits") || HasType(draft, "audits_api");
  draft.audit_source = service.audit_source;
  if (events) {
    CheckTag(value, kPlaceholders, draft);
    WarnOfGlobalEvents(value, draft, "events");
    input.service_events.push_back(ToServiceEvents(value, draft));
    input.service_events.back().rule_source = service.event_source;
  }
  if (!audits) return;
  input.audit_events.push_back(ToAuditEvents(value, std::move(draft)));
}

const ServiceKind& QueueService() {
  static const ServiceKind kKind{"sqs-*", kEventsTypes, kServiceEventsTagPlaceholders,
                                 ServiceEventsKeys(), &CollectFromQueue};
  return kKind;
}

const ServiceKind& AwsServiceByName() {
  static const ServiceKind kKind{"ec2",
                                 kAllTypes,
                                 kAuditEventsTagPlaceholders,
                                 kAuditEventsKeys,
                                 &CollectAwsService,
                                 ServiceEventsKeys()};
  return kKind;
}

std::span<const ServiceKind> Kinds() {
  static const ServiceKind kAll[] = {
      {"audit-events-all", kAuditTypes, kAuditEventsTagPlaceholders, kAuditEventsKeys,
       &CollectAuditEvents, AuditTrailKeys()},
      {"service-events-all", kEventsTypes, kServiceEventsTagPlaceholders, ServiceEventsKeys(),
       &CollectServiceEvents},
      {"metrics-all", kMetricsTypes, kPlaceholders, {}},
      {"non-cloudwatch-logs", kLogsTypes, kS3LogsTagPlaceholders, S3LogsKeys(), &CollectS3Logs,
       LogSetupKeys()},
  };
  return kAll;
}

const ServiceKind* KindOf(const std::string& name, const ConfigValue& value) {
  for (const ServiceKind& kind : Kinds()) {
    if (kind.name == name) return &kind;
  }
  if (name.starts_with("cwl_") || value.node().Find("log_group") != nullptr ||
      value.node().Find("log_groups") != nullptr) {
    return &LogGroupService();
  }
  if (name.starts_with("sqs-")) return &QueueService();
  return FindAwsService(name) != nullptr ? &AwsServiceByName() : nullptr;
}

void RefuseUnknownService(const std::string& name, const ConfigValue& value) {
  std::vector<std::string_view> known;
  for (const ServiceKind& kind : Kinds()) known.push_back(kind.name);
  for (const AwsService& service : AwsServices()) known.push_back(service.name);
  value.context().diagnostics.Error(
      value.key_at(),
      fmt::format("{} is not a known service; expected audit-events-all, service-events-all, "
                  "metrics-all, non-cloudwatch-logs, an AWS service such as ec2, or a log_group "
                  "in it{}",
                  value.path(), DidYouMean(name, known)));
}

void ReadService(const std::string& name, const ConfigValue& value, InputSettings& input) {
  const ServiceKind* const kind = KindOf(name, value);
  if (kind == nullptr) {
    RefuseUnknownService(name, value);
    return;
  }
  ServiceDraft draft;
  draft.common.name = name;
  draft.name_prefix = input.setup.name_prefix;
  if (!ReadSection<ServiceDraft>(value, draft, {kCommonKeys, kind->keys, kind->more_keys})) return;
  if (!value.Find("regions")) value.Missing("regions", "a list of AWS regions such as us-east-1");
  CheckTag(value, kind->tag_placeholders, draft);
  CheckTypes(value, *kind, draft);
  if (kind->collect != nullptr) {
    kind->collect(value, std::move(draft), input);
  } else {
    value.context().diagnostics.Warn(
        value.key_at(),
        fmt::format("{} is not collected by this version yet; it is left out", value.path()));
  }
}

// ec2, ebs and vpc have the same audit events: the first that is named collects them.
void DropSharedAudits(const ConfigValue& services, InputSettings& input) {
  for (auto later = input.audit_events.begin(); later != input.audit_events.end(); ++later) {
    for (auto earlier = input.audit_events.begin(); earlier != later; ++earlier) {
      if (later->event_source != earlier->event_source) continue;
      auto& regions = later->service.regions;
      const std::string region = FirstCommon(regions, earlier->service.regions);
      if (region.empty()) continue;
      const ConfigValue at = *services.Find(later->service.name);
      at.context().diagnostics.Warn(
          at.key_at(), fmt::format("{} has the audit events of {}, which {} collects already in {}",
                                   at.path(), later->event_source, earlier->service.name, region));
      const auto& taken = earlier->service.regions;
      std::erase_if(regions, [&taken](const std::string& one) {
        return std::find(taken.begin(), taken.end(), one) != taken.end();
      });
    }
  }
  std::erase_if(input.audit_events,
                [](const AuditEventsSettings& audit) { return audit.service.regions.empty(); });
}

// Beside all audit events, those of one service arrive twice.
void WarnOfAuditsTwice(const ConfigValue& services, const InputSettings& input) {
  for (const AuditEventsSettings& all : input.audit_events) {
    for (const AuditEventsSettings& one : input.audit_events) {
      if (!all.event_source.empty() || one.event_source.empty()) continue;
      const std::string region = FirstCommon(one.service.regions, all.service.regions);
      if (region.empty()) continue;
      const ConfigValue at = *services.Find(one.service.name);
      at.context().diagnostics.Warn(
          at.key_at(), fmt::format("{}: its audit events in {} arrive twice, for {} has them too",
                                   at.path(), region, all.service.name));
    }
  }
}

}  // namespace

std::string FirstCommon(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  const auto found = std::find_first_of(a.begin(), a.end(), b.begin(), b.end());
  return found == a.end() ? "" : *found;
}

void ReadServices(const ConfigValue& services, InputSettings& input) {
  if (services.node().kind == YamlNode::Kind::kNull) {
    services.Expected("services to collect, such as audit-events-all");
    return;
  }
  if (!services.IsMap()) return;
  for (const auto& [name, value] : services.Entries()) ReadService(name, value, input);
  DropSharedAudits(services, input);
  WarnOfAuditsTwice(services, input);
}

void AppendServicesKeys(std::vector<std::string>& paths) {
  const auto append = [&](const ServiceKind& kind) {
    const std::string prefix = fmt::format("inputs.*.services.{}", kind.name);
    AppendKeyPaths<ServiceDraft>(prefix, kCommonKeys, paths);
    AppendKeyPaths<ServiceDraft>(prefix, kind.keys, paths);
    AppendKeyPaths<ServiceDraft>(prefix, kind.more_keys, paths);
    if (kind.collect == &CollectS3Logs) AppendFormatKeys(prefix, paths);
  };
  for (const ServiceKind& kind : Kinds()) append(kind);
  append(LogGroupService());
  append(QueueService());
  append(AwsServiceByName());
}

}  // namespace collector
