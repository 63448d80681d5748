// Waiter: how the thread of an output sleeps: until a socket is ready, a time has come, another
// thread wakes it, or the time by which it must end is past. Every wait of an output goes through
// it, so none outlasts Close(). Owned by the output; Wake() and StopAt() from any thread, the rest
// from the output's own.
#ifndef COLLECTOR_OUTPUTS_WAITER_H_
#define COLLECTOR_OUTPUTS_WAITER_H_

#include <atomic>
#include <memory>

#include <poll.h>

#include "base/clock.h"
#include "base/result.h"

namespace collector {

class Waiter {
 public:
  enum class Woke {
    kReady,    // the descriptor has one of the events, or an error
    kTimeout,  // `until` has come
    kWoken,    // Wake() was called
    kStopped,  // the time given to StopAt() has come
  };

  // Fails when the process has no descriptors left.
  static Result<std::unique_ptr<Waiter>> Create(const Clock& clock);
  ~Waiter();
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  void Wake();
  // From `when` on no wait lasts.
  void StopAt(Instant when);
  bool Stopped() const { return Now() >= stop_at(); }
  Instant Now() const { return clock_.MonotonicNow(); }

  // `fd` may be -1: nothing but time and Wake(). `events` as poll() takes them; what came is left
  // in `revents` when that is given. A Wake() that came before ends the next wait.
  Woke Wait(int fd, short events, Instant until, short* revents = nullptr);

  // The same, but Wake() does not end it.
  Woke WaitThrough(int fd, short events, Instant until);

 private:
  Waiter(const Clock& clock, int event_fd) : clock_(clock), event_fd_(event_fd) {}
  Instant stop_at() const { return Instant(Instant::duration(stop_at_.load())); }
  void Drain();

  const Clock& clock_;
  const int event_fd_;
  std::atomic<Instant::rep> stop_at_{Instant::max().time_since_epoch().count()};
};

}  // namespace collector

#endif  // COLLECTOR_OUTPUTS_WAITER_H_
