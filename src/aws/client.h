// Client: calls AWS operations for one account in one region: credentials, endpoint, signature, the
// shared rate limit, retries, and errors that say what to do. Whoever makes it owns it; any thread,
// from many at once.
//
//   auto session = std::make_shared<aws::Session>(runtime, options);   // one per input
//   aws::Client client(session, "us-east-1");
//   auto page = client.Call(aws::cloudtrail::LookupEvents{.start = a, .end = b}, stop);
//   auto object = client.Open(aws::s3::GetObject{.bucket = b, .key = k}, stop);
#ifndef COLLECTOR_AWS_CLIENT_H_
#define COLLECTOR_AWS_CLIENT_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "aws/errors.h"
#include "aws/operation.h"
#include "aws/retry.h"
#include "aws/session.h"
#include "aws/signing.h"
#include "base/result.h"

namespace collector::aws {

class Client {
 public:
  Client(std::shared_ptr<Session> session, std::string region);

  // Makes the call, and makes it again as the session's RetryOptions say. The error's message has
  // the operation, the region, AWS's code, the HTTP status, the request id and the remedy; its code
  // is AWS's. kThrottled and kRetry: tried as often as allowed, a later call may go through.
  template <typename Operation>
  Result<typename Operation::Response> Call(const Operation& operation, std::stop_token stop) {
    std::optional<typename Operation::Response> values;
    Status status = Run(
        Operation::kInfo, operation.ToRequest(),
        [&values](const http::Response& answer) -> Status {
          auto parsed = Operation::Parse(answer);
          if (!parsed) return Propagate(parsed);
          values = *std::move(parsed);
          return {};
        },
        std::move(stop));
    if (!status) return Propagate(status);
    return *std::move(values);
  }

  // The same for an operation whose answer is read as a stream: it is a 2xx, and its body has yet
  // to be read. What breaks off while it is read is the reader's to try again. Not to be read for
  // longer than the session's transport lives.
  template <typename Operation>
  Result<std::unique_ptr<http::Exchange>> Open(const Operation& operation, std::stop_token stop) {
    return OpenStream(Operation::kInfo, operation.ToRequest(), std::move(stop));
  }

  // How often the session wants a failed call to be made again, and the wait before the n-th time
  // (from 1), for those who have to try again by themselves. False: not again, because it was tried
  // as often, because the budget of retries is spent, or because stop was requested.
  int retries() const { return session_->options().retries.retries; }
  bool WaitToRetry(const OperationInfo& operation, const Error& error, int retry,
                   std::stop_token stop);

  // The number of the account that the credentials belong to (GetCallerIdentity in this region).
  // The answer is kept for all clients of the session as long as the access key is the same;
  // clients that ask at the same time may each make the call, so that a region which hangs holds up
  // no other.
  Result<std::string> AccountId(std::stop_token stop);

  // The time as AWS has it: the clock's, corrected by what refused requests have taught.
  Timestamp Now() const { return session_->runtime().skew.Now(); }

  // What a notification said of a bucket, for all clients of the session (S-16).
  void RememberBucketRegion(std::string_view bucket, std::string_view region) {
    session_->RememberBucketRegion(bucket, region);
  }

  const std::string& region() const { return region_; }

 private:
  using Sender = std::function<Result<http::Response>(const http::Request&, std::stop_token)>;
  using Parser = std::function<Status(const http::Response&)>;
  struct CallState;

  Status Run(const OperationInfo& operation, const RequestParts& parts, const Parser& parse,
             std::stop_token stop);
  Status RunWith(const OperationInfo& operation, const RequestParts& parts, const Sender& send,
                 const Parser& parse, std::stop_token stop);
  Result<std::unique_ptr<http::Exchange>> OpenStream(const OperationInfo& operation,
                                                     const RequestParts& parts,
                                                     std::stop_token stop);
  Result<Endpoint> EndpointOf(const Service& service, const std::string& region) EXCLUDES(mutex_);
  // Where the call goes, for whose bucket it may be another region's endpoint.
  Status FindEndpoint(CallState& call);
  RateLimiter* LimiterOf(const OperationInfo& operation, const std::string& account);
  // One attempt: signs, sends, parses.
  Status Attempt(CallState& call, const Sender& send, const Parser& parse,
                 const std::stop_token& stop);
  Error ReadError(CallState& call, const http::Response& answer) const;
  void LearnBucketRegion(CallState& call, const Refusal& refusal,
                         const http::Response& answer) const;
  // Whether to make the call again, after waiting as long as it takes.
  bool PrepareRetry(CallState& call, const Error& error, const std::stop_token& stop);
  std::string Where(const std::string& region) const;

  const std::shared_ptr<Session> session_;
  const std::string region_;
  RetryPolicy retry_policy_;
  Signer signer_;
  Mutex mutex_;
  std::map<std::pair<const Service*, std::string>, Endpoint> endpoints_ GUARDED_BY(mutex_);
};

}  // namespace collector::aws

#endif  // COLLECTOR_AWS_CLIENT_H_
