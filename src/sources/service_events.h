// The source of service events: the workers of one EventQueue.
#ifndef COLLECTOR_SOURCES_SERVICE_EVENTS_H_
#define COLLECTOR_SOURCES_SERVICE_EVENTS_H_

#include <memory>
#include <vector>

#include "aws/client.h"
#include "collect/source.h"
#include "sources/settings.h"
#include "sources/source_context.h"

namespace collector {

// The workers of the queue of one region. They belong into one lane of the scheduler, with as many
// threads as there are workers.
std::vector<std::unique_ptr<Source>> NewServiceEvents(const SourceContext& context,
                                                      std::unique_ptr<aws::Client> client,
                                                      const ServiceEventsSettings& settings);

}  // namespace collector

#endif  // COLLECTOR_SOURCES_SERVICE_EVENTS_H_
