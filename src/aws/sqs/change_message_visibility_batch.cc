#include "aws/sqs/change_message_visibility_batch.h"

#include <nlohmann/json.hpp>

#include "aws/sqs/json_body.h"

namespace collector::aws::sqs {

RequestParts ChangeMessageVisibilityBatch::ToRequest() const {
  nlohmann::json list = nlohmann::json::array();
  for (const Entry& entry : entries) {
    list.push_back({{"Id", std::to_string(list.size())},
                    {"ReceiptHandle", entry.receipt_handle},
                    {"VisibilityTimeout", entry.timeout.count()}});
  }
  return QueueRequest(kInfo, queue_url, {{"QueueUrl", queue_url}, {"Entries", list}});
}

}  // namespace collector::aws::sqs
