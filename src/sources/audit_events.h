// The service `audit-events-all`: the readers that the scheduler runs. Each reads one page a Poll()
// of a visit that its AuditRegion gave it.
#ifndef COLLECTOR_SOURCES_AUDIT_EVENTS_H_
#define COLLECTOR_SOURCES_AUDIT_EVENTS_H_

#include <memory>
#include <vector>

#include "aws/client.h"
#include "collect/source.h"
#include "sources/audit_region.h"
#include "sources/settings.h"

namespace collector {

// The readers of one account and region, to be added to one lane. As many as are needed to use up
// the API's 2 calls/s while an answer takes 4 s (3.9 s was seen in us-east-1).
std::vector<std::unique_ptr<Source>> NewAuditEvents(const SourceContext& context,
                                                    std::unique_ptr<aws::Client> client,
                                                    const AuditEventsSettings& settings);

}  // namespace collector

#endif  // COLLECTOR_SOURCES_AUDIT_EVENTS_H_
