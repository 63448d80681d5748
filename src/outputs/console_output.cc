#include "outputs/console_output.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "base/file.h"
#include "outputs/submit_queue.h"
#include "outputs/text_format.h"
#include "outputs/waiter.h"

namespace collector {
namespace {

// A person or a pipe reads this: a small window keeps what is held low without slowing it.
constexpr SubmitQueue::Bounds kConsoleWindow = {.bytes = size_t{4} << 20, .records = 100'000};
constexpr size_t kBufferBytes = 64 << 10;

class ConsoleOutput : public Output {
 public:
  ConsoleOutput(std::string name, TextFormat format, Events& events, int fd,
                std::function<void(const Error&)> on_failed, std::unique_ptr<Waiter> waiter)
      : name_(std::move(name)),
        format_(format),
        events_(events),
        fd_(fd),
        on_failed_(std::move(on_failed)),
        waiter_(std::move(waiter)),
        queue_(name_, kConsoleWindow, *waiter_),
        thread_([this] { Run(); }) {}

  ~ConsoleOutput() override { (void)Close(Instant()); }

  const std::string& name() const override { return name_; }

  Status Submit(Batch batch, std::stop_token stop) override {
    return queue_.Submit(std::move(batch), std::move(stop));
  }

  Status Close(Instant deadline) override {
    queue_.Close("closed");
    waiter_->StopAt(deadline);
    if (thread_.joinable()) thread_.join();
    if (left_ == 0) return {};
    return Fail(
        ErrorKind::kRetry,
        fmt::format("output {}: {} records were not taken by standard output's reader; they are "
                    "collected again at the next start",
                    name_, left_));
  }

 private:
  void Run();
  bool WriteBatch(const Records& records);
  bool Write(std::string_view text);
  void FailOn(int error_number);

  const std::string name_;
  const TextFormat format_;
  Events& events_;
  const int fd_;
  const std::function<void(const Error&)> on_failed_;
  const std::unique_ptr<Waiter> waiter_;
  SubmitQueue queue_;
  std::string buffer_;  // the thread's
  size_t left_ = 0;     // the thread's until it is joined
  std::thread thread_;
};

void ConsoleOutput::Run() {
  std::vector<Batch> batches;
  bool works = true;
  while (works) {
    queue_.TakeAll(batches);
    if (batches.empty()) {
      if (queue_.Drained()) return;
      waiter_->Wait(-1, 0, Instant::max());
      continue;
    }
    for (Batch& batch : batches) {
      works = works && WriteBatch(*batch.records);
      if (!works) left_ += batch.records->size();
      queue_.Release(batch.records->bytes(), batch.records->size());
      batch.ack.Resolve(works ? Outcome::kDelivered : Outcome::kFailed);
    }
    batches.clear();
  }
  queue_.TakeAll(batches);
  for (const Batch& batch : batches) left_ += batch.records->size();
}

bool ConsoleOutput::WriteBatch(const Records& records) {
  buffer_.clear();
  for (size_t i = 0; i < records.size(); ++i) {
    AppendLine(format_, records.tag(), records[i], buffer_);
    if (buffer_.size() < kBufferBytes && i + 1 < records.size()) continue;
    if (!Write(buffer_)) return false;
    buffer_.clear();
  }
  return true;
}

bool ConsoleOutput::Write(std::string_view text) {
  while (!text.empty()) {
    if (waiter_->WaitThrough(fd_, POLLOUT, Instant::max()) != Waiter::Woke::kReady) return false;
    // A pipe that is ready takes PIPE_BUF bytes without blocking (pipe(7)). More could block until
    // the reader comes back, and Close() could not end that.
    const ssize_t written = ::write(fd_, text.data(), std::min<size_t>(text.size(), PIPE_BUF));
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EAGAIN && errno != EINTR) {
      FailOn(errno);
      return false;
    }
  }
  return true;
}

void ConsoleOutput::FailOn(int error_number) {
  const std::string why =
      error_number == EPIPE
          ? std::string("whatever read standard output has gone")
          : fmt::format("standard output cannot be written: {}", ErrnoText(error_number));
  const Error error{ErrorKind::kRejected,
                    why + "; what it did not take is collected again at the next start",
                    {}};
  queue_.Close(why);
  events_.OutputFailed(name_, error);
  on_failed_(error);
}

}  // namespace

Result<std::unique_ptr<Output>> NewConsoleOutput(std::string name, const ConsoleSettings& settings,
                                                 const Clock& clock, Events& events, int fd,
                                                 std::function<void(const Error&)> on_failed) {
  auto waiter = Waiter::Create(clock);
  if (!waiter) return Propagate(waiter);
  return std::make_unique<ConsoleOutput>(std::move(name), settings.format, events, fd,
                                         std::move(on_failed), std::move(*waiter));
}

}  // namespace collector
