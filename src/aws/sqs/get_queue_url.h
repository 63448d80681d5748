// sqs:GetQueueUrl: the URL of a queue that is known by its name.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueUrl.html
#ifndef COLLECTOR_AWS_SQS_GET_QUEUE_URL_H_
#define COLLECTOR_AWS_SQS_GET_QUEUE_URL_H_

#include <string>

#include "aws/operation.h"
#include "base/result.h"

namespace collector::aws::sqs {

struct GetQueueUrl {
  static constexpr OperationInfo kInfo{&kSqs, "GetQueueUrl"};

  struct Response {
    std::string url;  // "https://sqs.eu-west-1.amazonaws.com/123456789012/audit"
  };

  std::string name = {};
  std::string owner_account = {};  // empty: that of the credentials

  RequestParts ToRequest() const;
  static Result<Response> Parse(const http::Response& answer);
};

}  // namespace collector::aws::sqs

#endif  // COLLECTOR_AWS_SQS_GET_QUEUE_URL_H_
