// The two ways in which a queue is named: by its name and by its URL. Pure; any thread.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
#ifndef COLLECTOR_AWS_SQS_QUEUE_URL_H_
#define COLLECTOR_AWS_SQS_QUEUE_URL_H_

#include <string>
#include <string_view>

#include "base/result.h"

namespace collector::aws::sqs {

struct QueueUrl {
  std::string name;     // "audit" or "audit.fifo"
  std::string account;  // "123456789012"; empty: the URL does not say
  std::string region;   // "eu-west-1"; empty: the URL is of an endpoint that does not say
};

// Whether a configured queue is a URL ("https://..."); else it is a name, which has no colon.
bool IsQueueUrl(std::string_view queue);

// Reads "https://sqs.eu-west-1.amazonaws.com/123456789012/audit", its FIPS, dual-stack and older
// ("https://eu-west-1.queue.amazonaws.com/...", "https://queue.amazonaws.com/..." of us-east-1) and
// VPC endpoint forms ("https://vpce-1-2.sqs.eu-west-1.vpce.amazonaws.com/..."), and those of other
// endpoints, which say no region. kRejected: it is no URL, or its path names no queue.
Result<QueueUrl> ReadQueueUrl(std::string_view url);

// The last part of a queue's URL or ARN, for people; what has neither slash nor colon, as it is.
std::string_view QueueNameOf(std::string_view queue);

inline bool IsFifo(std::string_view queue) {  // by name, URL or ARN: the name of one has to end so
  constexpr std::string_view kEnd = ".fifo";
  return queue.size() > kEnd.size() && queue.substr(queue.size() - kEnd.size()) == kEnd;
}

}  // namespace collector::aws::sqs

#endif  // COLLECTOR_AWS_SQS_QUEUE_URL_H_
