// Logs in S3, announced through SQS: the services `non-cloudwatch-logs` and, with the type
// audits_s3, `audit-events-all`: the workers that the scheduler runs for one queue.
#ifndef COLLECTOR_SOURCES_S3_LOGS_H_
#define COLLECTOR_SOURCES_S3_LOGS_H_

#include <memory>
#include <vector>

#include "aws/client.h"
#include "collect/source.h"
#include "sources/settings.h"
#include "sources/source_context.h"

namespace collector {

// The workers of one queue, to be added to a lane of its own with a thread for each: one that looks
// after the messages in hand, and as many as objects may be read side by side. Idle ones cost a
// heap entry.
std::vector<std::unique_ptr<Source>> NewS3Logs(const SourceContext& context,
                                               std::unique_ptr<aws::Client> client,
                                               const S3LogsSettings& settings,
                                               const QueueSettings& queue);

}  // namespace collector

#endif  // COLLECTOR_SOURCES_S3_LOGS_H_
