// QueueLedger: which messages of one SQS queue are in hand, which objects they announce, and what
// is to be done about each: read, deleted, kept invisible, given back. Pure bookkeeping without
// I/O: the SqsQueue that owns it asks what is next, does it, and tells how it went. Used under its
// lock.
//
// A message is deleted only when every object that it announces is delivered or gone (S-5, D-2).
// While it is in hand its visibility is extended (S-7); should it run out all the same, SQS gives
// the message out again, and when it comes back here it only renews the receipt handle. A message
// that fails becomes visible again after a time that grows with its receive count (S-10), so that
// the queue's own redrive policy decides how often it is tried; it is never deleted.
#ifndef COLLECTOR_SOURCES_QUEUE_LEDGER_H_
#define COLLECTOR_SOURCES_QUEUE_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "collect/position_store.h"
#include "collect/seen_records.h"
#include "sources/notification.h"

namespace collector {

class QueueLedger {
 public:
  struct Options {
    Seconds visibility{300};
    size_t most_objects = 64;  // read side by side
    // In hand: their objects wait, are read, or are on their way to the outputs.
    size_t most_messages = 512;
    // How long fewer than ten deletes wait for others.
    Milliseconds delete_delay{500};
    int64_t most_bytes = int64_t{16} << 20;  // of packed objects read side by side; one always may
  };

  // What identifies a message towards SQS: `id` while it lives, `receipt` for the next call.
  struct Handle {
    std::string id;
    std::string receipt;
    Seconds visibility{0};  // where one is to be set
  };

  struct ReceivedMessage {
    std::string id;
    std::string receipt;
    int receive_count = 1;
  };

  // An object to read, and how many of its records an earlier try has delivered already.
  struct Task {
    RecordId id;
    AnnouncedObject object;
    uint64_t skip = 0;
    std::string skip_etag;  // those records were of this version of the object
  };

  // How reading an object ended.
  enum class End {
    kDelivered,  // read to its end, and delivered
    kGone,       // it does not exist any more (S-11), or is to be left out
    kFailed,     // its messages are to be tried again later
    kCancelled,  // the program ends; nobody is to blame
  };

  explicit QueueLedger(const Options& options) : options_(options) {}

  // A message that announces objects; `visible_until` as of now. False when it was in hand already.
  bool Receive(const ReceivedMessage& message, const std::vector<AnnouncedObject>& objects,
               Instant now);
  // One that cannot be understood.
  void ReceivePoison(const ReceivedMessage& message, Instant now);

  // How many messages may be received now: as many as there are free slots (S-8).
  size_t FreeSlots() const;

  // The next object to read, if there is one and room for it.
  std::optional<Task> TakeObject();
  bool ObjectReady() const;
  // Reading has ended, so that another object may be read; its records are still on their way.
  void EndReading(const RecordId& id);
  // Read and settled. Of an object that failed: what of it was delivered all the same.
  struct Progress {
    uint64_t records = 0;
    std::string etag;
  };
  void EndObject(const RecordId& id, End end, const Progress& progress, Timestamp now,
                 Instant monotonic);

  // Up to ten messages to delete: when there are ten, when the first has waited delete_delay, or
  // with `flush`.
  std::vector<Handle> TakeDeletes(Instant now, bool flush = false);
  bool DeletesDue(Instant now) const;
  // Deleted; or not, and to be tried again; or SQS does not know the handle any more.
  enum class Deletion { kDone, kTryAgain, kUnknown };
  void EndDelete(const Handle& handle, Deletion deletion, Instant now);

  // Up to ten messages whose visibility is to be set: those in hand that have lost half of it, and
  // those that failed.
  std::vector<Handle> TakeVisibilityChanges(Instant now);
  // Whether SQS took the change.
  void EndVisibilityChange(const Handle& handle, bool ok, Instant now);

  // The program ends: all that is in hand and not to be deleted, up to ten at a time, to be made
  // visible at once (D-5).
  std::vector<Handle> TakeUnfinished();

  // When there will be something to do that nobody will tell of.
  Instant NextDue() const;

  bool empty() const { return messages_.empty(); }
  size_t size() const { return messages_.size(); }

  // Ids of objects that were delivered since the last call: to be stored before their messages are
  // deleted, so that a kill in between repeats nothing.
  std::vector<SeenRecord> TakeDelivered();
  // The stretch of time whose ids need not be kept any longer, if there is one.
  std::optional<TimeRange> Forget(Timestamp now);
  // What was stored by an earlier run.
  void Restore(const std::vector<SeenRecord>& delivered);

 private:
  enum class State { kHeld, kToDelete, kDeleting, kFailed, kReturning };
  struct Message {
    std::string receipt;
    int receive_count = 1;
    Instant visible_until{};
    size_t open_objects = 0;
    bool failed = false;
    bool cancelled = false;
    bool extending = false;
    State state = State::kHeld;
    Instant since{};  // of the state
  };
  struct Object {
    AnnouncedObject announced;
    std::vector<std::string> messages;
    bool reading = false;
  };

  void CloseIfDone(const std::string& id, Message& message, Instant now);
  void LookForExtensions(Instant now);
  int64_t SizeOf(const Object& object) const;

  const Options options_;
  std::unordered_map<std::string, Message> messages_;  // by SQS's message id
  std::unordered_map<RecordId, Object, RecordIdHash> objects_;
  std::deque<RecordId> waiting_;       // of objects_, to be read
  std::deque<std::string> to_delete_;  // of messages_
  std::deque<std::string> to_change_;
  size_t reading_ = 0;
  int64_t reading_bytes_ = 0;
  Instant next_look_{};     // for extensions
  Instant delete_again_{};  // after a delete that failed
  SeenRecords delivered_;
  std::vector<SeenRecord> newly_delivered_;
  std::map<RecordId, Progress> progress_;
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_QUEUE_LEDGER_H_
