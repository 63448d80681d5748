#include "s3/fake_sqs.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>

namespace collector::bench {
namespace {

using nlohmann::json;

constexpr std::string_view kSqsJson = "application/x-amz-json-1.0";
constexpr std::string_view kTargetStart = "AmazonSQS.";
constexpr size_t kMostMessages = 10;  // of a receive and of a batch
constexpr const char* kBadHandle = "ReceiptHandleIsInvalid";
constexpr const char* kNotInFlight = "AWS.SimpleQueueService.MessageNotInflight";
constexpr int kLongestPollSeconds = 20;
constexpr int kLongestVisibilitySeconds = 43'200;

std::string Md5(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_md5(), nullptr);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

int Number(const json& input, const char* name, int otherwise) {
  const auto found = input.find(name);
  return found != input.end() && found->is_number_integer() ? found->get<int>() : otherwise;
}

std::string Text(const json& input, const char* name) {
  const auto found = input.find(name);
  return found != input.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool Asks(const json& input, const char* name) {
  const auto found = input.find(name);
  return found != input.end() && found->is_array() && !found->empty();
}

HttpAnswer Ok(std::string_view body) { return MakeAnswer(200, kSqsJson, body); }

}  // namespace

std::optional<HttpAnswer> FakeSqs::Handle(const HttpRequest& request, uint64_t caller,
                                          Instant now) {
  ++calls_;
  const std::string_view operation =
      request.amz_target.substr(std::min(kTargetStart.size(), request.amz_target.size()));
  const json input = json::parse(request.body, nullptr, false);
  if (!input.is_object()) {
    return Error("SerializationException", "MalformedInput", "The body is not a JSON object");
  }
  const bool by_name = operation == "GetQueueUrl";
  const std::string url = Text(input, "QueueUrl");
  const std::string name = by_name ? Text(input, "QueueName") : url.substr(url.rfind('/') + 1);
  const auto found = queues_.find(name);
  if (found == queues_.end()) {
    return Error("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue",
                 "The specified queue does not exist.");
  }
  SqsQueue& queue = *found->second;
  if (by_name) {
    return Ok(fmt::format(R"({{"QueueUrl":"http://{}/{}/{}"}})", request.host, kAccount, name));
  }
  if (operation == "ReceiveMessage") return Receive(queue, input, caller, now);
  if (operation == "GetQueueAttributes") return Attributes(queue, now);
  if (operation == "DeleteMessage") return Delete(queue, input, now);
  if (operation == "ChangeMessageVisibility") return ChangeVisibility(queue, input, now);
  if (operation == "DeleteMessageBatch") {
    return Batch(input, [&](const json& entry) {
      const auto outcome = queue.Delete(Text(entry, "ReceiptHandle"), now);
      return outcome == SqsQueue::Outcome::kUnknownHandle ? kBadHandle : "";
    });
  }
  if (operation == "ChangeMessageVisibilityBatch") {
    return Batch(input, [&](const json& entry) {
      const auto outcome = queue.ChangeVisibility(
          Text(entry, "ReceiptHandle"), Seconds(Number(entry, "VisibilityTimeout", 0)), now);
      if (outcome == SqsQueue::Outcome::kIneffective) return kNotInFlight;
      return outcome == SqsQueue::Outcome::kUnknownHandle ? kBadHandle : "";
    });
  }
  return Error("InvalidAction", "InvalidAction", "The action is not one of this server's");
}

std::optional<HttpAnswer> FakeSqs::Receive(SqsQueue& queue, const json& input, uint64_t caller,
                                           Instant now) {
  const int most = Number(input, "MaxNumberOfMessages", 1);
  const int wait = Number(input, "WaitTimeSeconds", 0);
  const int visibility = Number(input, "VisibilityTimeout", -1);
  if (most < 1 || most > static_cast<int>(kMostMessages) || wait < 0 ||
      wait > kLongestPollSeconds || visibility > kLongestVisibilitySeconds) {
    return Error("InvalidParameterValue", "InvalidParameterValue",
                 "A number of this receive is out of range");
  }
  const Milliseconds invisible = visibility < 0 ? queue.visibility() : Seconds(visibility);
  const bool attributes =
      Asks(input, "AttributeNames") || Asks(input, "MessageSystemAttributeNames");
  const auto deliveries = queue.Receive(static_cast<size_t>(most), invisible, now);
  if (!deliveries.empty() || wait == 0) return Ok(Messages(deliveries, attributes));
  waiters_.push_back({caller, queue.name(), static_cast<size_t>(most), invisible, attributes,
                      now + Seconds(wait)});
  return std::nullopt;
}

std::vector<FakeSqs::Late> FakeSqs::TakeLate(Instant now) {
  std::vector<Late> late;
  for (const auto& [name, queue] : queues_) queue->Expire(now);
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    SqsQueue& queue = *queues_.at(waiter->queue);
    const bool over = waiter->until <= now;
    if (!over && queue.counts().visible == 0) {
      ++waiter;
      continue;
    }
    const auto deliveries = queue.Receive(waiter->most, waiter->visibility, now);
    late.emplace_back(waiter->caller, Ok(Messages(deliveries, waiter->attributes)));
    waiter = waiters_.erase(waiter);
  }
  return late;
}

std::optional<Instant> FakeSqs::NextEvent() {
  std::optional<Instant> next;
  const auto consider = [&next](Instant when) { next = next ? std::min(*next, when) : when; };
  for (const Waiter& waiter : waiters_) {
    consider(waiter.until);
    // A message that comes back matters only while somebody waits for it.
    if (const auto expiry = queues_.at(waiter.queue)->NextExpiry()) consider(*expiry);
  }
  return next;
}

void FakeSqs::Forget(uint64_t caller) {
  waiters_.remove_if([caller](const Waiter& waiter) { return waiter.caller == caller; });
}

SqsQueue& FakeSqs::Queue(const std::string& name) {
  auto& queue = queues_[name];
  if (!queue) queue = std::make_unique<SqsQueue>(name, visibility_);
  return *queue;
}

void FakeSqs::Clear() {
  for (auto& [name, queue] : queues_) queue = std::make_unique<SqsQueue>(name, visibility_);
  calls_ = 0;
  failed_calls_ = 0;
}

HttpAnswer FakeSqs::Attributes(SqsQueue& queue, Instant now) {
  queue.Expire(now);
  const SqsQueue::Counts& counts = queue.counts();
  return Ok(fmt::format(
      R"({{"Attributes":{{"QueueArn":"arn:aws:sqs:{}:{}:{}","ApproximateNumberOfMessages":"{}",)"
      R"("ApproximateNumberOfMessagesNotVisible":"{}","ApproximateNumberOfMessagesDelayed":"0",)"
      R"("VisibilityTimeout":"{}","ReceiveMessageWaitTimeSeconds":"0","DelaySeconds":"0",)"
      R"("MessageRetentionPeriod":"345600","MaximumMessageSize":"262144"}}}})",
      kRegion, kAccount, queue.name(), counts.visible, counts.in_flight,
      std::chrono::duration_cast<Seconds>(queue.visibility()).count()));
}

HttpAnswer FakeSqs::Delete(SqsQueue& queue, const json& input, Instant now) {
  if (queue.Delete(Text(input, "ReceiptHandle"), now) == SqsQueue::Outcome::kUnknownHandle) {
    return Error("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid",
                 "The input receipt handle is invalid.");
  }
  return Ok("{}");
}

HttpAnswer FakeSqs::ChangeVisibility(SqsQueue& queue, const json& input, Instant now) {
  const Seconds visibility(Number(input, "VisibilityTimeout", -1));
  if (visibility < Seconds(0) || visibility > Seconds(kLongestVisibilitySeconds)) {
    return Error("InvalidParameterValue", "InvalidParameterValue",
                 "The visibility timeout is out of range");
  }
  switch (queue.ChangeVisibility(Text(input, "ReceiptHandle"), visibility, now)) {
    case SqsQueue::Outcome::kDone:
      return Ok("{}");
    case SqsQueue::Outcome::kIneffective:
      return Error("MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight",
                   "The specified message is not in flight.");
    case SqsQueue::Outcome::kUnknownHandle:
      break;
  }
  return Error("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid",
               "The input receipt handle is invalid.");
}

HttpAnswer FakeSqs::Batch(const json& input, const std::function<const char*(const json&)>& apply) {
  const auto entries = input.find("Entries");
  if (entries == input.end() || !entries->is_array() || entries->empty()) {
    return Error("EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest",
                 "The batch has no entries.");
  }
  if (entries->size() > kMostMessages) {
    return Error("TooManyEntriesInBatchRequest",
                 "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
                 "The batch has more than 10 entries.");
  }
  std::set<std::string> ids;
  for (const json& entry : *entries) ids.insert(Text(entry, "Id"));
  if (ids.size() != entries->size()) {
    return Error("BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
                 "Two entries of the batch have the same Id.");
  }
  json answer = {{"Successful", json::array()}, {"Failed", json::array()}};
  for (const json& entry : *entries) {
    const std::string id = Text(entry, "Id");
    if (const std::string code = apply(entry); !code.empty()) {
      answer["Failed"].push_back(
          {{"Id", id}, {"SenderFault", true}, {"Code", code}, {"Message", "Refused."}});
    } else {
      answer["Successful"].push_back({{"Id", id}});
    }
  }
  return Ok(answer.dump());
}

HttpAnswer FakeSqs::Error(std::string_view code, std::string_view query_code,
                          std::string_view message) {
  ++failed_calls_;
  return MakeAnswer(
      400, kSqsJson,
      fmt::format(R"({{"__type":"com.amazonaws.sqs#{}","message":"{}"}})", code, message),
      fmt::format("x-amzn-query-error: {};Sender\r\n", query_code));
}

std::string FakeSqs::Messages(const std::vector<SqsQueue::Delivery>& deliveries,
                              bool attributes) const {
  if (deliveries.empty()) return "{}";
  std::string body = R"({"Messages":[)";
  for (const SqsQueue::Delivery& delivery : deliveries) {
    if (body.back() == '}') body += ',';
    body += fmt::format(R"({{"MessageId":"{}","ReceiptHandle":"{}","MD5OfBody":"{}","Body":)",
                        delivery.message_id, delivery.receipt_handle, Md5(*delivery.body));
    AppendJsonString(*delivery.body, body);
    if (attributes) {
      body +=
          fmt::format(R"(,"Attributes":{{"SenderId":"AIDAIENQZJOLO23YVJ4VO","SentTimestamp":"{}",)"
                      R"("ApproximateReceiveCount":"{}","ApproximateFirstReceiveTimestamp":"{}"}})",
                      WallMilliseconds(delivery.sent), delivery.receive_count,
                      WallMilliseconds(delivery.first_received));
    }
    body += '}';
  }
  return body += "]}";
}

int64_t FakeSqs::WallMilliseconds(Instant when) const {
  return std::chrono::duration_cast<Milliseconds>(when.time_since_epoch() + wall_offset_).count();
}

}  // namespace collector::bench
