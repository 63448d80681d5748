// EventQueue: an SQS queue whose messages are the events that a rule of EventBridge sends to it. A
// message is deleted when its event is delivered; an event that comes again is known by its id
// (E-1).
//
// Of a FIFO queue SQS gives out no more messages of a group while some are in hand, so that a group
// that waits for its outputs holds up itself alone, and batches are handed over at once (S-20).
//
// Owned by its workers; threads as sqs_queue.h says.
#ifndef COLLECTOR_SOURCES_EVENT_QUEUE_H_
#define COLLECTOR_SOURCES_EVENT_QUEUE_H_

#include <deque>
#include <memory>
#include <string>

#include "sources/event_decoder.h"
#include "sources/sqs_queue.h"

namespace collector {

class EventQueue : public SqsQueue {
 public:
  EventQueue(const SourceContext& context, std::unique_ptr<aws::Client> client,
             const ServiceEventsSettings& settings);

  // How many workers it is worth to have.
  size_t most_workers() const { return decoders_.size(); }

 private:
  Result<Notification> Understand(const Message& message) override;
  bool Read(size_t worker, std::stop_token stop) override;
  void Inspect(const std::string& url) override;

  const ServiceEventsSettings settings_;
  std::deque<EventDecoder> decoders_;  // one a worker
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_EVENT_QUEUE_H_
