#include "aws/sqs/delete_message_batch.h"

#include <nlohmann/json.hpp>

#include "aws/sqs/json_body.h"

namespace collector::aws::sqs {

RequestParts DeleteMessageBatch::ToRequest() const {
  nlohmann::json entries = nlohmann::json::array();
  for (const std::string& handle : receipt_handles) {
    entries.push_back({{"Id", std::to_string(entries.size())}, {"ReceiptHandle", handle}});
  }
  return QueueRequest(kInfo, queue_url, {{"QueueUrl", queue_url}, {"Entries", entries}});
}

}  // namespace collector::aws::sqs
