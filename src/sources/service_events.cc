#include "sources/service_events.h"

#include <utility>

#include "sources/event_queue.h"

namespace collector {

std::vector<std::unique_ptr<Source>> NewServiceEvents(const SourceContext& context,
                                                      std::unique_ptr<aws::Client> client,
                                                      const ServiceEventsSettings& settings) {
  const auto queue = std::make_shared<EventQueue>(context, std::move(client), settings);
  return NewQueueWorkers(queue, queue->most_workers());
}

}  // namespace collector
