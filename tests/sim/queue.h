// A queue of SQS in memory, standard or FIFO: visibility that runs out, receive counts, messages
// that come twice, batches that fail in part, a dead-letter queue. It checks what the collector
// does with it: see violations(). Used by one thread.
#ifndef COLLECTOR_TESTS_SIM_QUEUE_H_
#define COLLECTOR_TESTS_SIM_QUEUE_H_

#include <functional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "sim/world.h"

namespace collector::sim {

struct SimMessage {
  std::string body;
  std::string group;          // of a FIFO queue
  std::vector<size_t> items;  // objects that it announces, or the event that it is
  bool poison = false;        // it or one of its items cannot be read
  Instant visible{};          // from then on; at first, when it is sent

  // What becomes of it.
  enum class State { kQueued, kDeleted, kDead };
  enum class Holder {
    kNobody,
    kCollector,    // it has been told of the message, and has it in hand
    kAnotherLife,  // a process that is no more had it, or the answer was lost
    kGivenBack,    // by this process, with a time after which it is visible
  };
  State state = State::kQueued;
  Holder holder = Holder::kNobody;
  int receives = 0;  // since it was sent or moved back from the dead-letter queue
  int receipt = 0;   // of the newest handle
  Instant given{};   // out, the last time
};

class SimQueue {
 public:
  struct Options {
    bool fifo = false;
    int most_receives = 0;  // then it goes to the dead-letter queue; 0: there is none
    double twice = 0;       // how often a message of a standard queue comes once more
    Seconds visibility{0};  // that the collector asks for
    size_t most_in_hand = 0;
    bool extends_no_visibility = false;  // a planted fault
  };
  // `time` is that of who waits for messages; `is_done` says of an item that all that can be
  // read of it has been delivered.
  // `is_stored`, that the collector knows that also after a kill.
  using Judge = std::function<bool(size_t item)>;
  SimQueue(Clock& time, Random& random, const Faults& faults, const Options& options, Judge is_done,
           Judge is_stored)
      : time_(time),
        random_(random),
        faults_(faults),
        options_(options),
        is_done_(std::move(is_done)),
        is_stored_(std::move(is_stored)) {}

  // In the order in which they are sent.
  void Add(SimMessage message) { messages_.push_back(std::move(message)); }
  const std::vector<SimMessage>& messages() const { return messages_; }

  // The answer to a call; `operation` is what follows "AmazonSQS.".
  Result<http::Response> Answer(const std::string& operation, const http::Request& request,
                                std::stop_token stop);
  // A call was made, whether it arrives or not.
  void Asked(const std::string& operation, const http::Request& request);
  // The last answer was lost.
  void AnswerLost();
  // The collector hangs up while it waits for messages. A short poll's SQS may have chosen just
  // then, so that they are hidden; a long one brings nothing, as a rule.
  void HangUp();

  // The process is gone; nobody has its messages in hand any more.
  void EndLife();
  // An operator moves back from the dead-letter queue what announces something undelivered.
  void Redrive();

  // Messages that came again although they were in hand.
  int expired() const { return expired_; }
  const std::vector<std::string>& violations() const { return violations_; }

 private:
  http::Response Batch(const std::string& operation, const http::Request& request);
  // What is wrong with an entry; empty: nothing.
  std::string Delete(const std::string& handle);
  std::string ChangeVisibility(const std::string& handle, Seconds visibility);
  Result<std::vector<size_t>> Wait(size_t most, Seconds wait, std::stop_token stop);
  std::vector<size_t> Choose(size_t most);
  std::set<std::string> GroupsInFlight() const;
  void MaybeTwice(std::vector<size_t>& chosen, size_t most);
  Instant NextVisible() const;
  void CheckDelete(const SimMessage& message, const std::string& handle);
  std::string Give(const std::vector<size_t>& chosen);
  void CheckSlots(size_t asked);
  SimMessage* OfHandle(const std::string& handle, int& receipt);

  Clock& time_;
  Random& random_;
  const Faults& faults_;
  const Options options_;
  const Judge is_done_;
  const Judge is_stored_;
  std::vector<SimMessage> messages_;
  std::vector<size_t> last_given_;
  size_t asked_ = 0;  // for how many messages is being waited
  Seconds last_wait_{0};
  int expired_ = 0;
  std::vector<std::string> violations_;
};

}  // namespace collector::sim

#endif  // COLLECTOR_TESTS_SIM_QUEUE_H_
