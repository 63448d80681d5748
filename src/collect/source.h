// Source: something in AWS that records are read from. The scheduler owns it and never runs one
// source on two threads at once, so a source needs no locks of its own; only its waker is called
// from elsewhere.
#ifndef COLLECTOR_COLLECT_SOURCE_H_
#define COLLECTOR_COLLECT_SOURCE_H_

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"

namespace collector {

class Source {
 public:
  enum class Standing {
    kBusy,      // there is more to read, or something handed over is not yet settled
    kCaughtUp,  // all that there was when the run began is read, delivered and committed
    kFailed,    // the last pull was given up after its retries; the next period tries again
    kEnded,     // what it read is gone and all of it is settled: the scheduler destroys it
  };

  struct Next {
    Instant due;  // when to poll again
    Standing standing = Standing::kBusy;
    // Sources that were found, which belong into the same lane.
    std::vector<std::unique_ptr<Source>> found = {};
  };

  virtual ~Source() = default;

  // For logs: "audit-events-all us-east-1".
  virtual const std::string& name() const = 0;

  // Makes durable what outputs have delivered since the last call. Called before every Poll() and
  // once more after the outputs are closed.
  virtual void Settle() = 0;

  // Does one receive or reads one page. May be called earlier than it asked for. Returns soon after
  // `stop` is requested.
  virtual Next Poll(std::stop_token stop) = 0;

  // Everything before it was read at least once; none: it has no such time, or not yet. Any thread,
  // also while it is polled.
  virtual std::optional<Timestamp> read_up_to() const { return std::nullopt; }

  // The program ends, and all that outputs have delivered is settled: gives back what it holds of
  // AWS's (messages of a queue, D-5) and returns by `deadline`. No Poll() follows.
  virtual void End(Instant deadline) { (void)deadline; }

  // Given by the scheduler before the first Poll(). Calling it, from any thread, makes the source
  // due now: after a share was resolved, or when new work was found for it.
  void set_waker(std::function<void()> waker) { waker_ = std::move(waker); }

 protected:
  void Wake() const {
    if (waker_) waker_();
  }

 private:
  std::function<void()> waker_;
};

}  // namespace collector

#endif  // COLLECTOR_COLLECT_SOURCE_H_
