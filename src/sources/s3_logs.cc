#include "sources/s3_logs.h"

#include <string>
#include <utility>

#include "aws/sqs/queue_url.h"
#include "sources/object_decoder.h"
#include "sources/s3_queue.h"

namespace collector {
namespace {

// Beside those that read: the one that keeps messages, and one that waits for the next ones.
constexpr size_t kOtherWorkers = 2;

class S3Worker : public Source {
 public:
  S3Worker(std::shared_ptr<S3Queue> queue, size_t index)
      : queue_(std::move(queue)), index_(index), decoder_(queue_->settings()) {
    queue_->AddWorker([this] { Wake(); });
  }

  const std::string& name() const override { return queue_->name(); }
  void Settle() override { queue_->Settle(); }
  Next Poll(std::stop_token stop) override {
    return queue_->Work(index_, decoder_, std::move(stop));
  }
  void End(Instant deadline) override {
    if (index_ == 0) queue_->End(deadline);
  }

 private:
  const std::shared_ptr<S3Queue> queue_;
  const size_t index_;
  ObjectDecoder decoder_;
};

}  // namespace

std::string RegionOfQueue(std::string_view queue) {
  if (!aws::sqs::IsQueueUrl(queue)) return {};
  const auto url = aws::sqs::ReadQueueUrl(queue);
  return url ? url->region : "";
}

std::vector<std::unique_ptr<Source>> NewS3Logs(const SourceContext& context,
                                               std::unique_ptr<aws::Client> client,
                                               const S3LogsSettings& settings,
                                               const QueueSettings& queue) {
  const auto shared = std::make_shared<S3Queue>(context, std::move(client), settings, queue);
  std::vector<std::unique_ptr<Source>> workers;
  const auto count = static_cast<size_t>(settings.parallel_objects) + kOtherWorkers;
  for (size_t i = 0; i < count; ++i) workers.push_back(std::make_unique<S3Worker>(shared, i));
  return workers;
}

}  // namespace collector
