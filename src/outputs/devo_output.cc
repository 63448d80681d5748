#include "outputs/devo_output.h"

#include <algorithm>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "outputs/devo_writer.h"
#include "outputs/submit_queue.h"
#include "outputs/tls_context.h"
#include "outputs/waiter.h"

namespace collector {
namespace {

// One connection with its share of the window and the thread that writes to it.
class Channel {
 public:
  Channel(const std::string& name, const DevoSettings& settings, SslContext context, Clock& clock,
          Events& events, std::unique_ptr<Waiter> waiter)
      : waiter_(std::move(waiter)),
        queue_(name,
               {std::max<size_t>(settings.window_bytes / settings.connections, 1),
                std::max<size_t>(settings.window_records / settings.connections, 1)},
               *waiter_),
        writer_(name, settings, std::move(context), clock, events, queue_, *waiter_) {}

  Status Start() {
    try {
      thread_ = std::thread([this] { writer_.Run(); });
    } catch (const std::system_error& e) {
      return Fail(ErrorKind::kRejected, fmt::format("cannot start its thread: {}", e.what()));
    }
    return {};
  }

  SubmitQueue& queue() { return queue_; }

  // The first half of Close(): nothing more is taken, and the rest must be done by `deadline`.
  void Finish(Instant deadline) {
    queue_.Close("it is closed");
    waiter_->StopAt(deadline);
  }
  // The second: how many records were left undelivered; told once.
  size_t Join() {
    if (!thread_.joinable()) return 0;
    thread_.join();
    return writer_.left();
  }

 private:
  const std::unique_ptr<Waiter> waiter_;
  SubmitQueue queue_;
  DevoWriter writer_;
  std::thread thread_;
};

// A batch goes to the channel that is filled the least: channels share nothing, so that no lock is
// in their way, and one that stalls gets nothing while others have room.
class DevoOutput : public Output {
 public:
  DevoOutput(const std::string& name, const DevoSettings& settings, Clock& clock)
      : name_(name), settings_(settings), clock_(clock) {}

  ~DevoOutput() override { (void)Close(clock_.MonotonicNow()); }

  Status AddChannel(SslContext context, Events& events) {
    auto waiter = Waiter::Create(clock_);
    if (!waiter) return Propagate(waiter);
    channels_.push_back(std::make_unique<Channel>(ChannelName(), settings_, std::move(context),
                                                  clock_, events, *std::move(waiter)));
    return channels_.back()->Start();
  }

  const std::string& name() const override { return name_; }

  Status Submit(Batch batch, std::stop_token stop) override {
    return LeastFilled().Submit(std::move(batch), std::move(stop));
  }

  Status Close(Instant deadline) override {
    size_t left = 0;
    for (const auto& channel : channels_) channel->Finish(deadline);
    for (const auto& channel : channels_) left += channel->Join();
    if (left == 0) return {};
    return Fail(ErrorKind::kRetry,
                fmt::format("output {}: {} records were not delivered before it was closed; the "
                            "next start reads them again",
                            name_, left));
  }

 private:
  std::string ChannelName() const {
    if (settings_.connections == 1) return name_;
    return fmt::format("{}/{}", name_, channels_.size() + 1);
  }

  SubmitQueue& LeastFilled() {
    Channel* least = channels_.front().get();
    if (channels_.size() == 1) return least->queue();
    double fill = least->queue().Fill();
    for (const auto& channel : channels_) {
      if (fill == 0) break;
      const double other = channel->queue().Fill();
      if (other >= fill) continue;
      least = channel.get();
      fill = other;
    }
    return least->queue();
  }

  const std::string name_;
  const DevoSettings settings_;
  Clock& clock_;
  std::vector<std::unique_ptr<Channel>> channels_;
};

}  // namespace

Status CheckDevoFiles(const DevoSettings& settings, Timestamp now) {
  const auto context = LoadTlsContext(settings, now);
  if (!context) return Propagate(context);
  return {};
}

Result<std::unique_ptr<Output>> NewDevoOutput(const std::string& name, const DevoSettings& settings,
                                              Clock& clock, Events& events) {
  auto output = std::make_unique<DevoOutput>(name, settings, clock);
  for (size_t i = 0; i < settings.connections; ++i) {
    auto context = LoadTlsContext(settings, clock.Now());
    if (!context) return Propagate(context);
    if (Status added = output->AddChannel(*std::move(context), events); !added) {
      return Propagate(added);
    }
  }
  return output;
}

}  // namespace collector
