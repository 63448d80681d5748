#include "sources/history_reader.h"

#include <utility>

namespace collector {

HistoryReader::HistoryReader(std::shared_ptr<History> history, Clock& clock,
                             std::string_view invalid_token)
    : history_(std::move(history)), clock_(clock), invalid_token_(invalid_token) {
  history_->AddReader([this] { Wake(); });
}

Source::Next HistoryReader::Poll(std::stop_token stop) {
  if (!history_->Begin(stop)) return history_->Idle();
  if (!visit_) visit_ = history_->Take();
  if (!visit_) return history_->Idle();
  const Result<bool> more = ReadNext(stop);
  if (!more) {
    EndVisit(&more.error());
    return history_->Idle();
  }
  if (!*more) EndVisit(nullptr);
  return {clock_.MonotonicNow(), history_->standing()};
}

Result<bool> HistoryReader::ReadNext(std::stop_token stop) {
  Result<std::string> next = ReadPage(*visit_, token_, std::move(stop));
  if (!next && !token_.empty() && next.error().code == invalid_token_ &&
      !std::exchange(restarted_, true)) {
    // Tokens do not last for ever. What was delivered is remembered, so reading the stretch from
    // its start again costs calls only.
    token_.clear();
    return true;
  }
  if (!next) return Propagate(next);
  if (!token_.empty() && *next == token_) {
    return Fail(ErrorKind::kRetry, name() + ": AWS gave the same page token twice");
  }
  token_ = *std::move(next);
  return !token_.empty();
}

void HistoryReader::EndVisit(const Error* error) {
  token_.clear();
  restarted_ = false;
  history_->EndVisit(*std::exchange(visit_, std::nullopt), error);
}

}  // namespace collector
