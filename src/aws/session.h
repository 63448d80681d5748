// Session: what the clients of one input share: its credentials, the account they belong to, the
// regions of its buckets, and how it wants to be connected. Held by its clients; any thread.
#ifndef COLLECTOR_AWS_SESSION_H_
#define COLLECTOR_AWS_SESSION_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "aws/clock_skew.h"
#include "aws/credentials.h"
#include "aws/endpoints.h"
#include "aws/rate_limiters.h"
#include "aws/retry.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "http/transport.h"
#include "observe/events.h"

namespace collector::aws {

// What all sessions of the process share. main() owns the things.
struct Runtime {
  http::Transport& transport;
  Clock& clock;
  Events& events;
  RateLimiters& limiters;
  ClockSkew& skew;
};

struct SessionOptions {
  std::shared_ptr<CredentialsProvider> credentials = {};
  EndpointOptions endpoints = {};
  RetryOptions retries = {};
  uint64_t seed = 0;  // of the random delays between retries
  Milliseconds connect_timeout{5'000};
  Milliseconds total_timeout{60'000};  // of one attempt; LookupEvents was seen to take 35 s
};

class Session {
 public:
  Session(const Runtime& runtime, SessionOptions options)
      : runtime_(runtime), options_(std::move(options)) {}

  const Runtime& runtime() const { return runtime_; }
  const SessionOptions& options() const { return options_; }

  // The account that an access key belongs to, if it was found before.
  std::optional<std::string> KnownAccount(const std::string& access_key_id) const EXCLUDES(mutex_);
  // The account seen last, for texts; empty when none was.
  std::string LastAccount() const EXCLUDES(mutex_);
  void RememberAccount(const std::string& access_key_id, const std::string& account)
      EXCLUDES(mutex_);

  // The region that a bucket was said to be in, by a notification or by S3 itself (S-16); a client
  // of any region then calls it there. What does not look like a region is not remembered: it would
  // become part of a host name.
  std::optional<std::string> BucketRegion(std::string_view bucket) const EXCLUDES(mutex_);
  void RememberBucketRegion(std::string_view bucket, std::string_view region) EXCLUDES(mutex_);

 private:
  const Runtime runtime_;
  const SessionOptions options_;
  mutable Mutex mutex_;
  std::string access_key_id_ GUARDED_BY(mutex_);
  std::string account_ GUARDED_BY(mutex_);
  std::map<std::string, std::string, std::less<>> bucket_regions_ GUARDED_BY(mutex_);
};

}  // namespace collector::aws

#endif  // COLLECTOR_AWS_SESSION_H_
