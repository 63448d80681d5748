#include "sources/audit_events.h"

#include <string>
#include <utility>

#include "aws/cloudtrail/lookup_events.h"
#include "sources/audit_region.h"
#include "sources/history_reader.h"

namespace collector {
namespace {

using aws::cloudtrail::LookupEvents;

constexpr int kReadersPerRegion = 8;

// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html#API_LookupEvents_Errors
constexpr char kInvalidToken[] = "InvalidNextTokenException";

class AuditReader : public HistoryReader {
 public:
  AuditReader(std::shared_ptr<AuditRegion> region, Clock& clock)
      : HistoryReader(region->history(), clock, {kInvalidToken}), region_(std::move(region)) {}

 private:
  Result<std::string> ReadPage(const TimeLedger::Visit& visit, const std::string& token,
                               std::stop_token stop) override {
    LookupEvents lookup;
    lookup.start = visit.range.from;
    lookup.end = visit.range.to;
    lookup.event_source = region_->event_source();
    lookup.next_token = token;
    Result<LookupEvents::Response> page = region_->client().Call(lookup, stop);
    if (!page) return Propagate(page);
    for (Batch& batch : region_->Absorb(visit, page->events)) {
      if (Status taken = region_->Submit(std::move(batch), stop); !taken) return Propagate(taken);
    }
    return std::move(page->next_token);
  }

  const std::shared_ptr<AuditRegion> region_;
};

}  // namespace

std::vector<std::unique_ptr<Source>> NewAuditEvents(const SourceContext& context,
                                                    std::unique_ptr<aws::Client> client,
                                                    const AuditEventsSettings& settings) {
  const auto region = std::make_shared<AuditRegion>(context, std::move(client), settings);
  std::vector<std::unique_ptr<Source>> readers;
  for (int i = 0; i < kReadersPerRegion; ++i) {
    readers.push_back(std::make_unique<AuditReader>(region, context.clock));
  }
  return readers;
}

}  // namespace collector
