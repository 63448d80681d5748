#include "sources/sqs_queue.h"

#include <algorithm>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "aws/sqs/change_message_visibility_batch.h"
#include "aws/sqs/delete_message_batch.h"
#include "aws/sqs/get_queue_attributes.h"
#include "aws/sqs/get_queue_url.h"
#include "aws/sqs/queue_url.h"

namespace collector {
namespace {

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
constexpr int kMostMessages = 10;
constexpr Seconds kLongPoll{20};
// Until all is done that the queue held: a run that is to end then should not wait long for it. SQS
// asks all of its servers in any long poll, however short.
constexpr Seconds kShortPoll{1};
constexpr size_t kMostReceivers = 8;

// AWS's own key, whose policy cannot be changed to let S3, SNS or EventBridge send (S-18).
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ways-to-add-notification-config-to-bucket.html
constexpr std::string_view kManagedKey = "alias/aws/sqs";

constexpr Seconds kFailurePause{1};
constexpr Seconds kProbePause{1};
constexpr std::chrono::hours kLater{1};

// What SQS said of an entry of a batch; nullptr: it took it, or said nothing.
const aws::sqs::BatchResponse::Failure* FailureOf(size_t entry,
                                                  const aws::sqs::BatchResponse& response) {
  const auto found = std::find_if(response.failed.begin(), response.failed.end(),
                                  [entry](const auto& failure) { return failure.entry == entry; });
  return found == response.failed.end() ? nullptr : &*found;
}

bool IsDone(size_t entry, const aws::sqs::BatchResponse& response) {
  return std::find(response.done.begin(), response.done.end(), entry) != response.done.end();
}

}  // namespace

SqsQueue::SqsQueue(const SourceContext& context, std::unique_ptr<aws::Client> client,
                   Options options)
    : context_(context),
      options_(std::move(options)),
      subject_{fmt::format("{} {} {}", options_.service.name, client->region(),
                           aws::sqs::QueueNameOf(options_.queue))},
      client_(std::move(client)),
      is_fifo_(aws::sqs::IsFifo(options_.queue)),
      inbox_(std::make_shared<Inbox<std::shared_ptr<Ticket>>>()),
      ledger_(options_.ledger) {}

void SqsQueue::AddWorker(std::function<void()> wake) {
  wakers_.push_back(std::move(wake));
  MutexLock lock(mutex_);
  told_.push_back(Source::Standing::kBusy);
}

void SqsQueue::WakeOne() {
  size_t worker = 0;
  {
    MutexLock lock(mutex_);
    if (idle_.empty()) return;
    worker = idle_.back();
    idle_.pop_back();
  }
  wakers_[worker]();
}

// --- beginning

bool SqsQueue::Begin(std::stop_token stop) {
  {
    MutexLock lock(mutex_);
    if (phase_ == Phase::kRunning) return true;
    if (phase_ == Phase::kBeginning || context_.clock.MonotonicNow() < retry_at_) return false;
    phase_ = Phase::kBeginning;
  }
  const Status opened = Open(stop);
  {
    MutexLock lock(mutex_);
    phase_ = opened ? Phase::kRunning : Phase::kNew;
    if (!opened && opened.error().kind != ErrorKind::kCancelled) Fail(opened.error());
  }
  if (opened) WakeOne();
  return opened.has_value();
}

Status SqsQueue::Open(std::stop_token stop) {
  auto account = client_->AccountId(stop);
  if (!account) return Propagate(account);
  std::string url = options_.queue;
  if (!aws::sqs::IsQueueUrl(url)) {
    auto found = client_->Call(aws::sqs::GetQueueUrl{.name = url}, stop);
    if (!found) return Propagate(found);
    url = std::move(found->url);
  }
  auto attributes = client_->Call(aws::sqs::GetQueueAttributes{.queue_url = url}, stop);
  if (!attributes && attributes.error().kind != ErrorKind::kRejected) return Propagate(attributes);
  // Who may not look at the queue may still read it.
  if (!attributes) {
    context_.events.QueueNotInspected(subject_, attributes.error());
  } else {
    if (attributes->dead_letter_arn.empty()) context_.events.QueueWithoutDeadLetters(subject_);
    if (attributes->kms_key_id == kManagedKey) context_.events.QueueKeyBarsSenders(subject_);
  }
  Inspect(url);
  // The queue's own name, not the configuration's: renaming a service imports nothing again (D-7).
  std::string key =
      fmt::format("{}/{}/queue/{}", *account, client_->region(), aws::sqs::QueueNameOf(url));
  if (!context_.input_id.empty()) key += "/" + context_.input_id;
  if (!context_.claims.Claim(key, this)) {
    return collector::Fail(ErrorKind::kRejected,
                           fmt::format("the queue {} is read by another service already; remove "
                                       "one of them",
                                       url));
  }
  auto stored = context_.positions.Load(key);
  if (!stored) return Propagate(stored);
  MutexLock lock(mutex_);
  ledger_.Restore(stored->seen);
  account_ = *std::move(account);
  queue_url_ = std::move(url);
  key_ = std::move(key);
  if (std::exchange(failing_, false)) context_.events.PullWorksAgain(subject_);
  return {};
}

// --- one piece of work

Source::Next SqsQueue::Work(size_t worker, std::stop_token stop) {
  {
    MutexLock lock(mutex_);
    std::erase(idle_, worker);
    // That the queue is done comes first: a long poll would keep it back.
    if (std::exchange(told_[worker], standing_) != standing_) {
      return {context_.clock.MonotonicNow(), standing_};
    }
  }
  const bool is_keeper = worker == 0;
  const bool did = Begin(stop) && (ChangeVisibility(stop) || Delete(stop) ||
                                   (!is_keeper && (Receive(stop) || Read(worker, stop))));
  bool is_more = false;
  bool was_busy = false;
  Source::Next next;
  {
    MutexLock lock(mutex_);
    const Instant now = context_.clock.MonotonicNow();
    is_more = HasWork(now);
    was_busy = standing_ == Source::Standing::kBusy;
    if (did || (is_more && !is_keeper)) {
      next = {now, StandingLocked()};
    } else {
      next = {IdleUntil(is_keeper, now), StandingLocked()};
      if (!is_keeper) idle_.push_back(worker);
    }
    told_[worker] = next.standing;
  }
  // Each that finds more than it can do wakes another one. All have to learn that the queue is
  // done.
  if (was_busy && next.standing != Source::Standing::kBusy) {
    for (const auto& wake : wakers_) wake();
  } else if (is_more) {
    WakeOne();
  }
  return next;
}

bool SqsQueue::HasWork(Instant now) const {
  if (phase_ != Phase::kRunning) return false;
  return ledger_.DeletesDue(now) || ledger_.ObjectReady() || MayReceive(now);
}

bool SqsQueue::MayReceive(Instant now) const {
  // A poll that is cut off by the end of the run hides what SQS gives out to it (D-5).
  if (context_.once && standing_ == Source::Standing::kCaughtUp) return false;
  // Of a FIFO queue one at a time: a second one would find the groups held by the first.
  if (is_fifo_ && (receiving_ > 0 || (!ledger_.empty() && now < probe_at_))) return false;
  return receiving_ < receivers_ && now >= retry_at_ &&
         ledger_.FreeSlots() > receiving_ * kMostMessages;
}

Instant SqsQueue::IdleUntil(bool is_keeper, Instant now) const {
  // Only the keeper looks at the clock; the others are woken.
  if (!is_keeper) return now + kLater;
  if (phase_ != Phase::kRunning) return std::max(retry_at_, now + kFailurePause);
  Instant due = std::min(ledger_.NextDue(), now + kLater);
  if (now < retry_at_) due = std::min(due, retry_at_);
  const Instant probe = std::max(probe_at_, retry_at_);
  if (is_fifo_ && !ledger_.empty() && receiving_ == 0 && probe > now) due = std::min(due, probe);
  return std::max(due, now);
}

Source::Standing SqsQueue::StandingLocked() {
  if (standing_ == Source::Standing::kCaughtUp) return standing_;  // once is enough
  standing_ = failing_                        ? Source::Standing::kFailed
              : was_empty_ && ledger_.empty() ? Source::Standing::kCaughtUp
                                              : Source::Standing::kBusy;
  return standing_;
}

// A pull is given up until the next period; others meet the same error, so it is said once.
void SqsQueue::Fail(const Error& error) {
  const Instant now = context_.clock.MonotonicNow();
  if (now >= retry_at_) {
    context_.events.PullGivenUp(subject_, error, options_.service.request_period);
  }
  retry_at_ = now + options_.service.request_period;
  failing_ = true;
}

// --- receiving

bool SqsQueue::Receive(std::stop_token stop) {
  aws::sqs::ReceiveMessage receive;
  bool is_probe = false;
  {
    MutexLock lock(mutex_);
    const Instant now = context_.clock.MonotonicNow();
    if (!MayReceive(now)) return false;
    const size_t slots = ledger_.FreeSlots() - receiving_ * kMostMessages;
    receive.max_messages = static_cast<int>(std::min<size_t>(slots, kMostMessages));
    receive.queue_url = queue_url_;
    is_probe = is_fifo_ && !ledger_.empty();
    receive.wait = is_probe                                   ? Seconds(0)
                   : standing_ == Source::Standing::kCaughtUp ? kLongPoll
                                                              : kShortPoll;
    receive.visibility_timeout = options_.ledger.visibility;
    ++receiving_;
  }
  // SQS may have given out what a short poll is about to bring: cut off, these messages would stay
  // hidden for as long as their visibility lasts (D-5). A long poll brings nothing, as a rule.
  if (receive.wait != kLongPoll) stop = context_.give_up;
  const auto received = client_->Call(receive, stop);
  std::vector<Result<Notification>> notifications;
  if (received) {
    for (const auto& message : received->messages) {
      notifications.push_back(Understand(message));
    }
  }
  MutexLock lock(mutex_);
  --receiving_;
  if (!received) {
    if (received.error().kind != ErrorKind::kCancelled) Fail(received.error());
    return true;
  }
  if (std::exchange(failing_, false)) context_.events.PullWorksAgain(subject_);
  NoteReceived(is_probe, received->messages.empty());
  for (size_t i = 0; i < notifications.size(); ++i) {
    Take(received->messages[i], notifications[i]);
  }
  // The keeper has to learn when there is something to keep.
  if (!received->messages.empty()) wakers_[0]();
  return true;
}

void SqsQueue::NoteReceived(bool is_probe, bool is_empty) {
  // Of a FIFO queue SQS gives out no more messages of a group while some are in hand (S-20). What
  // other groups hold is asked for at once while that pays, else every second.
  if (is_probe) probe_pays_ = !is_empty;
  probe_at_ = context_.clock.MonotonicNow() + (probe_pays_ && !is_empty ? Seconds(0) : kProbePause);
  if (is_probe && is_empty) return;
  // More receivers only while they find something: an idle queue is asked by one.
  was_empty_ = was_empty_ || is_empty;
  receivers_ = is_empty ? 1 : std::min(receivers_ + 1, kMostReceivers);
}

void SqsQueue::Take(const Message& message, const Result<Notification>& notification) {
  const Instant now = context_.clock.MonotonicNow();
  const QueueLedger::ReceivedMessage received{message.id, message.receipt_handle,
                                              std::max(message.receive_count, 1)};
  if (!notification) {
    context_.events.MessageNotUnderstood(subject_, message.id, message.receive_count,
                                         notification.error());
    ledger_.ReceivePoison(received, now);
    return;
  }
  context_.events.counts().other_announcements +=
      notification->other_events + (notification->is_test ? 1 : 0);
  if (!ledger_.Receive(received, notification->objects, now)) {
    ++context_.events.counts().duplicates_dropped;
  }
}

// --- deleting and keeping invisible

bool SqsQueue::Delete(std::stop_token stop) {
  Handles handles;
  {
    MutexLock lock(mutex_);
    handles = ledger_.TakeDeletes(context_.clock.MonotonicNow());
  }
  if (handles.empty()) return false;
  SendDeletes(handles, std::move(stop));
  return true;
}

void SqsQueue::SendDeletes(const Handles& handles, std::stop_token stop) {
  Remember();
  aws::sqs::DeleteMessageBatch call{.queue_url = QueueUrl()};
  for (const QueueLedger::Handle& handle : handles) call.receipt_handles.push_back(handle.receipt);
  const auto deleted = client_->Call(call, std::move(stop));
  MutexLock lock(mutex_);
  const Instant now = context_.clock.MonotonicNow();
  probe_at_ = now;  // what a FIFO queue held back may come
  if (!deleted && deleted.error().kind != ErrorKind::kCancelled) {
    context_.events.MessagesNotDeleted(subject_, handles.size(), deleted.error());
  }
  for (size_t i = 0; i < handles.size(); ++i) {
    auto deletion = QueueLedger::Deletion::kTryAgain;
    if (deleted && IsDone(i, *deleted)) {
      deletion = QueueLedger::Deletion::kDone;
      ++context_.events.counts().messages_deleted;
    } else if (deleted) {
      const auto* failure = FailureOf(i, *deleted);
      if (failure != nullptr && failure->sender_fault) deletion = QueueLedger::Deletion::kUnknown;
    }
    ledger_.EndDelete(handles[i], deletion, now);
  }
}

std::string SqsQueue::QueueUrl() const {
  MutexLock lock(mutex_);
  return queue_url_;
}

// Stores which objects are delivered before their messages are deleted. What cannot be stored costs
// duplicates at most: here the queue itself is the position.
void SqsQueue::Remember() {
  PositionChange change;
  std::string key;
  {
    MutexLock lock(mutex_);
    change.seen = ledger_.TakeDelivered();
    if (const auto old = ledger_.Forget(context_.clock.Now())) change.forget.push_back(*old);
    key = key_;
  }
  if (change.seen.empty() && change.forget.empty()) return;
  const Status stored = context_.positions.Commit(key, change);
  MutexLock lock(mutex_);
  if (!stored && !store_failed_) context_.events.DeliveredNotStored(subject_, stored.error());
  store_failed_ = !stored;
}

bool SqsQueue::ChangeVisibility(std::stop_token stop) {
  Handles handles;
  {
    MutexLock lock(mutex_);
    handles = ledger_.TakeVisibilityChanges(context_.clock.MonotonicNow());
  }
  if (handles.empty()) return false;
  SendVisibility(handles, std::move(stop));
  return true;
}

void SqsQueue::SendVisibility(const Handles& handles, std::stop_token stop) {
  aws::sqs::ChangeMessageVisibilityBatch change{.queue_url = QueueUrl()};
  for (const QueueLedger::Handle& handle : handles) {
    change.entries.push_back({handle.receipt, handle.visibility});
  }
  const auto changed = client_->Call(change, std::move(stop));
  MutexLock lock(mutex_);
  const Instant now = context_.clock.MonotonicNow();
  if (!changed && changed.error().kind != ErrorKind::kCancelled) {
    context_.events.VisibilityNotChanged(subject_, handles.size(), changed.error());
  }
  for (size_t i = 0; i < handles.size(); ++i) {
    const bool ok = changed && IsDone(i, *changed);
    ledger_.EndVisibilityChange(handles[i], ok, now);
  }
}

// --- reading

std::vector<QueueLedger::Task> SqsQueue::TakeTasks(size_t most) {
  std::vector<QueueLedger::Task> tasks;
  bool is_more = false;
  {
    MutexLock lock(mutex_);
    while (tasks.size() < most) {
      auto task = ledger_.TakeObject();
      if (!task) break;
      tasks.push_back(*std::move(task));
    }
    is_more = HasWork(context_.clock.MonotonicNow());
  }
  if (!tasks.empty() && is_more) WakeOne();
  return tasks;
}

void SqsQueue::EndReading(const RecordId& id) {
  MutexLock lock(mutex_);
  ledger_.EndReading(id);
}

Ack SqsQueue::NewAck(Tickets tickets) {
  return Ack::Create(
      [tickets = std::move(tickets), inbox = inbox_, queue = weak_from_this()](Outcome outcome) {
        for (const auto& ticket : tickets) {
          ticket->outcome = outcome;
          inbox->Put(ticket);
        }
        if (const auto alive = queue.lock()) alive->wakers_[0]();
      });
}

std::string SqsQueue::Account() const {
  MutexLock lock(mutex_);
  return account_;
}

// --- what comes back, and the end

void SqsQueue::Settle() {
  // Within the lock: whoever finds the inbox empty must see what another took out of it.
  MutexLock lock(mutex_);
  const std::vector<std::shared_ptr<Ticket>> tickets = inbox_->TakeAll();
  if (tickets.empty()) return;
  const Timestamp now = context_.clock.Now();
  const Instant monotonic = context_.clock.MonotonicNow();
  for (const std::shared_ptr<Ticket>& ticket : tickets) {
    const bool delivered = ticket->outcome == Outcome::kDelivered;
    // An output fails a batch only when it is closed.
    if (!delivered) {
      ticket->end = QueueLedger::End::kCancelled;
      ticket->progress = {};
    }
    if (delivered) context_.events.counts().records_delivered += ticket->records;
    ledger_.EndObject(ticket->id, ticket->end, ticket->progress, now, monotonic);
  }
}

void SqsQueue::End(Instant deadline) {
  std::stop_source too_late;
  std::jthread timer([&, this](std::stop_token done) {
    if (context_.clock.WaitUntil(deadline, std::move(done))) too_late.request_stop();
  });
  while (!too_late.stop_requested()) {
    Handles deletes;
    Handles unfinished;
    {
      MutexLock lock(mutex_);
      if (phase_ != Phase::kRunning) return;
      deletes = ledger_.TakeDeletes(context_.clock.MonotonicNow(), true);
      if (deletes.empty()) unfinished = ledger_.TakeUnfinished();
    }
    if (deletes.empty() && unfinished.empty()) return;
    if (!deletes.empty()) SendDeletes(deletes, too_late.get_token());
    if (!unfinished.empty()) SendVisibility(unfinished, too_late.get_token());
  }
}

// --- the workers

namespace {

class QueueWorker : public Source {
 public:
  QueueWorker(std::shared_ptr<SqsQueue> queue, size_t index)
      : queue_(std::move(queue)), index_(index) {
    queue_->AddWorker([this] { Wake(); });
  }

  const std::string& name() const override { return queue_->name(); }
  void Settle() override { queue_->Settle(); }
  Next Poll(std::stop_token stop) override { return queue_->Work(index_, std::move(stop)); }
  void End(Instant deadline) override {
    if (index_ == 0) queue_->End(deadline);
  }

 private:
  const std::shared_ptr<SqsQueue> queue_;
  const size_t index_;
};

}  // namespace

std::vector<std::unique_ptr<Source>> NewQueueWorkers(const std::shared_ptr<SqsQueue>& queue,
                                                     size_t count) {
  std::vector<std::unique_ptr<Source>> workers;
  for (size_t i = 0; i < count; ++i) workers.push_back(std::make_unique<QueueWorker>(queue, i));
  return workers;
}

}  // namespace collector
