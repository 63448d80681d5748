#include "aws/client.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "aws/s3/bucket_endpoint.h"
#include "aws/sts/get_caller_identity.h"
#include "http/url.h"

namespace collector::aws {
namespace {

// The seed of one client's delays: different for each region, the same in each run.
uint64_t SeedFor(uint64_t seed, std::string_view region) {
  for (const char c : region) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return seed;
}

http::Request BuildRequest(const RequestParts& parts, const Endpoint& endpoint,
                           const SessionOptions& options) {
  http::Request request;
  request.method = parts.method;
  request.url = endpoint.url + http::PercentEncode(parts.path, http::Slash::kKeep);
  char separator = '?';
  for (const auto& [name, value] : parts.query) {
    request.url +=
        fmt::format("{}{}={}", separator, http::PercentEncode(name), http::PercentEncode(value));
    separator = '&';
  }
  request.headers = parts.headers;
  request.body = parts.body;
  request.connect_timeout = options.connect_timeout;
  request.total_timeout = options.total_timeout + parts.held_back;
  return request;
}

// What AWS says must wait, in milliseconds; at most five seconds are taken from it.
std::chrono::nanoseconds RetryAfter(const http::Response& answer) {
  constexpr int64_t kLongest = 5'000;
  const std::string* header = answer.headers.Find("x-amz-retry-after");
  if (header == nullptr) return {};
  int64_t value = 0;
  std::from_chars(header->data(), header->data() + header->size(), value);
  return Milliseconds(std::clamp<int64_t>(value, 0, kLongest));
}

// AWS puts neither into its messages; a proxy or an emulator that echoes a request would.
void Hide(std::string& text, const Secret& secret) {
  if (secret.empty()) return;
  const std::string shown = secret.ToString();
  for (size_t at = text.find(secret.Reveal()); at != std::string::npos;
       at = text.find(secret.Reveal(), at + shown.size())) {
    text.replace(at, secret.Reveal().size(), shown);
  }
}

// An error answer's body says enough in this.
constexpr size_t kErrorBytes = 256 << 10;

Error Cancelled(const OperationInfo& operation, std::string_view region) {
  return Error{ErrorKind::kCancelled, fmt::format("{} in {} was cancelled: the program is ending",
                                                  Name(operation), region)};
}

}  // namespace

struct Client::CallState {
  const OperationInfo& operation;
  const RequestParts& parts;
  RateLimiter* const limiter;
  std::string region = {};  // the client's, or the bucket's
  Endpoint endpoint = {};
  Credentials credentials = {};
  Timestamp signed_at = {};
  std::chrono::nanoseconds retry_after = {};
  int attempts = 0;
  int retries = 0;
  int spent = 0;  // of the retry budget
  bool clock_was_wrong =
      false;  // the last attempt was refused for its time, which is corrected now
  bool clock_corrected = false;
  bool credentials_renewed = false;
  bool bucket_found = false;  // the last attempt was refused, but told where the bucket is
  bool bucket_moved = false;
};

Client::Client(std::shared_ptr<Session> session, std::string region)
    : session_(std::move(session)),
      region_(std::move(region)),
      retry_policy_(session_->options().retries, SeedFor(session_->options().seed, region_)) {}

std::string Client::Where(const std::string& region) const {
  const std::string account = session_->LastAccount();
  return account.empty() ? region : account + " " + region;
}

Result<Endpoint> Client::EndpointOf(const Service& service, const std::string& region) {
  MutexLock lock(mutex_);
  const auto known = endpoints_.find({&service, region});
  if (known != endpoints_.end()) return known->second;
  auto endpoint = ResolveEndpoint(service, region, session_->options().endpoints);
  if (endpoint) endpoints_.emplace(std::pair(&service, region), *endpoint);
  return endpoint;
}

Status Client::FindEndpoint(CallState& call) {
  const std::string& bucket = call.parts.bucket;
  call.region = (bucket.empty() ? std::nullopt : session_->BucketRegion(bucket)).value_or(region_);
  auto endpoint = EndpointOf(*call.operation.service, call.region);
  if (endpoint && call.operation.service == &kS3) {
    endpoint = s3::BucketEndpoint(*std::move(endpoint), bucket);
  }
  if (!endpoint) return Propagate(endpoint);
  call.endpoint = *std::move(endpoint);
  return {};
}

RateLimiter* Client::LimiterOf(const OperationInfo& operation, const std::string& account) {
  if (operation.calls_per_second <= 0) return nullptr;
  return &session_->runtime().limiters.For(account, region_, Name(operation),
                                           operation.calls_per_second);
}

Result<std::string> Client::AccountId(std::stop_token stop) {
  const auto credentials = session_->options().credentials->Get(stop);
  if (!credentials) return Propagate(credentials);
  if (auto known = session_->KnownAccount(credentials->access_key_id)) return *std::move(known);
  auto identity = Call(sts::GetCallerIdentity{}, stop);
  if (!identity) return Propagate(identity);
  session_->RememberAccount(credentials->access_key_id, identity->account);
  return std::move(identity->account);
}

Status Client::Run(const OperationInfo& operation, const RequestParts& parts, const Parser& parse,
                   std::stop_token stop) {
  const Sender send = [this](const http::Request& request, std::stop_token stopping) {
    return session_->runtime().transport.Send(request, std::move(stopping));
  };
  return RunWith(operation, parts, send, parse, std::move(stop));
}

Status Client::RunWith(const OperationInfo& operation, const RequestParts& parts,
                       const Sender& send, const Parser& parse, std::stop_token stop) {
  std::string account;
  if (operation.calls_per_second > 0) {
    // The limit belongs to the account, so the account has to be known.
    auto found = AccountId(stop);
    if (!found) return Propagate(found);
    account = *std::move(found);
  }
  CallState call{operation, parts, LimiterOf(operation, account)};
  if (auto found = FindEndpoint(call); !found) return found;
  for (;;) {
    Status done = Attempt(call, send, parse, stop);
    if (done) {
      retry_policy_.OnSuccess(call.spent);
      return {};
    }
    if (stop.stop_requested()) return tl::unexpected(Cancelled(operation, region_));
    if (PrepareRetry(call, done.error(), stop)) continue;
    if (stop.stop_requested()) return tl::unexpected(Cancelled(operation, region_));
    if (call.attempts > 1) done.error().message += fmt::format(" ({} attempts)", call.attempts);
    return done;
  }
}

Result<std::unique_ptr<http::Exchange>> Client::OpenStream(const OperationInfo& operation,
                                                           const RequestParts& parts,
                                                           std::stop_token stop) {
  std::unique_ptr<http::Exchange> exchange;
  const Status status = RunWith(
      operation, parts,
      [&](const http::Request& request, std::stop_token stopping) -> Result<http::Response> {
        auto opened = session_->runtime().transport.Open(request, stopping);
        if (!opened) return Propagate(opened);
        exchange = *std::move(opened);
        if (exchange->status() / 100 != 2) {
          return http::ReadWhole(*exchange, kErrorBytes, stopping);
        }
        return http::Response{exchange->status(), exchange->headers(), {}};
      },
      [](const http::Response&) { return Status(); }, std::move(stop));
  if (!status) return Propagate(status);
  return exchange;
}

Status Client::Attempt(CallState& call, const Sender& send, const Parser& parse,
                       const std::stop_token& stop) {
  const Runtime& runtime = session_->runtime();
  auto credentials = session_->options().credentials->Get(stop);
  if (!credentials) return Propagate(credentials);
  call.credentials = *std::move(credentials);
  if (call.limiter != nullptr && !call.limiter->Acquire(stop)) {
    return tl::unexpected(Cancelled(call.operation, region_));
  }
  ++call.attempts;
  call.retry_after = {};
  call.clock_was_wrong = false;
  call.bucket_found = false;
  http::Request request = BuildRequest(call.parts, call.endpoint, session_->options());
  call.signed_at = runtime.skew.Now();
  const Status signature = signer_.Sign(request, call.credentials, call.endpoint.signing_region,
                                        call.operation.service->name, call.signed_at);
  if (!signature) return signature;
  const Instant begin = runtime.clock.MonotonicNow();
  const auto answer = send(request, stop);
  if (!answer) {
    return tl::unexpected(MakeError({call.operation, call.region, session_->LastAccount(),
                                     call.credentials.origin, call.parts.subject},
                                    answer.error()));
  }
  runtime.events.AwsCall(Where(call.region), Name(call.operation), answer->status,
                         runtime.clock.MonotonicNow() - begin);
  if (answer->status / 100 != 2) return tl::unexpected(ReadError(call, *answer));
  if (call.limiter != nullptr) call.limiter->OnSuccess();
  Status parsed = parse(*answer);
  if (!parsed) {
    parsed.error().message = fmt::format("{} in {}: {}", Name(call.operation), region_,
                                         OneLine(parsed.error().message, 500));
  }
  return parsed;
}

Error Client::ReadError(CallState& call, const http::Response& answer) const {
  const Runtime& runtime = session_->runtime();
  Refusal refusal = ReadRefusal(answer);
  Hide(refusal.message, call.credentials.secret_access_key);
  Hide(refusal.message, call.credentials.session_token);
  const std::string account = session_->LastAccount();
  Error error =
      MakeError({call.operation, call.region, account, call.credentials.origin, call.parts.subject},
                refusal, answer.status);
  call.retry_after = RetryAfter(answer);
  if (call.limiter != nullptr && error.kind == ErrorKind::kThrottled) {
    runtime.events.AwsThrottled(Where(call.region), Name(call.operation),
                                call.limiter->OnThrottled());
  } else if (error.kind == ErrorKind::kThrottled) {
    ++runtime.events.counts().aws_throttles;
  }
  const std::string* date = answer.headers.Find("Date");
  if (date != nullptr && MayBeClockSkew(refusal)) {
    call.clock_was_wrong = runtime.skew.CorrectFrom(*date, call.signed_at);
  }
  if (!call.parts.bucket.empty()) LearnBucketRegion(call, refusal, answer);
  return error;
}

// An answer that names another region than the one that was asked says that the bucket is there:
// 301 PermanentRedirect, 400 AuthorizationHeaderMalformed or IllegalLocationConstraintException, as
// in botocore's S3RegionRedirectorv2 (S-16).
void Client::LearnBucketRegion(CallState& call, const Refusal& refusal,
                               const http::Response& answer) const {
  const std::string* header = answer.headers.Find("x-amz-bucket-region");
  const std::string& region = header != nullptr ? *header : refusal.region;
  if (region.empty() || region == call.region || !LooksLikeRegion(region)) return;
  session_->RememberBucketRegion(call.parts.bucket, region);
  call.bucket_found = true;
}

bool Client::WaitToRetry(const OperationInfo& operation, const Error& error, int retry,
                         std::stop_token stop) {
  const auto delay = retry_policy_.Delay(retry, error.code == http::kTimedOut);
  if (!delay) return false;
  const Runtime& runtime = session_->runtime();
  runtime.events.AwsCallRetried(Where(region_), Name(operation), error, retry, *delay);
  return runtime.clock.WaitFor(*delay, std::move(stop));
}

bool Client::PrepareRetry(CallState& call, const Error& error, const std::stop_token& stop) {
  const Runtime& runtime = session_->runtime();
  if (call.clock_was_wrong && !call.clock_corrected) {
    call.clock_corrected = true;
    return true;
  }
  if (call.bucket_found && !call.bucket_moved) {
    call.bucket_moved = true;
    return FindEndpoint(call).has_value();
  }
  if (error.kind == ErrorKind::kCredentials && call.attempts > 0 && !call.credentials_renewed) {
    // Perhaps they were changed or expired early: worth one look for others.
    call.credentials_renewed = true;
    CredentialsProvider& provider = *session_->options().credentials;
    provider.Refuse(call.credentials);
    const auto others = provider.Get(stop);
    return others && (others->access_key_id != call.credentials.access_key_id ||
                      others->secret_access_key != call.credentials.secret_access_key ||
                      others->session_token != call.credentials.session_token);
  }
  if (error.kind != ErrorKind::kRetry && error.kind != ErrorKind::kThrottled) return false;
  const bool timed_out = error.code == http::kTimedOut;
  const auto delay = retry_policy_.Delay(call.retries + 1, timed_out);
  if (!delay) return false;
  ++call.retries;
  call.spent += RetryPolicy::Cost(timed_out);
  const auto wait = std::max(*delay, std::min(call.retry_after, *delay + Seconds(5)));
  runtime.events.AwsCallRetried(Where(call.region), Name(call.operation), error, call.attempts,
                                wait);
  return runtime.clock.WaitFor(wait, stop);
}

}  // namespace collector::aws
