// StopSignals: SIGTERM and SIGINT as a stop token. The first one asks for an end in order, the
// second one ends the process at once, with 128 + its number as exit code. Made by the main thread
// before any other thread begins, because those inherit its signal mask; one at a time.
#ifndef COLLECTOR_CLI_SIGNALS_H_
#define COLLECTOR_CLI_SIGNALS_H_

#include <atomic>
#include <csignal>
#include <functional>
#include <stop_token>
#include <string_view>
#include <thread>

namespace collector {

class StopSignals {
 public:
  // `on_first` is called with "SIGTERM" or "SIGINT", on a thread of this object's own, just before
  // the stop is requested. SIGPIPE is ignored from here on: a broken connection is an error of a
  // write.
  explicit StopSignals(std::function<void(std::string_view name)> on_first);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  std::stop_token token() const { return source_.get_token(); }

 private:
  void Watch();

  const std::function<void(std::string_view name)> on_first_;
  std::stop_source source_;
  std::atomic<bool> ending_{false};
  sigset_t watched_;
  sigset_t mask_before_;
  std::thread thread_;
};

}  // namespace collector

#endif  // COLLECTOR_CLI_SIGNALS_H_
