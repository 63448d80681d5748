// S3Queue: one SQS queue that announces objects in S3, and the reading of these objects. It is what
// the workers of that queue share: the ledger of messages, the memory of delivered objects, and
// what is to be done next. A worker does one thing at a time: receives messages, reads an object,
// deletes what is delivered. Many objects are read side by side, because small ones are bound by
// latency (S-24); big ones by their bytes.
//
// Owned by its workers (shared_ptr). All public methods may be called from any thread; none holds
// the lock while it calls AWS or an output.
#ifndef COLLECTOR_SOURCES_S3_QUEUE_H_
#define COLLECTOR_SOURCES_S3_QUEUE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/client.h"
#include "aws/s3/object_stream.h"
#include "aws/sqs/receive_message.h"
#include "base/mutex.h"
#include "collect/inbox.h"
#include "collect/source.h"
#include "sources/object_decoder.h"
#include "sources/queue_ledger.h"
#include "sources/settings.h"
#include "sources/source_context.h"

namespace collector {

class S3Queue : public std::enable_shared_from_this<S3Queue> {
 public:
  S3Queue(const SourceContext& context, std::unique_ptr<aws::Client> client,
          const S3LogsSettings& settings, const QueueSettings& queue);

  const std::string& name() const { return subject_.text; }
  const S3LogsSettings& settings() const { return settings_; }

  // `wake` is called when that worker should look again. Before the first Work().
  void AddWorker(std::function<void()> wake);

  // Does what is most urgent and says when to come back. The first worker only looks after the
  // messages in hand, so that none runs out while all others are busy reading.
  Source::Next Work(size_t worker, ObjectDecoder& decoder, std::stop_token stop);

  // Takes note of what outputs have delivered.
  void Settle();

  // Deletes what is delivered and gives the rest back (D-5), until `deadline`.
  void End(Instant deadline);

 private:
  using Handles = std::vector<QueueLedger::Handle>;
  // An object from the end of its reading until its last record is settled.
  struct Ticket {
    RecordId id;
    QueueLedger::End end = QueueLedger::End::kCancelled;
    QueueLedger::Progress progress;
    uint64_t records = 0;
    Outcome outcome = Outcome::kFailed;
  };
  enum class Phase { kNew, kBeginning, kRunning };

  bool Begin(std::stop_token stop);
  Status Open(std::stop_token stop);
  // Each does one piece of work, when there is one.
  bool ChangeVisibility(std::stop_token stop);
  bool Delete(std::stop_token stop);
  bool Receive(std::stop_token stop);
  bool ReadOne(ObjectDecoder& decoder, std::stop_token stop);

  void Take(const aws::sqs::ReceiveMessage::Message& message,
            const Result<Notification>& notification) REQUIRES(mutex_);
  void SendDeletes(const Handles& handles, std::stop_token stop) EXCLUDES(mutex_);
  void SendVisibility(const Handles& handles, std::stop_token stop) EXCLUDES(mutex_);
  void Remember() EXCLUDES(mutex_);
  std::string QueueUrl() const EXCLUDES(mutex_);

  QueueLedger::End Read(const QueueLedger::Task& task, ObjectDecoder& decoder, const Ack& ack,
                        Ticket& ticket);
  Result<std::unique_ptr<aws::s3::ObjectStream>> OpenObject(const AnnouncedObject& announced);
  // The rest of Read(): feeds the object to the decoder.
  Status Decode(aws::s3::ObjectStream& stream, const ObjectFormat& format, const KeyParts& parts,
                const QueueLedger::Task& task, ObjectDecoder& decoder, const Ack& ack);
  const ObjectFormat* FormatOf(std::string_view key, KeyParts& parts) const;
  bool IsDropped(std::string_view key) const;
  QueueLedger::End NotRead(const AnnouncedObject& object, const Error& error);

  void Fail(const Error& error) REQUIRES(mutex_);
  bool HasWork(Instant now) const REQUIRES(mutex_);
  bool MayReceive(Instant now) const REQUIRES(mutex_);
  Instant IdleUntil(bool is_keeper, Instant now) const REQUIRES(mutex_);
  Source::Standing StandingLocked() REQUIRES(mutex_);
  void WakeOne() EXCLUDES(mutex_);

  const SourceContext context_;
  const S3LogsSettings settings_;
  const QueueSettings queue_;
  const Subject subject_;
  const std::unique_ptr<aws::Client> client_;
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
  bool failing_ GUARDED_BY(mutex_) = false;
  Instant retry_at_ GUARDED_BY(mutex_){};
  bool store_failed_ GUARDED_BY(mutex_) = false;
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_S3_QUEUE_H_
