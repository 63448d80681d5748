#include "sim/queue.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace collector::sim {
namespace {

constexpr char kQueueUrl[] = "https://sqs.eu-west-1.amazonaws.com/123456789012/announcements";
constexpr char kFifoUrl[] = "https://sqs.eu-west-1.amazonaws.com/123456789012/announcements.fifo";
constexpr char kDeadLetters[] = "arn:aws:sqs:eu-west-1:123456789012:dead";
// How long after it was given out SQS may give out a deleted message once more. The collector
// remembers for twice as long what it has delivered.
constexpr std::chrono::minutes kMayComeTwice{5};

http::Response Ok(const nlohmann::json& body) {
  http::Response response;
  response.status = 200;
  response.body = body.dump();
  return response;
}

}  // namespace

Result<http::Response> SimQueue::Answer(const std::string& operation, const http::Request& request,
                                        std::stop_token stop) {
  last_given_.clear();
  if (operation == "GetQueueUrl") return Ok({{"QueueUrl", options_.fifo ? kFifoUrl : kQueueUrl}});
  if (operation == "GetQueueAttributes") {
    nlohmann::json attributes = {{"QueueArn", "arn:aws:sqs:eu-west-1:123456789012:announcements"}};
    if (options_.most_receives > 0) {
      attributes["RedrivePolicy"] = nlohmann::json{
          {"deadLetterTargetArn", kDeadLetters},
          {"maxReceiveCount",
           options_.most_receives}}.dump();
    }
    return Ok({{"Attributes", attributes}});
  }
  if (operation != "ReceiveMessage") return Batch(operation, request);
  const auto asked = nlohmann::json::parse(request.body);
  if (Seconds(asked.at("VisibilityTimeout").get<int64_t>()) != options_.visibility) {
    violations_.push_back("messages were received with another visibility than was configured");
  }
  const auto chosen = Wait(asked.at("MaxNumberOfMessages").get<size_t>(),
                           Seconds(asked.at("WaitTimeSeconds").get<int64_t>()), std::move(stop));
  if (!chosen) return Propagate(chosen);
  http::Response response;
  response.status = 200;
  response.body = Give(*chosen);
  return response;
}

void SimQueue::Asked(const std::string& operation, const http::Request& request) {
  if (operation != "ChangeMessageVisibilityBatch") return;
  // Whatever comes of it: a message that the collector gives back it has no longer in hand.
  const auto asked = nlohmann::json::parse(request.body);
  for (const auto& entry : asked.at("Entries")) {
    int receipt = 0;
    SimMessage* const message = OfHandle(entry.at("ReceiptHandle").get<std::string>(), receipt);
    const bool keeps = Seconds(entry.at("VisibilityTimeout").get<int64_t>()) == options_.visibility;
    if (!keeps && message->holder == SimMessage::Holder::kCollector) {
      message->holder = SimMessage::Holder::kGivenBack;
    }
  }
}

void SimQueue::AnswerLost() {
  for (const size_t index : last_given_) messages_[index].holder = SimMessage::Holder::kAnotherLife;
}

void SimQueue::HangUp() {
  static const Seconds kShortPoll{1};
  if (last_wait_ <= kShortPoll) Give(Choose(1));
}

void SimQueue::EndLife() {
  asked_ = 0;
  for (SimMessage& message : messages_) {
    if (message.holder != SimMessage::Holder::kNobody) {
      message.holder = SimMessage::Holder::kAnotherLife;
    }
  }
}

void SimQueue::Redrive() {
  for (SimMessage& message : messages_) {
    if (message.state != SimMessage::State::kDead) continue;
    if (std::all_of(message.items.begin(), message.items.end(), is_done_)) continue;
    message.state = SimMessage::State::kQueued;
    message.visible = time_.MonotonicNow();
    message.receives = 0;
  }
}

// --- receiving

Result<std::vector<size_t>> SimQueue::Wait(size_t most, Seconds wait, std::stop_token stop) {
  CheckSlots(most);
  if (options_.fifo && asked_ > 0) violations_.push_back("a FIFO queue was asked by two at once");
  asked_ += most;
  last_wait_ = wait;
  const Instant end = time_.MonotonicNow() + wait;
  std::vector<size_t> chosen = Choose(most);
  while (chosen.empty() && time_.MonotonicNow() < end) {
    const Instant next = std::max(NextVisible(), time_.MonotonicNow() + Seconds(1));
    if (!time_.WaitUntil(std::min(end, next), stop)) {
      asked_ -= most;
      return Fail(ErrorKind::kCancelled, "the program is ending");
    }
    chosen = Choose(most);
  }
  asked_ -= most;
  MaybeTwice(chosen, most);
  return chosen;
}

void SimQueue::CheckSlots(size_t asked) {
  const auto in_hand = static_cast<size_t>(std::count_if(
      messages_.begin(), messages_.end(),
      [](const SimMessage& message) { return message.holder == SimMessage::Holder::kCollector; }));
  if (in_hand + asked_ + asked > options_.most_in_hand) {
    violations_.push_back(fmt::format(
        "{} messages were asked for, with {} in hand and {} on their way", asked, in_hand, asked_));
  }
}

std::vector<size_t> SimQueue::Choose(size_t most) {
  const Instant now = time_.MonotonicNow();
  const std::set<std::string> blocked = GroupsInFlight();
  std::vector<size_t> chosen;
  const auto count = static_cast<int64_t>(messages_.size());
  const int64_t first = options_.fifo || count == 0 ? 0 : random_.Between(0, count - 1);
  for (int64_t i = 0; i < count && chosen.size() < most; ++i) {
    const auto index = static_cast<size_t>((first + i) % count);
    SimMessage& message = messages_[index];
    if (message.state != SimMessage::State::kQueued || message.visible > now) continue;
    if (options_.fifo ? blocked.contains(message.group) : random_.Chance(0.2)) continue;
    if (options_.most_receives > 0 && message.receives >= options_.most_receives) {
      message.state = SimMessage::State::kDead;
      continue;
    }
    chosen.push_back(index);
  }
  return chosen;
}

std::set<std::string> SimQueue::GroupsInFlight() const {
  std::set<std::string> groups;
  if (!options_.fifo) return groups;
  for (const SimMessage& message : messages_) {
    if (message.state == SimMessage::State::kQueued && message.receives > 0 &&
        message.visible > time_.MonotonicNow()) {
      groups.insert(message.group);
    }
  }
  return groups;
}

void SimQueue::MaybeTwice(std::vector<size_t>& chosen, size_t most) {
  if (messages_.empty() || chosen.size() >= most || !random_.Chance(options_.twice)) return;
  const auto index =
      static_cast<size_t>(random_.Between(0, static_cast<int64_t>(messages_.size()) - 1));
  const SimMessage& message = messages_[index];
  const Instant now = time_.MonotonicNow();
  const bool in_hand = message.state == SimMessage::State::kQueued && message.visible > now &&
                       message.holder == SimMessage::Holder::kCollector;
  const bool deleted =
      message.state == SimMessage::State::kDeleted && now - message.given < kMayComeTwice;
  if (!in_hand && !deleted) return;
  chosen.push_back(index);
  if (message.holder == SimMessage::Holder::kCollector) --expired_;  // SQS is to blame
}

Instant SimQueue::NextVisible() const {
  Instant next = Instant::max();
  for (const SimMessage& message : messages_) {
    if (message.state == SimMessage::State::kQueued) next = std::min(next, message.visible);
  }
  return next;
}

std::string SimQueue::Give(const std::vector<size_t>& chosen) {
  nlohmann::json list = nlohmann::json::array();
  for (const size_t index : chosen) {
    SimMessage& message = messages_[index];
    if (message.holder == SimMessage::Holder::kCollector) ++expired_;
    message.holder = SimMessage::Holder::kCollector;
    message.given = time_.MonotonicNow();
    message.visible = message.given + options_.visibility;
    ++message.receives;
    ++message.receipt;
    list.push_back({{"MessageId", fmt::format("m{}", index)},
                    {"ReceiptHandle", fmt::format("{}/{}", index, message.receipt)},
                    {"Body", message.body},
                    {"Attributes",
                     {{"ApproximateReceiveCount", std::to_string(message.receives)},
                      {"MessageGroupId", message.group}}}});
  }
  last_given_ = chosen;
  return chosen.empty() ? "{}" : nlohmann::json{{"Messages", list}}.dump();
}

// --- batches

SimMessage* SimQueue::OfHandle(const std::string& handle, int& receipt) {
  receipt = std::stoi(handle.substr(handle.find('/') + 1));
  return &messages_.at(std::stoull(handle));
}

void SimQueue::CheckDelete(const SimMessage& message, const std::string& handle) {
  if (message.poison) violations_.push_back(fmt::format("the poison {} was deleted", handle));
  for (const size_t item : message.items) {
    if (!is_done_(item)) {
      violations_.push_back(
          fmt::format("the message {} was deleted before item {} was delivered", handle, item));
    } else if (!is_stored_(item)) {
      violations_.push_back(fmt::format(
          "the message {} was deleted before that was stored of item {}", handle, item));
    }
  }
}

std::string SimQueue::Delete(const std::string& handle) {
  int receipt = 0;
  SimMessage& message = *OfHandle(handle, receipt);
  CheckDelete(message, handle);
  if (message.state == SimMessage::State::kDead) return "ReceiptHandleIsInvalid";
  const bool is_old = receipt != message.receipt || message.visible <= time_.MonotonicNow();
  if (options_.fifo && is_old && message.state == SimMessage::State::kQueued) {
    return "InvalidParameterValue";
  }
  // A standard queue takes an old handle, and deletes the message or not.
  if (receipt != message.receipt && random_.Chance(0.5)) return "";
  message.state = SimMessage::State::kDeleted;
  return "";
}

std::string SimQueue::ChangeVisibility(const std::string& handle, Seconds visibility) {
  int receipt = 0;
  SimMessage& message = *OfHandle(handle, receipt);
  if (message.state != SimMessage::State::kQueued) return "ReceiptHandleIsInvalid";
  if (receipt != message.receipt) return "InvalidParameterValue";
  if (message.visible <= time_.MonotonicNow()) return "MessageNotInflight";
  if (options_.extends_no_visibility && visibility == options_.visibility) return "";
  message.visible = time_.MonotonicNow() + visibility;
  return "";
}

http::Response SimQueue::Batch(const std::string& operation, const http::Request& request) {
  const bool is_delete = operation == "DeleteMessageBatch";
  nlohmann::json done = nlohmann::json::array();
  nlohmann::json failed = nlohmann::json::array();
  const auto entries = nlohmann::json::parse(request.body).at("Entries");
  if (entries.empty() || entries.size() > 10) violations_.push_back("a batch of a wrong size");
  for (const auto& entry : entries) {
    const auto handle = entry.at("ReceiptHandle").get<std::string>();
    const bool fails = random_.Chance(faults_.entry_fails);
    std::string wrong;
    if (!fails || random_.Chance(0.3)) {
      wrong = is_delete
                  ? Delete(handle)
                  : ChangeVisibility(handle, Seconds(entry.at("VisibilityTimeout").get<int64_t>()));
    }
    if (fails && random_.Chance(0.3)) continue;  // not a word about it
    if (fails || !wrong.empty()) {
      failed.push_back({{"Id", entry.at("Id")},
                        {"SenderFault", !fails},
                        {"Code", fails ? "InternalError" : wrong}});
    } else {
      done.push_back({{"Id", entry.at("Id")}});
    }
    int receipt = 0;
    SimMessage& message = *OfHandle(handle, receipt);
    // Of what is deleted or unknown the collector lets go, unless it was received again meanwhile.
    if (is_delete && !fails && receipt == message.receipt &&
        message.holder == SimMessage::Holder::kCollector) {
      message.holder = SimMessage::Holder::kNobody;
    }
  }
  return Ok({{"Successful", done}, {"Failed", failed}});
}

}  // namespace collector::sim
