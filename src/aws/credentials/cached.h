// CachedCredentials: keeps the credentials of another provider for as long as they last: they
// are renewed before they expire, by one caller at a time, and while that is under way or fails the
// others go on with the old ones as long as those are valid. Credentials without an end are not
// kept: their provider answers at once. Any thread.
#ifndef COLLECTOR_AWS_CREDENTIALS_CACHED_H_
#define COLLECTOR_AWS_CREDENTIALS_CACHED_H_

#include <memory>
#include <optional>

#include "aws/credentials.h"
#include "base/mutex.h"

namespace collector::aws {

class CachedCredentials : public CredentialsProvider {
 public:
  // From this long before the end one caller renews; botocore's figures.
  static constexpr std::chrono::minutes kRenewAhead{15};
  // From this long before the end nobody uses the old ones for a new call.
  static constexpr std::chrono::minutes kUseUntil{1};
  // How long after a failed renewal the next is tried, while the old ones last.
  static constexpr std::chrono::minutes kRetryAfter{1};

  CachedCredentials(std::unique_ptr<CredentialsProvider> source, Clock& clock);

  Result<Credentials> Get(std::stop_token stop) override EXCLUDES(mutex_, renewal_mutex_);
  void Refuse(const Credentials& refused) override EXCLUDES(mutex_);

 private:
  // The cached ones when they are good enough; sets `renew` when this caller has to renew them.
  std::optional<Credentials> Cached(bool* renew) EXCLUDES(mutex_);
  void Store(const Result<Credentials>& renewed) EXCLUDES(mutex_);

  const std::unique_ptr<CredentialsProvider> source_;
  Clock& clock_;
  Mutex renewal_mutex_;  // held while the source is asked by callers who cannot go on without
  Mutex mutex_;
  std::optional<Credentials> cached_ GUARDED_BY(mutex_);
  bool renewing_ GUARDED_BY(mutex_) = false;
  std::optional<Timestamp> failed_at_ GUARDED_BY(mutex_);
};

}  // namespace collector::aws

#endif  // COLLECTOR_AWS_CREDENTIALS_CACHED_H_
