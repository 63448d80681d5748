#include "sources/history_reader.h"

#include <utility>

namespace collector {
namespace {

constexpr Seconds kLookAgain{60};

}  // namespace

HistoryReader::HistoryReader(std::shared_ptr<History> history, Clock& clock, const Codes& codes)
    : history_(std::move(history)), bell_(std::make_shared<Bell>()), clock_(clock), codes_(codes) {
  {
    MutexLock lock(bell_->mutex);
    bell_->reader = this;
  }
  history_->AddReader([bell = bell_] {
    MutexLock lock(bell->mutex);
    if (bell->reader != nullptr) bell->reader->Ring();
  });
}

HistoryReader::~HistoryReader() {
  MutexLock lock(bell_->mutex);
  bell_->reader = nullptr;
}

Status HistoryReader::Prepare(std::stop_token) { return {}; }

Source::Next HistoryReader::Poll(std::stop_token stop) {
  if (gone_) return Leave();
  if (!history_->Begin(stop)) return history_->Idle();
  if (!prepared_) {
    if (const Status prepared = Prepare(stop); !prepared) return AfterError(prepared.error());
    prepared_ = true;
  }
  if (!visit_) visit_ = history_->Take();
  if (!visit_) return history_->Idle();
  const Result<bool> more = ReadNext(stop);
  if (!more) return AfterError(more.error());
  if (!*more) EndVisit(true);
  return {clock_.MonotonicNow(), history_->standing()};
}

Source::Next HistoryReader::AfterError(const Error& error) {
  gone_ = !codes_.gone.empty() && error.code == codes_.gone;
  if (!gone_) history_->GiveUp(error);
  if (visit_) EndVisit(false);
  return gone_ ? Leave() : history_->Idle();
}

// The outputs may still hold what was read: with the last of it settled the reader is woken.
Source::Next HistoryReader::Leave() {
  if (history_->Abandon()) return {clock_.MonotonicNow(), Standing::kEnded};
  return {clock_.MonotonicNow() + kLookAgain, Standing::kBusy};
}

Result<bool> HistoryReader::ReadNext(std::stop_token stop) {
  Result<std::string> next = ReadPage(*visit_, token_, std::move(stop));
  if (!next && !token_.empty() && next.error().code == codes_.invalid_token &&
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

void HistoryReader::EndVisit(bool complete) {
  token_.clear();
  restarted_ = false;
  history_->EndVisit(*std::exchange(visit_, std::nullopt), complete);
}

}  // namespace collector
