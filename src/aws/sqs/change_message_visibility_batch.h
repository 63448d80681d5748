// sqs:ChangeMessageVisibilityBatch: for how long from now nobody else sees received messages, up to
// ten a call; zero gives a message back at once. The permission is sqs:ChangeMessageVisibility.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibilityBatch.html
#ifndef COLLECTOR_AWS_SQS_CHANGE_MESSAGE_VISIBILITY_BATCH_H_
#define COLLECTOR_AWS_SQS_CHANGE_MESSAGE_VISIBILITY_BATCH_H_

#include <string>
#include <vector>

#include "aws/operation.h"
#include "aws/sqs/batch.h"
#include "base/clock.h"
#include "base/result.h"

namespace collector::aws::sqs {

struct ChangeMessageVisibilityBatch {
  static constexpr OperationInfo kInfo{&kSqs, "ChangeMessageVisibilityBatch", 0,
                                       "sqs:ChangeMessageVisibility"};
  using Response = BatchResponse;

  struct Entry {
    std::string receipt_handle;
    // From now, 0 to 12 h; at most 12 h in all since the message was received (S-7).
    Seconds timeout;
  };

  std::string queue_url = {};
  std::vector<Entry> entries = {};  // 1 to kMaxBatchEntries

  RequestParts ToRequest() const;
  static Result<Response> Parse(const http::Response& answer) { return ParseBatch(answer); }
};

}  // namespace collector::aws::sqs

#endif  // COLLECTOR_AWS_SQS_CHANGE_MESSAGE_VISIBILITY_BATCH_H_
