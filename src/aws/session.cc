#include "aws/session.h"

namespace collector::aws {

std::optional<std::string> Session::KnownAccount(const std::string& access_key_id) const {
  MutexLock lock(mutex_);
  if (account_.empty() || access_key_id_ != access_key_id) return std::nullopt;
  return account_;
}

std::string Session::LastAccount() const {
  MutexLock lock(mutex_);
  return account_;
}

void Session::RememberAccount(const std::string& access_key_id, const std::string& account) {
  MutexLock lock(mutex_);
  access_key_id_ = access_key_id;
  account_ = account;
}

std::optional<std::string> Session::BucketRegion(std::string_view bucket) const {
  MutexLock lock(mutex_);
  const auto known = bucket_regions_.find(bucket);
  if (known == bucket_regions_.end()) return std::nullopt;
  return known->second;
}

void Session::RememberBucketRegion(std::string_view bucket, std::string_view region) {
  if (bucket.empty() || !LooksLikeRegion(region)) return;
  MutexLock lock(mutex_);
  const auto known = bucket_regions_.find(bucket);
  if (known != bucket_regions_.end()) {
    if (known->second != region) known->second = region;
    return;
  }
  // More than anybody has; whoever makes names up shall not fill the memory.
  constexpr size_t kMost = 10'000;
  if (bucket_regions_.size() >= kMost) bucket_regions_.clear();
  bucket_regions_.emplace(bucket, region);
}

}  // namespace collector::aws
