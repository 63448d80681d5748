#include "aws/sqs/receive_message.h"

#include <charconv>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>
#include <simdjson.h>

#include "aws/sqs/json_body.h"
#include "base/json_text.h"

namespace collector::aws::sqs {
namespace {

namespace ondemand = simdjson::ondemand;
using Message = ReceiveMessage::Message;

tl::unexpected<Error> Unreadable(std::string_view what) {
  // Retried: AWS does not write such answers, something on the way does.
  return Fail(ErrorKind::kRetry, "the answer cannot be read: " + std::string(what));
}

// The text of a string; empty for null and for anything that is no string.
std::string ReadString(ondemand::value value) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() && token.back() != '"') token.remove_suffix(1);
  return UnescapeJsonString(token).value_or("");
}

int64_t ReadNumber(ondemand::value value) {
  const std::string text = ReadString(value);
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// Calls `take(key, value)` for each member; false when it is no object or malformed.
template <typename Take>
bool ForEach(simdjson::simdjson_result<ondemand::object> object, const Take& take) {
  if (object.error() != simdjson::SUCCESS) return false;
  for (auto field : object) {
    std::string_view key;
    ondemand::value value;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
        field.value().get(value) != simdjson::SUCCESS || !take(key, value)) {
      return false;
    }
  }
  return true;
}

bool ReadAttributes(ondemand::value value, Message& message) {
  if (value.is_null()) return true;
  return ForEach(value.get_object(), [&](std::string_view key, ondemand::value attribute) {
    if (key == "ApproximateReceiveCount") {
      message.receive_count = static_cast<int>(ReadNumber(attribute));
    } else if (key == "SentTimestamp") {
      if (const int64_t time = ReadNumber(attribute); time > 0) {
        message.sent = Timestamp(Milliseconds(time));
      }
    } else if (key == "MessageGroupId") {
      message.group = ReadString(attribute);
    }
    return true;
  });
}

bool ReadMessage(simdjson::simdjson_result<ondemand::object> object, Message& message) {
  bool has_body = false;
  const bool read = ForEach(object, [&](std::string_view key, ondemand::value value) {
    if (key == "MessageId") {
      message.id = ReadString(value);
    } else if (key == "ReceiptHandle") {
      message.receipt_handle = ReadString(value);
    } else if (key == "Body") {
      message.body = ReadString(value);
      has_body = true;
    } else if (key == "Attributes") {
      return ReadAttributes(value, message);
    }
    return true;
  });
  return read && has_body && !message.receipt_handle.empty();
}

bool ReadMessages(ondemand::value value, std::vector<Message>& messages) {
  if (value.is_null()) return true;
  ondemand::array items;
  if (value.get_array().get(items) != simdjson::SUCCESS) return false;
  for (auto item : items) {
    if (!ReadMessage(item.get_object(), messages.emplace_back())) return false;
  }
  return true;
}

}  // namespace

RequestParts ReceiveMessage::ToRequest() const {
  nlohmann::json body = {{"QueueUrl", queue_url},
                         {"MaxNumberOfMessages", max_messages},
                         {"WaitTimeSeconds", wait.count()},
                         {"MessageSystemAttributeNames",
                          {"ApproximateReceiveCount", "SentTimestamp", "MessageGroupId"}}};
  if (visibility_timeout) body["VisibilityTimeout"] = visibility_timeout->count();
  RequestParts parts = QueueRequest(kInfo, queue_url, body);
  parts.held_back = wait;
  return parts;
}

Result<ReceiveMessage::Response> ReceiveMessage::Parse(const http::Response& answer) {
  // A copy only where there is no room behind the text for what simdjson reads in advance.
  simdjson::padded_string copy;
  simdjson::padded_string_view text;
  if (answer.body.capacity() - answer.body.size() >= simdjson::SIMDJSON_PADDING) {
    text = simdjson::padded_string_view(answer.body.data(), answer.body.size(),
                                        answer.body.capacity());
  } else {
    copy = simdjson::padded_string(answer.body);
    text = copy;
  }
  ondemand::parser parser;
  ondemand::document document;
  Response response;
  bool messages_read = true;
  if (parser.iterate(text).get(document) != simdjson::SUCCESS ||
      !ForEach(document.get_object(),
               [&](std::string_view key, ondemand::value value) {
                 if (key == "Messages") messages_read = ReadMessages(value, response.messages);
                 return messages_read;
               }) ||
      document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return Unreadable(messages_read ? "it is no JSON object" : "a message is malformed");
  }
  // Without `Messages` there are none; SQS leaves the key out then.
  return response;
}

}  // namespace collector::aws::sqs
