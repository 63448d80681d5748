// sqs:ReceiveMessage: up to ten messages of a queue, which nobody else sees for a while.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
#ifndef COLLECTOR_AWS_SQS_RECEIVE_MESSAGE_H_
#define COLLECTOR_AWS_SQS_RECEIVE_MESSAGE_H_

#include <optional>
#include <string>
#include <vector>

#include "aws/operation.h"
#include "base/clock.h"
#include "base/result.h"

namespace collector::aws::sqs {

struct ReceiveMessage {
  // Standard queues have no limit but 120,000 messages in flight (OverLimit); FIFO queues one of
  // their own, which this program does not know: 300 calls a second at least.
  static constexpr OperationInfo kInfo{&kSqs, "ReceiveMessage"};

  struct Message {
    std::string id;              // MessageId, the same each time the message is received
    std::string receipt_handle;  // of this time
    std::string body;            // at most 1 MiB
    int receive_count = 0;       // ApproximateReceiveCount: 1 the first time; 0: not told
    std::optional<Timestamp> sent;
    std::string group;  // MessageGroupId: of FIFO queues, and of fair standard ones
  };
  struct Response {
    std::vector<Message> messages;  // may be none, before the wait is over as well
  };

  std::string queue_url = {};
  int max_messages = 10;                           // 1 to 10
  Seconds wait{20};                                // for a first message; 0 to 20
  std::optional<Seconds> visibility_timeout = {};  // 0 to 12 h; nothing: the queue's own

  RequestParts ToRequest() const;
  static Result<Response> Parse(const http::Response& answer);
};

}  // namespace collector::aws::sqs

#endif  // COLLECTOR_AWS_SQS_RECEIVE_MESSAGE_H_
