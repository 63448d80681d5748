#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/nearest.h"
#include "config/service_draft.h"
#include "config/tag_check.h"
#include "config/text_check.h"

namespace collector {
namespace {

constexpr double kTwelveHours = 12 * 3600;  // as long as SQS keeps a message invisible at most

void ReadKeyPatterns(const ConfigValue& value, std::vector<KeyPattern>& into) {
  const auto texts = value.TextList("patterns of object keys such as **/AWSLogs/{account}/**");
  if (!texts) return;
  for (const auto& [text, at] : *texts) ReadPattern(value, text, at, into);
}

constexpr ConfigValue::Choice<Split> kSplits[] = {
    {"lines", Split::kLines}, {"json_lines", Split::kJsonLines}, {"json_array", Split::kJsonArray}};
constexpr ConfigValue::Choice<Header> kHeaders[] = {
    {"none", Header::kNone}, {"field_names", Header::kFieldNames}, {"w3c", Header::kW3c}};
constexpr ConfigValue::Choice<TimeForm> kTimeForms[] = {
    {"iso8601", TimeForm::kIso8601},
    {"epoch_seconds", TimeForm::kEpochSeconds},
    {"epoch_milliseconds", TimeForm::kEpochMilliseconds},
    {"date_and_time", TimeForm::kDateAndTime},
    {"access_log", TimeForm::kAccessLog}};

constexpr Key<ObjectFormat> kFormatKeys[] = {
    {"keys",
     [](const ConfigValue& value, ObjectFormat& into) { ReadKeyPatterns(value, into.keys); }},
    {"split", [](const ConfigValue& value,
                 ObjectFormat& into) { Assign(into.split, value.OneOf<Split>(kSplits)); }},
    {"array",
     [](const ConfigValue& value, ObjectFormat& into) {
       Assign(into.path, value.Text("the path of an array such as detail.findings"));
     }},
    {"header", [](const ConfigValue& value,
                  ObjectFormat& into) { Assign(into.header, value.OneOf<Header>(kHeaders)); }},
    {"time_field",
     [](const ConfigValue& value, ObjectFormat& into) {
       Assign(into.time.name, value.Text("the name, number or path of a field"));
     }},
    {"time_form",
     [](const ConfigValue& value, ObjectFormat& into) {
       Assign(into.time.form, value.OneOf<TimeForm>(kTimeForms));
     }},
    {"tag",
     [](const ConfigValue& value, ObjectFormat& into) {
       const auto tag = value.Text("a tag such as my.app.aws.mylog");
       if (!tag) return;
       const std::string fault = TagFault(*tag, kS3LogsTagPlaceholders);
       if (!fault.empty()) value.Error(fault);
       into.tag = *tag;
     }},
};

void ReadFormats(const ConfigValue& value, ServiceDraft& into) {
  if (!value.IsMap()) return;
  for (const auto& [name, section] : value.Entries()) {
    ObjectFormat format;
    format.name = name;
    if (!ReadSection<ObjectFormat>(section, format, {kFormatKeys})) continue;
    if (!section.Find("tag")) section.Missing("tag", "a tag such as my.app.aws.mylog");
    if (!section.Find("keys")) section.Missing("keys", "patterns of object keys");
    if (section.Find("array") && format.split != Split::kJsonArray) {
      section.Find("array")->Error("needs split: json_array");
    }
    into.s3.formats.push_back(std::move(format));
  }
}

void ReadDropRecords(const ConfigValue& value, ServiceDraft& into) {
  if (!value.IsMap()) return;
  for (const auto& [field, values] : value.Entries()) {
    FieldFilter filter{field, {}};
    const auto texts = values.TextList("a list of values");
    for (const auto& text : texts.value_or(std::vector<std::pair<std::string, Position>>())) {
      filter.values.push_back(text.first);
    }
    into.s3.drop_records.push_back(std::move(filter));
  }
}

// A queue whose objects are of `format` where their keys do not say otherwise.
void AddQueue(const ConfigValue& value, ServiceDraft& into, std::string format, LogSetup& setup) {
  const auto queue = value.Text("the name or the URL of an SQS queue");
  if (!queue) return;
  setup.queue = *queue;
  into.s3.queues.push_back({*queue, std::move(format)});
  into.queues_at.push_back(value.at());
}

void ReadQueueNames(const ConfigValue& value, ServiceDraft& into) {
  const auto queues = value.TextList("names or URLs of SQS queues");
  if (!queues) return;
  for (const auto& [queue, at] : *queues) {
    into.s3.queues.push_back({queue, ""});
    into.queues_at.push_back(at);
  }
}

constexpr Key<ServiceDraft> kVisibility{
    "visibility_timeout_in_seconds", [](const ConfigValue& value, ServiceDraft& into) {
      if (const auto seconds = value.Integer(2, static_cast<int64_t>(kTwelveHours))) {
        into.s3.visibility_timeout = Seconds(*seconds);
      }
    }};
constexpr Key<ServiceDraft> kParallel{"parallel_objects",
                                      [](const ConfigValue& value, ServiceDraft& into) {
                                        Assign(into.s3.parallel_objects, value.Integer(1, 512));
                                      }};
constexpr Key<ServiceDraft> kRequesterPays{"requester_pays",
                                           [](const ConfigValue& value, ServiceDraft& into) {
                                             Assign(into.s3.requester_pays, value.Bool());
                                           }};

constexpr Key<ServiceDraft> kDropRecords{"drop_records", ReadDropRecords};

constexpr Key<ServiceDraft> kS3LogsKeys[] = {
    {"vpcflowlogs_sqs_queue_name",
     [](const ConfigValue& value, ServiceDraft& into) {
       AddQueue(value, into, "vpc-flow", into.vpc_flow);
     }},
    {"cloudfrontlogs_sqs_queue_name",
     [](const ConfigValue& value, ServiceDraft& into) {
       AddQueue(value, into, "cloudfront", into.cloudfront);
     }},
    {"sqs_queue_names", ReadQueueNames},
    {"default_format",
     [](const ConfigValue& value, ServiceDraft& into) {
       if (auto name = value.Text("the name of a format")) {
         into.default_format = {*std::move(name), value.at()};
       }
     }},
    {"formats", ReadFormats},
    {"drop_keys", [](const ConfigValue& value,
                     ServiceDraft& into) { ReadKeyPatterns(value, into.s3.drop_keys); }},
    kDropRecords,
    kVisibility,
    kParallel,
    kRequesterPays,
};

constexpr Key<ServiceDraft> kAuditTrailKeys[] = {
    {"audit_bucket",
     [](const ConfigValue& value, ServiceDraft& into) { ReadBucket(value, into.trail.bucket); }},
    {"audit_sqs_queue_name",
     [](const ConfigValue& value, ServiceDraft& into) {
       AddQueue(value, into, "cloudtrail", into.trail);
     }},
    kVisibility,
    kParallel,
    kRequesterPays,
};

constexpr Key<ServiceDraft> kServiceEventsKeys[] = {
    {"cloudwatch_sqs_queue_name",
     [](const ConfigValue& value, ServiceDraft& into) {
       Assign(into.event_queue, value.Text("the name or the URL of an SQS queue"));
     }},
    {"api_call_tag",
     [](const ConfigValue& value, ServiceDraft& into) {
       const auto tag = value.Text("a tag such as my.app.aws.calls");
       if (!tag) return;
       const std::string fault = TagFault(*tag, kServiceEventsTagPlaceholders);
       if (!fault.empty()) value.Error(fault);
       into.call_tag = *tag;
     }},
    kDropRecords,
    kVisibility,
};

void CheckDefaultFormat(const ConfigValue& value, ServiceDraft& draft) {
  const auto& [name, at] = draft.default_format;
  if (name.empty()) return;
  std::vector<std::string_view> known;
  for (const ObjectFormat& format : draft.s3.formats) known.push_back(format.name);
  for (const ObjectFormat& format : PredefinedObjectFormats()) {
    if (format.split != Split::kIgnored && format.split != Split::kRefused) {
      known.push_back(format.name);
    }
  }
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    value.context().diagnostics.Error(
        at, fmt::format("{}.default_format holds {}; expected {}{}", value.path(), Quoted(name),
                        fmt::join(known, ", "), DidYouMean(name, known)));
  }
  for (QueueSettings& queue : draft.s3.queues) {
    if (queue.default_format.empty()) queue.default_format = name;
  }
}

}  // namespace

void ReadPattern(const ConfigValue& value, const std::string& text, const Position& at,
                 std::vector<KeyPattern>& into) {
  auto pattern = KeyPattern::Parse(text);
  if (pattern) {
    into.push_back(*std::move(pattern));
  } else {
    value.context().diagnostics.Error(
        at, fmt::format("{} holds {}, which is no pattern: {}", value.path(), Quoted(text),
                        pattern.error().message));
  }
}

KeyTable<ServiceDraft> S3LogsKeys() { return kS3LogsKeys; }

KeyTable<ServiceDraft> AuditTrailKeys() { return kAuditTrailKeys; }

KeyTable<ServiceDraft> ServiceEventsKeys() { return kServiceEventsKeys; }

ServiceEventsSettings ToServiceEvents(const ConfigValue& value, ServiceDraft draft) {
  ServiceEventsSettings settings;
  settings.queue = draft.event_queue.empty()
                       ? fmt::format("{}-{}.fifo", draft.name_prefix, draft.common.name)
                       : std::move(draft.event_queue);
  settings.call_tag = std::move(draft.call_tag);
  settings.drop_records = std::move(draft.s3.drop_records);
  settings.visibility_timeout = draft.s3.visibility_timeout;
  const std::string region = RegionOfQueue(settings.queue);
  const std::vector<std::string>& regions = draft.common.regions;
  if (!region.empty() && std::find(regions.begin(), regions.end(), region) == regions.end()) {
    value.Find("cloudwatch_sqs_queue_name")->Error("is a queue whose region is not in \"regions\"");
  }
  if (value.Find("start_time") && draft.types.empty()) {
    value.Find("start_time")->Warn("has no effect here: a queue holds what is to be read");
  }
  settings.service = std::move(draft.common);
  return settings;
}

void FinishS3Logs(const ConfigValue& value, ServiceDraft& draft) {
  Diagnostics& diagnostics = value.context().diagnostics;
  CheckDefaultFormat(value, draft);
  const std::vector<std::string>& regions = draft.common.regions;
  for (size_t i = 0; i < draft.s3.queues.size(); ++i) {
    const std::string& queue = draft.s3.queues[i].queue;
    const std::string region = RegionOfQueue(queue);
    if (!region.empty() && std::find(regions.begin(), regions.end(), region) == regions.end()) {
      diagnostics.Error(draft.queues_at[i],
                        fmt::format("{} holds {}, a queue whose region is not in its \"regions\"",
                                    value.path(), Quoted(queue)));
    }
    for (size_t j = 0; j < i; ++j) {
      if (draft.s3.queues[j].queue != queue) continue;
      diagnostics.Error(draft.queues_at[i], fmt::format("{} holds {} twice; expected each "
                                                        "once",
                                                        value.path(), Quoted(queue)));
    }
  }
}

void AppendFormatKeys(std::string_view prefix, std::vector<std::string>& paths) {
  AppendKeyPaths<ObjectFormat>(fmt::format("{}.formats.*", prefix), kFormatKeys, paths);
}

}  // namespace collector
