#include "sources/s3_logs.h"

#include <string>
#include <utility>

#include "aws/sqs/queue_url.h"
#include "sources/s3_queue.h"

namespace collector {

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
  return NewQueueWorkers(shared, shared->most_workers());
}

}  // namespace collector
