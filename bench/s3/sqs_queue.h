// SqsQueue: one standard queue of SQS with its messages, exact in what real SQS leaves vague: a
// message is deleted or comes back, and each of both is counted. The load server's thread owns it;
// the caller says what time it is, so that tests do not wait.
//
// As AWS documents it: a received message is invisible for its visibility timeout and then comes
// back; each receive gives another receipt handle, and only the latest one deletes (a delete with
// an older one succeeds and does nothing); a handle whose time ran out still deletes as long as
// nobody has received the message anew.
#ifndef COLLECTOR_BENCH_S3_SQS_QUEUE_H_
#define COLLECTOR_BENCH_S3_SQS_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace collector::bench {

class SqsQueue {
 public:
  struct Counts {
    uint64_t sent = 0;
    uint64_t received = 0;             // deliveries, redeliveries too
    uint64_t redelivered = 0;          // deliveries of a message that had been delivered before
    uint64_t deleted = 0;              // messages
    uint64_t expired = 0;              // visibility timeouts that ran out
    uint64_t returned = 0;             // messages made visible at once (visibility 0)
    uint64_t extended = 0;             // visibility changed to something else
    uint64_t ineffective_deletes = 0;  // with a handle that was not the latest
    uint64_t visible = 0;
    uint64_t in_flight = 0;
    std::optional<Instant> first_sent, first_received, last_deleted;
  };

  struct Delivery {
    const std::string* body = nullptr;  // until the message is deleted
    std::string message_id;
    std::string receipt_handle;
    int receive_count = 0;
    Instant sent;
    Instant first_received;
  };

  enum class Outcome {
    kDone,
    kIneffective,    // an older handle, or the message is not in flight any more
    kUnknownHandle,  // not a handle of this queue
  };

  SqsQueue(std::string name, Milliseconds visibility);

  const std::string& name() const { return name_; }
  Milliseconds visibility() const { return visibility_; }
  const Counts& counts() const { return counts_; }

  void Send(std::string body, Instant now);
  // Up to `most` visible messages, the one that has waited longest first.
  std::vector<Delivery> Receive(size_t most, Milliseconds visibility, Instant now);
  Outcome Delete(std::string_view receipt_handle, Instant now);
  Outcome ChangeVisibility(std::string_view receipt_handle, Milliseconds visibility, Instant now);

  // Makes visible again whatever is due. The other calls do it by themselves.
  void Expire(Instant now);
  // When the next message in flight comes back, if nobody deletes it before.
  std::optional<Instant> NextExpiry();

 private:
  struct Message {
    std::string body;
    Instant sent;
    Instant first_received;
    Instant visible_again;  // while in flight
    uint32_t receives = 0;
    bool in_flight = false;
    bool deleted = false;
  };
  struct Due {
    Instant when;
    size_t index;
    bool operator<(const Due& other) const { return when > other.when; }  // a min-heap
  };

  std::string Handle(size_t index) const;
  std::string Id(size_t index) const;
  // The message and the number of the receive that a handle stands for.
  std::optional<std::pair<size_t, uint32_t>> Parse(std::string_view handle) const;
  // Whether an entry of due_ still says when its message comes back.
  bool Current(const Due& due) const;
  void Return(size_t index);

  const std::string name_;
  const Milliseconds visibility_;
  const uint32_t mark_;  // of this queue, in handles and ids
  std::deque<Message> messages_;
  std::deque<size_t> visible_;  // indices; deleted ones are skipped when met
  std::priority_queue<Due> due_;
  Counts counts_;
};

}  // namespace collector::bench

#endif  // COLLECTOR_BENCH_S3_SQS_QUEUE_H_
