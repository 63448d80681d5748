// SqsQueue: one SQS queue that is drained, whatever its messages mean: the part that S3Queue (they
// announce objects) and EventQueue (they are the records) have in common. It is what the workers of
// that queue share: the ledger of messages, the memory of what is delivered, and what is to be done
// next. A worker does one thing at a time: receives messages, reads what they bring, deletes what
// is delivered.
//
// Owned by its workers (shared_ptr). All public methods may be called from any thread; none holds
// the lock while it calls AWS or an output.
#ifndef COLLECTOR_SOURCES_SQS_QUEUE_H_
#define COLLECTOR_SOURCES_SQS_QUEUE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aws/client.h"
#include "aws/sqs/receive_message.h"
#include "base/mutex.h"
#include "collect/inbox.h"
#include "collect/source.h"
#include "sources/queue_ledger.h"
#include "sources/settings.h"
#include "sources/source_context.h"

namespace collector {

class SqsQueue : public std::enable_shared_from_this<SqsQueue> {
 public:
  virtual ~SqsQueue() = default;

  const std::string& name() const { return subject_.text; }

  // `wake` is called when that worker should look again. Before the first Work().
  void AddWorker(std::function<void()> wake);

  // Does what is most urgent and says when to come back. The first worker only looks after the
  // messages in hand, so that none runs out while all others are busy reading.
  Source::Next Work(size_t worker, std::stop_token stop);

  // Takes note of what outputs have delivered.
  void Settle();

  // Deletes what is delivered and gives the rest back (D-5), until `deadline`.
  void End(Instant deadline);

 protected:
  using Message = aws::sqs::ReceiveMessage::Message;

  struct Options {
    ServiceSettings service;
    std::string queue;  // its name or its URL
    QueueLedger::Options ledger;
  };

  // What a message brought, from the end of its reading until its last record is settled.
  struct Ticket {
    RecordId id;
    QueueLedger::End end = QueueLedger::End::kCancelled;
    QueueLedger::Progress progress;
    uint64_t records = 0;
    Outcome outcome = Outcome::kFailed;
  };
  using Tickets = std::vector<std::shared_ptr<Ticket>>;

  SqsQueue(const SourceContext& context, std::unique_ptr<aws::Client> client, Options options);

  // --- what a kind of queue adds; called without the lock

  // What the message brings. An error: it stays in the queue, whose redrive policy decides.
  virtual Result<Notification> Understand(const Message& message) = 0;
  // Reads some of what waits, when there is some: TakeTasks(), then for each task a ticket, and
  // EndReading() when another may take its place.
  virtual bool Read(size_t worker, std::stop_token stop) = 0;
  // The queue is there: what else is to be said about it.
  virtual void Inspect(const std::string& url) = 0;

  // --- for Read()

  // The next tasks, at most so many; wakes another worker when there is more to do.
  std::vector<QueueLedger::Task> TakeTasks(size_t most);
  void EndReading(const RecordId& id);
  // Brings the tickets back when all shares of it are settled.
  Ack NewAck(Tickets tickets);
  std::string Account() const EXCLUDES(mutex_);

  const SourceContext& context() const { return context_; }
  const Subject& subject() const { return subject_; }
  aws::Client& client() const { return *client_; }

 private:
  using Handles = std::vector<QueueLedger::Handle>;
  enum class Phase { kNew, kBeginning, kRunning };

  bool Begin(std::stop_token stop);
  Status Open(std::stop_token stop);
  // Each does one piece of work, when there is one.
  bool ChangeVisibility(std::stop_token stop);
  bool Delete(std::stop_token stop);
  bool Receive(std::stop_token stop);

  void Take(const Message& message, const Result<Notification>& notification) REQUIRES(mutex_);
  void NoteReceived(bool is_probe, bool is_empty) REQUIRES(mutex_);
  void SendDeletes(const Handles& handles, std::stop_token stop) EXCLUDES(mutex_);
  void SendVisibility(const Handles& handles, std::stop_token stop) EXCLUDES(mutex_);
  void Remember() EXCLUDES(mutex_);
  std::string QueueUrl() const EXCLUDES(mutex_);

  void Fail(const Error& error) REQUIRES(mutex_);
  bool HasWork(Instant now) const REQUIRES(mutex_);
  bool MayReceive(Instant now) const REQUIRES(mutex_);
  Instant IdleUntil(bool is_keeper, Instant now) const REQUIRES(mutex_);
  Source::Standing StandingLocked() REQUIRES(mutex_);
  void WakeOne() EXCLUDES(mutex_);

  const SourceContext context_;
  const Options options_;
  const Subject subject_;
  const std::unique_ptr<aws::Client> client_;
  const bool is_fifo_;
  const std::shared_ptr<Inbox<std::shared_ptr<Ticket>>> inbox_;
  std::vector<std::function<void()>> wakers_;  // complete before the first Work()

  mutable Mutex mutex_;
  Phase phase_ GUARDED_BY(mutex_) = Phase::kNew;
  std::string account_ GUARDED_BY(mutex_);
  std::string queue_url_ GUARDED_BY(mutex_);
  std::string key_ GUARDED_BY(mutex_);  // of the position
  QueueLedger ledger_ GUARDED_BY(mutex_);
  std::vector<size_t> idle_ GUARDED_BY(mutex_);  // workers that found nothing to do
  size_t receiving_ GUARDED_BY(mutex_) = 0;      // workers that wait for messages
  size_t receivers_ GUARDED_BY(mutex_) = 1;      // how many of them are worth it
  bool was_empty_ GUARDED_BY(mutex_) = false;    // the queue, at least once
  Source::Standing standing_ GUARDED_BY(mutex_) = Source::Standing::kBusy;
  std::vector<Source::Standing> told_
      GUARDED_BY(mutex_);  // by each worker, of the queue's standing
  // Of a FIFO queue of which messages are in hand: when it is asked for other groups, and whether
  // that has found something.
  Instant probe_at_ GUARDED_BY(mutex_){};
  bool probe_pays_ GUARDED_BY(mutex_) = true;
  bool failing_ GUARDED_BY(mutex_) = false;
  Instant retry_at_ GUARDED_BY(mutex_){};
  bool store_failed_ GUARDED_BY(mutex_) = false;
};

// The workers of a queue, which own it: one that looks after the messages in hand, and the others.
std::vector<std::unique_ptr<Source>> NewQueueWorkers(const std::shared_ptr<SqsQueue>& queue,
                                                     size_t count);

}  // namespace collector

#endif  // COLLECTOR_SOURCES_SQS_QUEUE_H_
