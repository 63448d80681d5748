#include "outputs/waiter.h"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/file.h"

namespace collector {
namespace {

// Long waits are cut to this: poll's time is not the collector's clock.
constexpr std::chrono::nanoseconds kLongestPoll = std::chrono::minutes(10);

}  // namespace

Result<std::unique_ptr<Waiter>> Waiter::Create(const Clock& clock) {
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) {
    return Fail(ErrorKind::kRejected,
                fmt::format("cannot make an event descriptor: {}; raise the limit on open files",
                            ErrnoText(errno)));
  }
  return std::unique_ptr<Waiter>(new Waiter(clock, fd));
}

Waiter::~Waiter() { ::close(event_fd_); }

void Waiter::Wake() {
  // It can fail only when the counter is full, and then the thread is being woken anyway.
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(event_fd_, &one, sizeof one);
}

void Waiter::StopAt(Instant when) {
  stop_at_.store(when.time_since_epoch().count());
  Wake();
}

void Waiter::Drain() {
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(event_fd_, &count, sizeof count);
}

Waiter::Woke Waiter::Wait(int fd, short events, Instant until, short* revents) {
  pollfd fds[2] = {{event_fd_, POLLIN, 0}, {fd, events, 0}};
  for (;;) {
    const Instant now = clock_.MonotonicNow();
    const auto left =
        std::clamp(std::min(until, stop_at()) - now, std::chrono::nanoseconds(0), kLongestPoll);
    const timespec timeout = {static_cast<time_t>(left.count() / 1'000'000'000),
                              static_cast<long>(left.count() % 1'000'000'000)};
    const int ready = ::ppoll(fds, fd < 0 ? 1 : 2, &timeout, nullptr);
    if (Stopped()) return Woke::kStopped;
    const bool woken = ready > 0 && fds[0].revents != 0;
    if (woken) Drain();
    if (ready > 0 && fd >= 0 && fds[1].revents != 0) {
      if (revents != nullptr) *revents = fds[1].revents;
      return Woke::kReady;
    }
    if (woken) return Woke::kWoken;
    if (clock_.MonotonicNow() >= until) return Woke::kTimeout;
  }
}

Waiter::Woke Waiter::WaitThrough(int fd, short events, Instant until) {
  for (;;) {
    const Woke woke = Wait(fd, events, until);
    if (woke != Woke::kWoken) return woke;
  }
}

}  // namespace collector
