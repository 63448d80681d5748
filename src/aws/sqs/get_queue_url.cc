#include "aws/sqs/get_queue_url.h"

#include <nlohmann/json.hpp>

#include "aws/sqs/json_body.h"

namespace collector::aws::sqs {

RequestParts GetQueueUrl::ToRequest() const {
  nlohmann::json body = {{"QueueName", name}};
  if (!owner_account.empty()) body["QueueOwnerAWSAccountId"] = owner_account;
  return QueueRequest(kInfo, name, body);
}

Result<GetQueueUrl::Response> GetQueueUrl::Parse(const http::Response& answer) {
  const auto body = nlohmann::json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  const auto url = body.is_object() ? body.find("QueueUrl") : body.end();
  if (!body.is_object() || url == body.end() || !url->is_string()) {
    return Fail(ErrorKind::kRetry, "the answer cannot be read: it has no QueueUrl");
  }
  return Response{url->get<std::string>()};
}

}  // namespace collector::aws::sqs
