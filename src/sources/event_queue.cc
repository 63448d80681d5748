#include "sources/event_queue.h"

#include <algorithm>
#include <utility>

#include "aws/sqs/queue_url.h"

namespace collector {
namespace {

// Receivers mostly wait: of one group of a FIFO queue ten messages at a time are in hand at most.
constexpr size_t kWorkers = 10;
constexpr size_t kMostEventsInHand = 2'000;
// Of a short visibility fewer: each is kept invisible twice in that time, ten with a call, and that
// must leave time for delivering them even when SQS is slow.
constexpr size_t kMostEventsInHandASecond = 10;
constexpr size_t kMostEventsAtOnce = 100;

QueueLedger::Options EventLedgerOptions(const ServiceEventsSettings& settings) {
  QueueLedger::Options options;
  options.visibility = settings.visibility_timeout;
  options.most_objects = kMostEventsAtOnce;
  const auto seconds = static_cast<size_t>(settings.visibility_timeout.count());
  options.most_messages = std::min(kMostEventsInHand, kMostEventsInHandASecond * seconds);
  // A group of a FIFO queue goes on when these are deleted.
  if (aws::sqs::IsFifo(settings.queue)) options.delete_delay = Milliseconds(0);
  return options;
}

}  // namespace

EventQueue::EventQueue(const SourceContext& context, std::unique_ptr<aws::Client> client,
                       const ServiceEventsSettings& settings)
    : SqsQueue(context, std::move(client),
               {settings.service, settings.queue, EventLedgerOptions(settings)}),
      settings_(settings) {
  for (size_t i = 0; i < kWorkers; ++i) decoders_.emplace_back(settings_);
}

Result<Notification> EventQueue::Understand(const Message& message) {
  AnnouncedObject event;
  event.key = EventId(message.body);
  // An event without an id, as a rule's input transformer can make it, is known by its message.
  if (event.key.empty()) event.bucket = message.id;
  event.size = static_cast<int64_t>(message.body.size());
  event.content = message.body;
  Notification notification;
  notification.objects.push_back(std::move(event));
  return notification;
}

// Nothing but what holds for every queue: a rule sends to FIFO and standard queues alike.
void EventQueue::Inspect(const std::string&) {}

bool EventQueue::Read(size_t worker, std::stop_token stop) {
  if (stop.stop_requested()) return false;
  const std::vector<QueueLedger::Task> tasks = TakeTasks(kMostEventsAtOnce);
  if (tasks.empty()) return false;
  EventDecoder& decoder = decoders_[worker];
  const std::string account = Account();
  const EventDecoder::Origin origin{account, client().region(), client().Now()};
  Tickets tickets;
  for (const QueueLedger::Task& task : tasks) {
    const EventDecoder::Counts counts = decoder.Add(task.object.content, origin);
    tickets.push_back(std::make_shared<Ticket>());
    tickets.back()->id = task.id;
    tickets.back()->records = counts.records;
    context().events.counts().records_read += counts.records + counts.filtered;
    context().events.counts().records_filtered += counts.filtered;
  }
  Ack ack = NewAck(tickets);
  Status submitted;
  for (auto& records : decoder.Take()) {
    if (submitted) {
      submitted = context().output.Submit({std::move(records), ack.Share()}, context().give_up);
    }
  }
  for (const auto& ticket : tickets) {
    if (submitted) ticket->end = QueueLedger::End::kDelivered;
    EndReading(ticket->id);
  }
  ack.Resolve(Outcome::kDelivered);
  return true;
}

}  // namespace collector
