#include "cli/signals.h"

#include <utility>

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include "cli/exit_codes.h"

namespace collector {
namespace {

std::string_view NameOf(int signal_number) {
  return signal_number == SIGINT ? "SIGINT" : "SIGTERM";
}

[[noreturn]] void EndAtOnce(int signal_number) {
  const int code = kExitSignalBase + signal_number;
  const std::string text = fmt::format(
      "{} again: ending at once with exit code {}; what was not yet confirmed is read "
      "again at the next start\n",
      NameOf(signal_number), code);
  // Nothing can be done when even this fails.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
  ::_exit(code);
}

}  // namespace

StopSignals::StopSignals(std::function<void(std::string_view name)> on_first)
    : on_first_(std::move(on_first)) {
  std::signal(SIGPIPE, SIG_IGN);
  // A file that meets `ulimit -f` is a full disk like any other: an error of write(2), not our
  // death.
  std::signal(SIGXFSZ, SIG_IGN);
  sigemptyset(&watched_);
  sigaddset(&watched_, SIGTERM);
  sigaddset(&watched_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &watched_, &mask_before_);
  thread_ = std::thread([this] { Watch(); });
}

StopSignals::~StopSignals() {
  ending_ = true;
  // Wakes the thread out of sigwait: the signal goes to it alone.
  pthread_kill(thread_.native_handle(), SIGTERM);  // NOLINT(bugprone-bad-signal-to-kill-thread)
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

void StopSignals::Watch() {
  bool is_first = true;
  for (;;) {
    int signal_number = 0;
    if (sigwait(&watched_, &signal_number) != 0) continue;
    if (ending_) return;
    if (!is_first) EndAtOnce(signal_number);
    is_first = false;
    on_first_(NameOf(signal_number));
    source_.request_stop();
  }
}

}  // namespace collector
