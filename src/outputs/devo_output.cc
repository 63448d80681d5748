#include "outputs/devo_output.h"

#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "outputs/devo_writer.h"
#include "outputs/submit_queue.h"
#include "outputs/tls_context.h"
#include "outputs/waiter.h"

namespace collector {
namespace {

class DevoOutput : public Output {
 public:
  DevoOutput(const std::string& name, const DevoSettings& settings, SslContext context,
             Clock& clock, Events& events, std::unique_ptr<Waiter> waiter)
      : name_(name),
        settings_(settings),
        clock_(clock),
        waiter_(std::move(waiter)),
        queue_(name, {settings.window_bytes, settings.window_records}, *waiter_),
        writer_(name, settings_, std::move(context), clock, events, queue_, *waiter_) {}

  ~DevoOutput() override { (void)Close(clock_.MonotonicNow()); }

  Status Start() {
    try {
      thread_ = std::thread([this] { writer_.Run(); });
    } catch (const std::system_error& e) {
      return Fail(ErrorKind::kRejected, fmt::format("cannot start its thread: {}", e.what()));
    }
    return {};
  }

  const std::string& name() const override { return name_; }

  Status Submit(Batch batch, std::stop_token stop) override {
    return queue_.Submit(std::move(batch), std::move(stop));
  }

  Status Close(Instant deadline) override {
    if (!thread_.joinable()) return {};
    queue_.Close("it is closed");
    waiter_->StopAt(deadline);
    thread_.join();
    if (writer_.left() == 0) return {};
    return Fail(ErrorKind::kRetry,
                fmt::format("output {}: {} records were not delivered before it was closed; the "
                            "next start reads them again",
                            name_, writer_.left()));
  }

 private:
  const std::string name_;
  const DevoSettings settings_;
  Clock& clock_;
  const std::unique_ptr<Waiter> waiter_;
  SubmitQueue queue_;
  DevoWriter writer_;
  std::thread thread_;
};

}  // namespace

Status CheckDevoFiles(const DevoSettings& settings, Timestamp now) {
  const auto context = LoadTlsContext(settings, now);
  if (!context) return Propagate(context);
  return {};
}

Result<std::unique_ptr<Output>> NewDevoOutput(const std::string& name, const DevoSettings& settings,
                                              Clock& clock, Events& events) {
  auto context = LoadTlsContext(settings, clock.Now());
  if (!context) return Propagate(context);
  auto waiter = Waiter::Create(clock);
  if (!waiter) return Propagate(waiter);
  auto output = std::make_unique<DevoOutput>(name, settings, std::move(*context), clock, events,
                                             std::move(*waiter));
  if (Status started = output->Start(); !started) return Propagate(started);
  return output;
}

}  // namespace collector
