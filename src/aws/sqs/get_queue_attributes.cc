#include "aws/sqs/get_queue_attributes.h"

#include <charconv>

#include <nlohmann/json.hpp>

#include "aws/sqs/json_body.h"
#include "aws/sqs/queue_url.h"

namespace collector::aws::sqs {
namespace {

using Json = nlohmann::json;

// All attributes are strings, the numbers too.
std::optional<int64_t> Number(const Json& attributes, const char* name) {
  const std::string text = TextOf(attributes, name);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
  return number;
}

// {"deadLetterTargetArn":"arn:...","maxReceiveCount":5}; the number is also seen as a string.
void ReadRedrivePolicy(const std::string& text, GetQueueAttributes::Response& response) {
  const auto policy = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!policy.is_object()) return;
  response.dead_letter_arn = TextOf(policy, "deadLetterTargetArn");
  const auto count = policy.find("maxReceiveCount");
  if (count != policy.end() && count->is_number_integer()) {
    response.max_receive_count = count->get<int>();
  } else {
    response.max_receive_count = static_cast<int>(Number(policy, "maxReceiveCount").value_or(0));
  }
}

}  // namespace

RequestParts GetQueueAttributes::ToRequest() const {
  return QueueRequest(kInfo, queue_url,
                      {{"QueueUrl", queue_url}, {"AttributeNames", Json::array({"All"})}});
}

Result<GetQueueAttributes::Response> GetQueueAttributes::Parse(const http::Response& answer) {
  const auto body = Json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  const auto found = body.is_object() ? body.find("Attributes") : body.end();
  if (!body.is_object() || found == body.end() || !found->is_object()) {
    return Fail(ErrorKind::kRetry, "the answer cannot be read: it has no Attributes");
  }
  const Json& attributes = *found;
  Response response;
  response.arn = TextOf(attributes, "QueueArn");
  response.fifo = TextOf(attributes, "FifoQueue") == "true" || IsFifo(response.arn);
  if (const auto seconds = Number(attributes, "VisibilityTimeout")) {
    response.visibility_timeout = Seconds(*seconds);
  }
  if (const auto seconds = Number(attributes, "MessageRetentionPeriod")) {
    response.retention = Seconds(*seconds);
  }
  ReadRedrivePolicy(TextOf(attributes, "RedrivePolicy"), response);
  response.kms_key_id = TextOf(attributes, "KmsMasterKeyId");
  response.messages = Number(attributes, "ApproximateNumberOfMessages");
  response.messages_in_flight = Number(attributes, "ApproximateNumberOfMessagesNotVisible");
  return response;
}

}  // namespace collector::aws::sqs
