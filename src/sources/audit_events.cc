#include "sources/audit_events.h"

#include <optional>
#include <string>
#include <utility>

#include "aws/cloudtrail/lookup_events.h"

namespace collector {
namespace {

using aws::cloudtrail::LookupEvents;

constexpr int kReadersPerRegion = 8;

// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html#API_LookupEvents_Errors
constexpr char kInvalidToken[] = "InvalidNextTokenException";

class AuditReader : public Source {
 public:
  AuditReader(std::shared_ptr<AuditRegion> region, Clock& clock)
      : region_(std::move(region)), clock_(clock) {
    region_->AddReader([this] { Wake(); });
  }

  const std::string& name() const override { return region_->name(); }
  void Settle() override { region_->Settle(); }

  Next Poll(std::stop_token stop) override {
    if (!region_->Begin(stop)) return region_->Idle();
    if (!visit_) visit_ = region_->Take();
    if (!visit_) return region_->Idle();
    const Result<bool> more = ReadPage(stop);
    if (!more) {
      EndVisit(&more.error());
      return region_->Idle();
    }
    if (!*more) EndVisit(nullptr);
    return {clock_.MonotonicNow(), region_->standing()};
  }

 private:
  // Reads and hands over one page; whether there are more.
  Result<bool> ReadPage(std::stop_token stop) {
    LookupEvents lookup;
    lookup.start = visit_->range.from;
    lookup.end = visit_->range.to;
    lookup.event_source = region_->event_source();
    lookup.next_token = token_;
    Result<LookupEvents::Response> page = region_->client().Call(lookup, stop);
    if (!page && page.error().code == kInvalidToken && !std::exchange(restarted_, true)) {
      // Tokens do not last for ever. What was delivered is remembered, so reading the stretch from
      // its start again costs calls only.
      token_.clear();
      return true;
    }
    if (!page) return Propagate(page);
    if (!token_.empty() && page->next_token == token_) {
      return Fail(ErrorKind::kRetry, "cloudtrail:LookupEvents in " + region_->client().region() +
                                         " gave the same page token twice");
    }
    for (Batch& batch : region_->Absorb(*visit_, page->events)) {
      if (Status taken = region_->Submit(std::move(batch), stop); !taken) return Propagate(taken);
    }
    token_ = std::move(page->next_token);
    return !token_.empty();
  }

  void EndVisit(const Error* error) {
    token_.clear();
    restarted_ = false;
    region_->EndVisit(*std::exchange(visit_, std::nullopt), error);
  }

  const std::shared_ptr<AuditRegion> region_;
  Clock& clock_;
  std::optional<AuditLedger::Visit> visit_;
  std::string token_;  // of the visit's next page; it lives with the very same parameters (T-6)
  bool restarted_ = false;
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
