#include "s3/sqs_queue.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include <fmt/format.h>

namespace collector::bench {
namespace {

constexpr std::string_view kHandleStart = "AQEB";
// Handles of SQS have about 180 characters, which travel twice with each message.
constexpr size_t kHandleSize = 180;
constexpr size_t kMarkAt = kHandleStart.size();
constexpr size_t kIndexAt = kMarkAt + 8;
constexpr size_t kReceiveAt = kIndexAt + 16;
constexpr size_t kFillAt = kReceiveAt + 8;

template <typename Number>
bool ReadHex(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

SqsQueue::SqsQueue(std::string name, Milliseconds visibility)
    : name_(std::move(name)),
      visibility_(visibility),
      mark_(static_cast<uint32_t>(std::hash<std::string>()(name_))) {}

void SqsQueue::Send(std::string body, Instant now) {
  Message message;
  message.body = std::move(body);
  message.sent = now;
  messages_.push_back(std::move(message));
  visible_.push_back(messages_.size() - 1);
  ++counts_.sent;
  ++counts_.visible;
  if (!counts_.first_sent) counts_.first_sent = now;
}

std::vector<SqsQueue::Delivery> SqsQueue::Receive(size_t most, Milliseconds visibility,
                                                  Instant now) {
  Expire(now);
  std::vector<Delivery> deliveries;
  // What a visibility of 0 gives back at once is not received twice by one call.
  for (size_t left = visible_.size(); left > 0 && deliveries.size() < most; --left) {
    const size_t index = visible_.front();
    visible_.pop_front();
    Message& message = messages_[index];
    if (message.deleted) continue;
    if (message.receives++ == 0) {
      message.first_received = now;
    } else {
      ++counts_.redelivered;
    }
    ++counts_.received;
    if (!counts_.first_received) counts_.first_received = now;
    --counts_.visible;
    ++counts_.in_flight;
    message.in_flight = true;
    message.visible_again = now + visibility;
    due_.push({message.visible_again, index});
    deliveries.push_back({&message.body, Id(index), Handle(index),
                          static_cast<int>(message.receives), message.sent,
                          message.first_received});
    if (visibility <= Milliseconds(0)) Return(index);
  }
  return deliveries;
}

SqsQueue::Outcome SqsQueue::Delete(std::string_view receipt_handle, Instant now) {
  Expire(now);
  const auto parsed = Parse(receipt_handle);
  if (!parsed) return Outcome::kUnknownHandle;
  Message& message = messages_[parsed->first];
  if (message.deleted || message.receives != parsed->second) {
    ++counts_.ineffective_deletes;
    return Outcome::kIneffective;
  }
  --(message.in_flight ? counts_.in_flight : counts_.visible);
  message.in_flight = false;
  message.deleted = true;
  message.body = {};
  ++counts_.deleted;
  counts_.last_deleted = now;
  return Outcome::kDone;
}

SqsQueue::Outcome SqsQueue::ChangeVisibility(std::string_view receipt_handle,
                                             Milliseconds visibility, Instant now) {
  Expire(now);
  const auto parsed = Parse(receipt_handle);
  if (!parsed) return Outcome::kUnknownHandle;
  Message& message = messages_[parsed->first];
  if (message.deleted || !message.in_flight || message.receives != parsed->second) {
    return Outcome::kIneffective;
  }
  if (visibility <= Milliseconds(0)) {
    ++counts_.returned;
    Return(parsed->first);
  } else {
    ++counts_.extended;
    message.visible_again = now + visibility;
    due_.push({message.visible_again, parsed->first});
  }
  return Outcome::kDone;
}

void SqsQueue::Expire(Instant now) {
  while (!due_.empty() && due_.top().when <= now) {
    const Due due = due_.top();
    due_.pop();
    if (!Current(due)) continue;
    ++counts_.expired;
    Return(due.index);
  }
}

std::optional<Instant> SqsQueue::NextExpiry() {
  while (!due_.empty() && !Current(due_.top())) due_.pop();
  if (due_.empty()) return std::nullopt;
  return due_.top().when;
}

bool SqsQueue::Current(const Due& due) const {
  const Message& message = messages_[due.index];
  return message.in_flight && message.visible_again == due.when;
}

void SqsQueue::Return(size_t index) {
  messages_[index].in_flight = false;
  --counts_.in_flight;
  ++counts_.visible;
  visible_.push_back(index);
}

std::string SqsQueue::Handle(size_t index) const {
  std::string handle =
      fmt::format("{}{:08x}{:016x}{:08x}", kHandleStart, mark_, index, messages_[index].receives);
  // Base64 as handles are, so that a client has to escape "/" and "=" where they need it.
  constexpr std::string_view kFill = "k3/Jr0vXbq9+Wc7YtZ5uLh2Gd8pQfM1nSxE4oRaT6iKj";
  while (handle.size() < kHandleSize - 2) handle += kFill[handle.size() % kFill.size()];
  return handle += "==";
}

std::string SqsQueue::Id(size_t index) const {
  return fmt::format("{:08x}-5a3c-4d1e-9f00-{:012x}", mark_, index);
}

std::optional<std::pair<size_t, uint32_t>> SqsQueue::Parse(std::string_view handle) const {
  if (handle.size() != kHandleSize || handle.substr(0, kMarkAt) != kHandleStart) {
    return std::nullopt;
  }
  uint32_t mark = 0;
  size_t index = 0;
  uint32_t receive = 0;
  if (!ReadHex(handle.substr(kMarkAt, kIndexAt - kMarkAt), mark) ||
      !ReadHex(handle.substr(kIndexAt, kReceiveAt - kIndexAt), index) ||
      !ReadHex(handle.substr(kReceiveAt, kFillAt - kReceiveAt), receive)) {
    return std::nullopt;
  }
  if (mark != mark_ || index >= messages_.size() || receive == 0 ||
      receive > messages_[index].receives) {
    return std::nullopt;
  }
  return std::pair(index, receive);
}

}  // namespace collector::bench
