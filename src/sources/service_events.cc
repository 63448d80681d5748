#include "sources/service_events.h"

#include <utility>

#include <fmt/format.h>

#include "sources/event_queue.h"

namespace collector {

std::string DefaultEventQueue(std::string_view service) {
  return fmt::format("devo-collector-{}.fifo", service);
}

std::vector<std::unique_ptr<Source>> NewServiceEvents(const SourceContext& context,
                                                      std::unique_ptr<aws::Client> client,
                                                      const ServiceEventsSettings& settings) {
  const auto queue = std::make_shared<EventQueue>(context, std::move(client), settings);
  return NewQueueWorkers(queue, queue->most_workers());
}

}  // namespace collector
