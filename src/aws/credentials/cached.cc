#include "aws/credentials/cached.h"

#include <utility>

namespace collector::aws {

CachedCredentials::CachedCredentials(std::unique_ptr<CredentialsProvider> source, Clock& clock)
    : source_(std::move(source)), clock_(clock) {}

std::optional<Credentials> CachedCredentials::Cached(bool* renew) {
  MutexLock lock(mutex_);
  const Timestamp now = clock_.Now();
  if (!cached_ || now >= *cached_->expires - kUseUntil) return std::nullopt;
  const bool failed_lately = failed_at_ && now < *failed_at_ + kRetryAfter;
  if (now >= *cached_->expires - kRenewAhead && !renewing_ && !failed_lately) {
    renewing_ = true;
    *renew = true;
  }
  return cached_;
}

void CachedCredentials::Store(const Result<Credentials>& renewed) {
  MutexLock lock(mutex_);
  renewing_ = false;
  failed_at_.reset();
  if (renewed && !renewed->expires) {
    cached_.reset();
    return;
  }
  if (renewed) cached_ = *renewed;
  // A source that has nothing newer yet is asked again a little later, like one that failed.
  const Timestamp now = clock_.Now();
  if (!renewed || now >= *renewed->expires - kRenewAhead) failed_at_ = now;
}

Result<Credentials> CachedCredentials::Get(std::stop_token stop) {
  bool renew = false;
  if (auto cached = Cached(&renew)) {
    if (!renew) return *std::move(cached);
    auto renewed = source_->Get(stop);
    Store(renewed);
    if (renewed) return renewed;
    return *std::move(cached);
  }
  // Without usable credentials everybody waits for one renewal.
  MutexLock lock(renewal_mutex_);
  if (auto cached = Cached(&renew)) {
    if (renew) Store(*cached);  // just renewed by another caller
    return *std::move(cached);
  }
  auto renewed = source_->Get(stop);
  Store(renewed);
  return renewed;
}

void CachedCredentials::Refuse(const Credentials& refused) {
  {
    MutexLock lock(mutex_);
    if (cached_ && cached_->access_key_id == refused.access_key_id) cached_.reset();
  }
  source_->Refuse(refused);
}

}  // namespace collector::aws
