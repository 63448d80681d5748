// sqs:DeleteMessageBatch: takes received messages out of a queue for good, up to ten a call.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessageBatch.html
#ifndef COLLECTOR_AWS_SQS_DELETE_MESSAGE_BATCH_H_
#define COLLECTOR_AWS_SQS_DELETE_MESSAGE_BATCH_H_

#include <string>
#include <vector>

#include "aws/operation.h"
#include "aws/sqs/batch.h"
#include "base/result.h"

namespace collector::aws::sqs {

struct DeleteMessageBatch {
  static constexpr OperationInfo kInfo{&kSqs, "DeleteMessageBatch", 0, "sqs:DeleteMessage"};
  using Response = BatchResponse;

  std::string queue_url = {};
  std::vector<std::string> receipt_handles = {};  // 1 to kMaxBatchEntries, all different

  RequestParts ToRequest() const;
  static Result<Response> Parse(const http::Response& answer) { return ParseBatch(answer); }
};

}  // namespace collector::aws::sqs

#endif  // COLLECTOR_AWS_SQS_DELETE_MESSAGE_BATCH_H_
