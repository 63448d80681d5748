#include "aws/rate_limiters.h"

#include <algorithm>
#include <utility>

namespace collector::aws {
namespace {

constexpr double kDecrease = 2.0 / 3;
constexpr double kFloor = 0.1;          // of the documented rate
constexpr double kRecovery = 1.0 / 40;  // of the documented rate
constexpr Seconds kOneDecrease{1};      // answers throttled within this lower the rate once

}  // namespace

RateLimiter::RateLimiter(Clock& clock, double rate)
    : clock_(clock), documented_rate_(rate), rate_(rate) {}

std::chrono::nanoseconds RateLimiter::Spacing() const {
  return std::chrono::nanoseconds(static_cast<int64_t>(1e9 / rate_));
}

std::optional<Instant> RateLimiter::TryTake(uint64_t ticket) {
  MutexLock lock(mutex_);
  const Instant now = clock_.MonotonicNow();
  const auto place = std::find(waiting_.begin(), waiting_.end(), ticket) - waiting_.begin();
  if (place == 0 && now >= next_call_) {
    waiting_.pop_front();
    next_call_ = now + Spacing();
    return std::nullopt;
  }
  return std::max(now, next_call_) + place * Spacing();
}

bool RateLimiter::Acquire(std::stop_token stop) {
  uint64_t ticket = 0;
  {
    MutexLock lock(mutex_);
    ticket = next_ticket_++;
    waiting_.push_back(ticket);
  }
  // Asks again after each wait: the rate may have fallen meanwhile, or someone in front been late.
  while (!stop.stop_requested()) {
    const auto when = TryTake(ticket);
    if (!when) return true;
    if (!clock_.WaitUntil(*when, stop)) break;
  }
  MutexLock lock(mutex_);
  waiting_.erase(std::find(waiting_.begin(), waiting_.end(), ticket));
  return false;
}

void RateLimiter::OnSuccess() {
  MutexLock lock(mutex_);
  rate_ = std::min(documented_rate_, rate_ + documented_rate_ * kRecovery);
}

double RateLimiter::OnThrottled() {
  MutexLock lock(mutex_);
  const Instant now = clock_.MonotonicNow();
  if (!last_decrease_ || now - *last_decrease_ >= kOneDecrease) {
    rate_ = std::max(documented_rate_ * kFloor, rate_ * kDecrease);
    last_decrease_ = now;
    next_call_ = std::max(next_call_, now + Spacing());
  }
  return rate_;
}

double RateLimiter::rate() const {
  MutexLock lock(mutex_);
  return rate_;
}

RateLimiter& RateLimiters::For(std::string_view account, std::string_view region,
                               std::string_view operation, double rate) {
  MutexLock lock(mutex_);
  auto& limiter = limiters_[{std::string(account), std::string(region), std::string(operation)}];
  if (limiter == nullptr) limiter = std::make_unique<RateLimiter>(clock_, rate);
  return *limiter;
}

}  // namespace collector::aws
