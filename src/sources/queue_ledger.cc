#include "sources/queue_ledger.h"

#include <algorithm>
#include <utility>

namespace collector {
namespace {

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessageBatch.html
constexpr size_t kBatch = 10;
constexpr Milliseconds kDeleteRetry{2'000};

// An object whose size nobody told.
constexpr int64_t kUnknownSize = int64_t{1} << 20;

// SQS may give out a message that was deleted minutes ago, and S3 may announce an object twice.
constexpr std::chrono::minutes kDeliveredKept{10};
constexpr size_t kMostDelivered = 100'000;
constexpr size_t kMostProgress = 1'000;

// How long a message that failed stays away: half a minute, doubling up to 15 minutes.
Seconds BackOff(int receive_count) {
  constexpr Seconds kFirst{30};
  constexpr Seconds kLongest{900};
  return std::min(kLongest, kFirst * (1 << std::clamp(receive_count - 1, 0, 5)));
}

}  // namespace

bool QueueLedger::Receive(const ReceivedMessage& message,
                          const std::vector<AnnouncedObject>& objects, Instant now) {
  const auto [found, is_new] = messages_.try_emplace(message.id);
  Message& held = found->second;
  held.receipt = message.receipt;
  held.receive_count = message.receive_count;
  held.visible_until = now + options_.visibility;
  if (!is_new) return false;
  held.since = now;
  for (const AnnouncedObject& announced : objects) {
    const RecordId id = announced.Identity();
    if (delivered_.Contains(id)) continue;
    Object& object = objects_[id];
    if (std::find(object.messages.begin(), object.messages.end(), message.id) !=
        object.messages.end()) {
      continue;  // it announces the same object twice
    }
    if (object.messages.empty()) {
      object.announced = announced;
      waiting_.push_back(id);
    }
    object.messages.push_back(message.id);
    ++held.open_objects;
  }
  CloseIfDone(message.id, held, now);
  return true;
}

void QueueLedger::ReceivePoison(const ReceivedMessage& message, Instant now) {
  const auto [found, is_new] = messages_.try_emplace(message.id);
  Message& held = found->second;
  held.receipt = message.receipt;
  held.receive_count = message.receive_count;
  held.visible_until = now + options_.visibility;
  if (!is_new) return;
  held.failed = true;
  CloseIfDone(message.id, held, now);
}

size_t QueueLedger::FreeSlots() const {
  const size_t most = options_.most_messages;
  // Messages whose objects only wait here would be better off with another collector.
  if (messages_.size() >= most || waiting_.size() >= options_.most_objects) return 0;
  return most - messages_.size();
}

int64_t QueueLedger::SizeOf(const Object& object) const {
  return object.announced.size >= 0 ? object.announced.size : kUnknownSize;
}

bool QueueLedger::ObjectReady() const {
  if (waiting_.empty() || reading_ >= options_.most_objects) return false;
  return reading_ == 0 ||
         reading_bytes_ + SizeOf(objects_.at(waiting_.front())) <= options_.most_bytes;
}

std::optional<QueueLedger::Task> QueueLedger::TakeObject() {
  if (!ObjectReady()) return std::nullopt;
  const RecordId id = waiting_.front();
  Object& object = objects_.at(id);
  waiting_.pop_front();
  ++reading_;
  reading_bytes_ += SizeOf(object);
  object.reading = true;
  // What the message carries is needed once; who has failed comes with another receive.
  std::string content = std::move(object.announced.content);
  Task task{id, object.announced, 0, {}};
  task.object.content = std::move(content);
  const auto progress = progress_.find(id);
  if (progress != progress_.end()) {
    task.skip = progress->second.records;
    task.skip_etag = progress->second.etag;
  }
  return task;
}

void QueueLedger::EndReading(const RecordId& id) {
  Object& object = objects_.at(id);
  if (!std::exchange(object.reading, false)) return;
  --reading_;
  reading_bytes_ -= SizeOf(object);
}

void QueueLedger::EndObject(const RecordId& id, End end, const Progress& progress, Timestamp now,
                            Instant monotonic) {
  EndReading(id);
  const auto found = objects_.find(id);
  const std::vector<std::string> messages = std::move(found->second.messages);
  objects_.erase(found);
  if (end == End::kDelivered || end == End::kGone) {
    progress_.erase(id);
    // Whole seconds: a list of ids for each moment of its own would take more than they do.
    const SeenRecord seen{id, std::chrono::floor<Seconds>(now)};
    if (delivered_.Insert(seen)) newly_delivered_.push_back(seen);
  } else if (progress.records > 0) {
    if (progress_.size() >= kMostProgress) progress_.erase(progress_.begin());
    progress_[id] = progress;
  }
  for (const std::string& message_id : messages) {
    const auto message = messages_.find(message_id);
    if (message == messages_.end()) continue;
    --message->second.open_objects;
    message->second.failed = message->second.failed || end == End::kFailed;
    message->second.cancelled = message->second.cancelled || end == End::kCancelled;
    CloseIfDone(message_id, message->second, monotonic);
  }
}

void QueueLedger::CloseIfDone(const std::string& id, Message& message, Instant now) {
  // What the end of the program has cut off is given back by TakeUnfinished().
  if (message.open_objects > 0 || message.cancelled) return;
  message.since = now;
  if (message.failed) {
    message.state = State::kFailed;
    to_change_.push_back(id);
  } else {
    message.state = State::kToDelete;
    to_delete_.push_back(id);
  }
}

bool QueueLedger::DeletesDue(Instant now) const {
  if (to_delete_.empty() || now < delete_again_) return false;
  return to_delete_.size() >= kBatch ||
         now - messages_.at(to_delete_.front()).since >= options_.delete_delay;
}

std::vector<QueueLedger::Handle> QueueLedger::TakeDeletes(Instant now, bool flush) {
  std::vector<Handle> handles;
  if (!flush && !DeletesDue(now)) return handles;
  while (!to_delete_.empty() && handles.size() < kBatch) {
    Message& message = messages_.at(to_delete_.front());
    message.state = State::kDeleting;
    handles.push_back({to_delete_.front(), message.receipt});
    to_delete_.pop_front();
  }
  return handles;
}

void QueueLedger::EndDelete(const Handle& handle, Deletion deletion, Instant now) {
  const auto found = messages_.find(handle.id);
  if (found == messages_.end()) return;
  // Received again meanwhile: SQS wants the newest handle.
  const bool renewed = found->second.receipt != handle.receipt;
  if (deletion == Deletion::kTryAgain || renewed) {
    found->second.state = State::kToDelete;
    to_delete_.push_back(handle.id);
    if (!renewed) delete_again_ = now + kDeleteRetry;
  } else {
    messages_.erase(found);
  }
}

void QueueLedger::LookForExtensions(Instant now) {
  if (now < next_look_) return;
  next_look_ = now + std::chrono::nanoseconds(options_.visibility) / 10;
  for (auto& [id, message] : messages_) {
    const bool in_hand = message.state == State::kHeld || message.state == State::kToDelete;
    if (!in_hand || message.extending ||
        message.visible_until - now > std::chrono::nanoseconds(options_.visibility) / 2) {
      continue;
    }
    message.extending = true;
    to_change_.push_back(id);
  }
}

std::vector<QueueLedger::Handle> QueueLedger::TakeVisibilityChanges(Instant now) {
  LookForExtensions(now);
  std::vector<Handle> handles;
  while (!to_change_.empty() && handles.size() < kBatch) {
    const std::string id = std::move(to_change_.front());
    to_change_.pop_front();
    const auto found = messages_.find(id);
    if (found == messages_.end()) continue;
    Message& message = found->second;
    message.extending = false;
    if (message.state == State::kFailed) {
      message.state = State::kReturning;
      handles.push_back({id, message.receipt, BackOff(message.receive_count)});
    } else if (message.state == State::kHeld || message.state == State::kToDelete) {
      message.extending = true;
      handles.push_back({id, message.receipt, options_.visibility});
    }
  }
  return handles;
}

void QueueLedger::EndVisibilityChange(const Handle& handle, bool ok, Instant now) {
  const auto found = messages_.find(handle.id);
  if (found == messages_.end()) return;
  Message& message = found->second;
  // A message that failed is SQS's again, with the time asked for or, when SQS did not take that,
  // with what is left of its own.
  if (message.state == State::kReturning) {
    if (handle.receipt == message.receipt) {
      messages_.erase(found);
    } else {  // received again meanwhile: it is hidden anew
      message.state = State::kFailed;
      to_change_.push_back(handle.id);
    }
    return;
  }
  message.extending = false;
  // Received again meanwhile: what was asked with the old handle counts no longer.
  if (ok && handle.receipt == message.receipt) message.visible_until = now + handle.visibility;
}

std::vector<QueueLedger::Handle> QueueLedger::TakeUnfinished() {
  std::vector<Handle> handles;
  for (auto& [id, message] : messages_) {
    if (handles.size() == kBatch) break;
    if (message.state != State::kHeld && message.state != State::kFailed) continue;
    const Seconds visibility = message.failed ? BackOff(message.receive_count) : Seconds(0);
    message.state = State::kReturning;
    handles.push_back({id, message.receipt, visibility});
  }
  return handles;
}

Instant QueueLedger::NextDue() const {
  if (messages_.empty()) return Instant::max();
  if (!to_change_.empty()) return Instant::min();
  Instant due = next_look_;
  if (!to_delete_.empty()) {
    const Instant flush = messages_.at(to_delete_.front()).since + options_.delete_delay;
    due = std::min(due, std::max(flush, delete_again_));
  }
  return due;
}

std::vector<SeenRecord> QueueLedger::TakeDelivered() { return std::exchange(newly_delivered_, {}); }

std::optional<TimeRange> QueueLedger::Forget(Timestamp now) {
  Timestamp until = now - kDeliveredKept;
  // A second at a time: in it as many came as are too many now.
  if (delivered_.size() > kMostDelivered) until = std::max(until, delivered_.oldest() + Seconds(1));
  if (delivered_.size() == 0 || delivered_.oldest() >= until) return std::nullopt;
  // From the oldest, not from the last time: the clock may have been set back since.
  const TimeRange range{delivered_.oldest(), until};
  delivered_.Forget(range);
  return range;
}

void QueueLedger::Restore(const std::vector<SeenRecord>& delivered) {
  for (const SeenRecord& record : delivered) delivered_.Insert(record);
}

}  // namespace collector
