// AuditRegion: the audit events of one account in one region, read from CloudTrail's LookupEvents.
// Several readers page different stretches of their History side by side, because an answer can
// take seconds (T-7); the client's limiter keeps all of them under the API's 2 calls/s.
//
// Owned by its readers (shared_ptr). Any thread; no lock is held during a call.
#ifndef COLLECTOR_SOURCES_AUDIT_REGION_H_
#define COLLECTOR_SOURCES_AUDIT_REGION_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aws/client.h"
#include "aws/cloudtrail/lookup_events.h"
#include "collect/batch.h"
#include "sources/history.h"
#include "sources/settings.h"
#include "sources/source_context.h"
#include "sources/tag_template.h"

namespace collector {

class AuditRegion {
 public:
  using Event = aws::cloudtrail::LookupEvents::Event;

  AuditRegion(const SourceContext& context, std::unique_ptr<aws::Client> client,
              const AuditEventsSettings& settings);

  const std::shared_ptr<History>& history() const { return history_; }
  aws::Client& client() { return *client_; }
  const std::string& event_source() const { return settings_.event_source; }

  // A page of a visit: leaves out what was sent before and what is to be dropped, and gives back
  // the rest as batches to submit.
  std::vector<Batch> Absorb(const TimeLedger::Visit& visit, const std::vector<Event>& page);

  Status Submit(Batch batch, std::stop_token stop) {
    return context_.output.Submit(std::move(batch), std::move(stop));
  }

 private:
  std::string TagOf(const Event& event, const std::string& account) const;
  bool IsDropped(std::string_view event_name) const;

  const SourceContext context_;
  const AuditEventsSettings settings_;
  const TagTemplate tag_;
  const std::shared_ptr<aws::Client> client_;
  const std::shared_ptr<History> history_;
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_AUDIT_REGION_H_
