#include "sources/audit_region.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "sources/audit_event.h"

namespace collector {
namespace {

// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
constexpr int kPageSize = 50;
constexpr double kCallsPerSecond = aws::cloudtrail::LookupEvents::kInfo.calls_per_second;

constexpr char kDefaultTag[] = "cloud.aws.cloudtrail.events.{account}.{region}";

HistoryOptions OptionsOf(const AuditEventsSettings& settings) {
  const std::string& source = settings.event_source;
  HistoryOptions options;
  options.kind = source.empty() ? "audit_events" : "audit_events:" + source;
  options.what = source.empty() ? "the audit events" : "the audit events (" + source + ")";
  options.kept = kAuditEventsKept;
  options.most_per_s = kCallsPerSecond * kPageSize;
  options.ledger = {settings.look_back, settings.service.request_period, kCallsPerSecond,
                    kPageSize};
  return options;
}

}  // namespace

AuditRegion::AuditRegion(const SourceContext& context, std::unique_ptr<aws::Client> client,
                         const AuditEventsSettings& settings)
    : context_(context),
      settings_(settings),
      tag_(settings.service.tag.empty() ? kDefaultTag : settings.service.tag),
      client_(std::move(client)),
      history_(std::make_shared<History>(context, client_, settings.service, OptionsOf(settings))) {
}

std::vector<Batch> AuditRegion::Absorb(const TimeLedger::Visit& visit,
                                       const std::vector<Event>& page) {
  std::vector<const Event*> events;
  std::vector<SeenRecord> ids;
  for (const Event& event : page) {
    // AWS includes the second at the end, which belongs to the next stretch.
    if (event.time >= visit.range.to && event.time < visit.range.to + Seconds(1)) continue;
    events.push_back(&event);
    ids.push_back({RecordId::From(event.id), event.time});
  }
  const std::string account = history_->account();
  std::map<std::string, std::shared_ptr<Records>> by_tag;
  std::vector<SeenRecord> handed;
  for (const History::New& one : history_->TakeNew(visit, ids)) {
    const Event& event = *events[one.index];
    if (IsDropped(event.name)) {
      ++context_.events.counts().records_filtered;
      continue;
    }
    const std::string tag = TagOf(event, account);
    std::shared_ptr<Records>& records = by_tag[tag];
    if (records == nullptr) records = std::make_shared<Records>(tag);
    handed.push_back(one.record);
    records->Add(event.time, event.cloudtrail_event);
  }
  if (handed.empty()) return {};
  Ack ack = history_->Hand(visit, std::move(handed));
  std::vector<Batch> batches;
  for (auto& [tag, records] : by_tag) batches.push_back({std::move(records), ack.Share()});
  ack.Resolve(Outcome::kDelivered);
  return batches;
}

std::string AuditRegion::TagOf(const Event& event, const std::string& account) const {
  const AuditEventOrigin origin = ReadAuditEventOrigin(event.cloudtrail_event);
  return tag_.Fill({{"account", origin.account.empty() ? account : origin.account},
                    {"region", origin.region.empty() ? client_->region() : origin.region},
                    {"service", settings_.service.name},
                    {"event_name", event.name}});
}

bool AuditRegion::IsDropped(std::string_view event_name) const {
  const auto& names = settings_.drop_event_names;
  return std::find(names.begin(), names.end(), event_name) != names.end();
}

}  // namespace collector
