#include "outputs/receipts.h"

#include <utility>

namespace collector {
namespace {

constexpr std::chrono::nanoseconds kAskEvery = Milliseconds(5);
constexpr uint64_t kAskEveryBytes = 256 << 10;

}  // namespace

void Receipts::OnConnected(bool tls13, Instant now) {
  tls13_ = tls13;
  accepted_ = !tls13;  // a TLS 1.2 handshake ends with the server's consent
  connected_at_ = now;
  open_ = false;
  asked_at_ = now - kAskEvery;
  asked_stream_ = asked_wire_ = 0;
  acked_at_.reset();
}

bool Receipts::ShouldAsk(Instant now, uint64_t written_end) const {
  if (!tls13_ || mode_ == DeliveryReceipt::kTcp || endpoint_ == Endpoint::kRefuses) return false;
  if (open_ || written_end <= asked_stream_) return false;
  return now - asked_at_ >= kAskEvery || written_end - asked_stream_ >= kAskEveryBytes;
}

void Receipts::OnAsked(Instant now, uint64_t stream, uint64_t wire) {
  open_ = true;
  asked_at_ = now;
  asked_stream_ = stream;
  asked_wire_ = wire;
  acked_at_.reset();
}

std::optional<uint64_t> Receipts::OnAnswer(uint64_t acked_wire) {
  if (!open_ || acked_wire < asked_wire_) return std::nullopt;
  open_ = false;
  accepted_ = true;
  endpoint_ = Endpoint::kAnswers;
  return asked_stream_;
}

void Receipts::OnUnexpectedMessage() {
  const bool never_answered = endpoint_ == Endpoint::kUnknown || endpoint_ == Endpoint::kSilent;
  if (mode_ != DeliveryReceipt::kAuto || !open_ || !never_answered) return;
  refusal_told_ = endpoint_ == Endpoint::kSilent;  // then it is known already
  endpoint_ = Endpoint::kRefuses;
}

bool Receipts::GivesUp(Instant now, uint64_t acked_wire) {
  if (!std::exchange(refusal_told_, true)) return true;
  if (!open_ || endpoint_ != Endpoint::kUnknown || acked_wire < asked_wire_) return false;
  if (!acked_at_) acked_at_ = now;
  if (now - *acked_at_ < patience_) return false;
  if (mode_ == DeliveryReceipt::kTls) return !std::exchange(strict_told_, true);
  endpoint_ = Endpoint::kSilent;
  return true;
}

bool Receipts::TcpSettles(Instant now) const {
  if (!accepted_ && now - connected_at_ < patience_) return false;
  if (mode_ == DeliveryReceipt::kTls) return false;
  if (mode_ == DeliveryReceipt::kTcp || !tls13_) return true;
  return endpoint_ == Endpoint::kSilent || endpoint_ == Endpoint::kRefuses;
}

bool Receipts::AnswersExpected() const {
  return mode_ == DeliveryReceipt::kTls || (tls13_ && endpoint_ == Endpoint::kAnswers);
}

bool Receipts::Undecided() const {
  return mode_ == DeliveryReceipt::kAuto && tls13_ && endpoint_ == Endpoint::kUnknown;
}

}  // namespace collector
