#include "aws/oracle_operations.h"

#include <functional>
#include <map>

#include <fmt/format.h>

#include "aws/cloudtrail/lookup_events.h"
#include "aws/s3/object_stream.h"
#include "aws/sqs/change_message_visibility_batch.h"
#include "aws/sqs/delete_message_batch.h"
#include "aws/sqs/get_queue_attributes.h"
#include "aws/sqs/get_queue_url.h"
#include "aws/sqs/receive_message.h"
#include "aws/sts/get_caller_identity.h"
#include "base/time_text.h"

namespace collector {
namespace {

using Json = nlohmann::json;

std::string ToHex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

// The answer, or the error, told by `tell`.
template <typename Operation, typename Tell>
Json Call(aws::Client& client, const Operation& operation, const Tell& tell) {
  const auto answer = client.Call(operation, {});
  return answer ? tell(*answer) : ErrorOf(answer.error());
}

Json LookupEvents(aws::Client& client, const Json& input) {
  aws::cloudtrail::LookupEvents lookup;
  lookup.start = ParseTime(Text(input, "start")).value_or(Timestamp{});
  lookup.end = ParseTime(Text(input, "end")).value_or(Timestamp{});
  lookup.event_source = Text(input, "event_source");
  lookup.next_token = Text(input, "next_token");
  lookup.max_results = input.value("max_results", 50);
  return Call(client, lookup, [](const auto& page) {
    Json list = Json::array();
    for (const auto& event : page.events) {
      list.push_back({{"id", event.id}, {"document", event.cloudtrail_event}});
    }
    return Json{{"events", list}, {"next_token", page.next_token}};
  });
}

Json GetCallerIdentity(aws::Client& client, const Json&) {
  return Call(client, aws::sts::GetCallerIdentity{}, [](const auto& identity) {
    return Json{{"account", identity.account}, {"arn", identity.arn}};
  });
}

Json GetQueueUrl(aws::Client& client, const Json& input) {
  return Call(client, aws::sqs::GetQueueUrl{Text(input, "name"), Text(input, "owner_account")},
              [](const auto& answer) {
                return Json{{"url", answer.url}};
              });
}

Json GetQueueAttributes(aws::Client& client, const Json& input) {
  return Call(client, aws::sqs::GetQueueAttributes{Text(input, "queue_url")}, [](const auto& of) {
    return Json{{"arn", of.arn},
                {"fifo", of.fifo},
                {"visibility_timeout", of.visibility_timeout.count()},
                {"retention", of.retention.value_or(Seconds(-1)).count()},
                {"dead_letter_arn", of.dead_letter_arn},
                {"max_receive_count", of.max_receive_count},
                {"kms_key_id", of.kms_key_id},
                {"messages", of.messages.value_or(-1)},
                {"messages_in_flight", of.messages_in_flight.value_or(-1)}};
  });
}

Json ReceiveMessage(aws::Client& client, const Json& input) {
  aws::sqs::ReceiveMessage receive;
  receive.queue_url = Text(input, "queue_url");
  receive.max_messages = input.value("max_messages", 10);
  receive.wait = Seconds(input.value("wait", 20));
  if (input.contains("visibility_timeout")) {
    receive.visibility_timeout = Seconds(input["visibility_timeout"].get<int>());
  }
  return Call(client, receive, [](const auto& answer) {
    Json list = Json::array();
    for (const auto& message : answer.messages) {
      list.push_back({{"id", message.id},
                      {"receipt_handle", message.receipt_handle},
                      {"body", message.body},
                      {"receive_count", message.receive_count},
                      {"sent", message.sent ? FormatRfc3339(*message.sent) : ""},
                      {"group", message.group}});
    }
    return Json{{"messages", list}};
  });
}

Json TellBatch(const aws::sqs::BatchResponse& answer) {
  Json failed = Json::array();
  for (const auto& failure : answer.failed) {
    failed.push_back(
        {{"entry", failure.entry}, {"code", failure.code}, {"sender_fault", failure.sender_fault}});
  }
  return {{"done", answer.done}, {"failed", failed}};
}

Json DeleteMessageBatch(aws::Client& client, const Json& input) {
  return Call(
      client,
      aws::sqs::DeleteMessageBatch{Text(input, "queue_url"),
                                   input.value("receipt_handles", std::vector<std::string>())},
      TellBatch);
}

Json ChangeMessageVisibilityBatch(aws::Client& client, const Json& input) {
  aws::sqs::ChangeMessageVisibilityBatch change;
  change.queue_url = Text(input, "queue_url");
  for (const auto& entry : input["entries"]) {
    change.entries.push_back({entry[0].get<std::string>(), Seconds(entry[1].get<int>())});
  }
  return Call(client, change, TellBatch);
}

aws::s3::GetObject ObjectOf(const Json& input) {
  aws::s3::GetObject object;
  object.bucket = Text(input, "bucket");
  object.key = FromHex(Text(input, "key_hex"));
  object.version_id = Text(input, "version_id");
  object.range_start = input.value("range_start", uint64_t{0});
  object.if_match = Text(input, "if_match");
  object.requester_pays = input.value("requester_pays", false);
  return object;
}

// One request, for the range and the ETag that were asked for.
Json GetObject(aws::Client& client, const Json& input) {
  const auto exchange = client.Open(ObjectOf(input), {});
  if (!exchange) return ErrorOf(exchange.error());
  const auto answer = http::ReadWhole(**exchange, 64 << 20, {});
  if (!answer) return ErrorOf(answer.error());
  return {{"status", answer->status}, {"body_hex", ToHex(answer->body)}};
}

// The object from its beginning to its end, however many requests that takes.
Json ReadObject(aws::Client& client, const Json& input) {
  const auto stream = aws::s3::ObjectStream::Open(client, ObjectOf(input), {});
  if (!stream) return ErrorOf(stream.error());
  std::string body;
  for (;;) {
    const auto bytes = (*stream)->Read({});
    if (!bytes) return ErrorOf(bytes.error());
    if (bytes->empty()) break;
    body += *bytes;
  }
  return {{"body_hex", ToHex(body)},
          {"size", (*stream)->size().value_or(0)},
          {"etag", (*stream)->etag()}};
}

}  // namespace

std::string Text(const Json& object, const char* key) { return object.value(key, std::string()); }

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (size_t at = 0; at + 1 < hex.size(); at += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(at, 2), nullptr, 16));
  }
  return bytes;
}

Json ErrorOf(const Error& error) {
  return {{"error", error.message}, {"kind", ToString(error.kind)}, {"code", error.code}};
}

Json CallOperation(aws::Client& client, const Json& input) {
  static const std::map<std::string, std::function<Json(aws::Client&, const Json&)>> kOperations = {
      {"LookupEvents", LookupEvents},
      {"GetCallerIdentity", GetCallerIdentity},
      {"GetQueueUrl", GetQueueUrl},
      {"GetQueueAttributes", GetQueueAttributes},
      {"ReceiveMessage", ReceiveMessage},
      {"DeleteMessageBatch", DeleteMessageBatch},
      {"ChangeMessageVisibilityBatch", ChangeMessageVisibilityBatch},
      {"GetObject", GetObject},
      {"ReadObject", ReadObject}};
  const auto operation = kOperations.find(Text(input, "operation"));
  return operation != kOperations.end() ? operation->second(client, input)
                                        : Json{{"error", "unknown operation"}};
}

}  // namespace collector
