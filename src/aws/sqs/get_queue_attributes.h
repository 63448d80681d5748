// sqs:GetQueueAttributes: how a queue is set up and how full it is.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
#ifndef COLLECTOR_AWS_SQS_GET_QUEUE_ATTRIBUTES_H_
#define COLLECTOR_AWS_SQS_GET_QUEUE_ATTRIBUTES_H_

#include <cstdint>
#include <optional>
#include <string>

#include "aws/operation.h"
#include "base/clock.h"
#include "base/result.h"

namespace collector::aws::sqs {

struct GetQueueAttributes {
  static constexpr OperationInfo kInfo{&kSqs, "GetQueueAttributes"};

  struct Response {
    std::string arn;  // "arn:aws:sqs:eu-west-1:123456789012:audit"
    bool fifo = false;
    Seconds visibility_timeout{30};             // of messages that are received without one
    std::optional<Seconds> retention;           // MessageRetentionPeriod, 60 s to 14 days
    std::string dead_letter_arn;                // RedrivePolicy; empty: there is none (S-10)
    int max_receive_count = 0;                  // after which a message goes there
    std::string kms_key_id;                     // empty: no KMS key, or one of SQS's own
    std::optional<int64_t> messages;            // visible; approximate
    std::optional<int64_t> messages_in_flight;  // received and not deleted; approximate
  };

  std::string queue_url = {};

  // Asks for all attributes: FifoQueue, asked for by name, is an error with a standard queue.
  RequestParts ToRequest() const;
  static Result<Response> Parse(const http::Response& answer);
};

}  // namespace collector::aws::sqs

#endif  // COLLECTOR_AWS_SQS_GET_QUEUE_ATTRIBUTES_H_
