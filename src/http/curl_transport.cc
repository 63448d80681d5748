#include "http/curl_transport.h"

#include <iterator>
#include <utility>

#include <curl/curl.h>

#include "http/curl_handle.h"
#include "http/url.h"

namespace collector::http {
namespace {

// The first of the variables that is set.
std::string FirstOf(const Environment& environment, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (auto value = environment.Get(name)) return *std::move(value);
  }
  return {};
}

tl::unexpected<Error> Cancelled() {
  return Fail(ErrorKind::kCancelled, "the call was cancelled: the program is ending");
}

}  // namespace

CurlTransport::CurlTransport(const Environment& environment, std::string user_agent)
    : user_agent_(std::move(user_agent)),
      https_proxy_(FirstOf(environment, {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})),
      http_proxy_(FirstOf(environment, {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"})),
      no_proxy_(FirstOf(environment, {"no_proxy", "NO_PROXY"})),
      shared_((curl_global_init(CURL_GLOBAL_DEFAULT), std::make_unique<Shared>())),
      trust_(std::make_unique<TrustStore>(environment)) {}

// Handles go before what they share. libcurl's global state stays: OpenSSL's is used elsewhere too.
CurlTransport::~CurlTransport() {
  MutexLock lock(mutex_);
  idle_.clear();
}

std::unique_ptr<CurlTransport::Handle> CurlTransport::Take(const std::string& pool) {
  MutexLock lock(mutex_);
  const auto found = idle_.find(pool);
  if (found == idle_.end() || found->second.empty()) return nullptr;
  // The one used last: its connection is the least likely to have been closed meanwhile.
  auto handle = std::move(found->second.back().handle);
  found->second.pop_back();
  --idle_count_;
  return handle;
}

std::vector<CurlTransport::Idle> CurlTransport::TakeStale() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<Idle> stale;
  if (now < next_sweep_) return stale;
  next_sweep_ = now + Seconds(1);
  for (auto pool = idle_.begin(); pool != idle_.end();) {
    auto& handles = pool->second;
    while (!handles.empty() && now - handles.front().since > kLongestIdle) {
      stale.push_back(std::move(handles.front()));
      handles.pop_front();
      --idle_count_;
    }
    pool = handles.empty() ? idle_.erase(pool) : std::next(pool);
  }
  return stale;
}

void CurlTransport::GiveBack(const std::string& pool, std::unique_ptr<Handle> handle) {
  std::vector<Idle> stale;  // closed after the lock is free again
  MutexLock lock(mutex_);
  stale = TakeStale();
  if (idle_count_ >= kMaxIdle) return;
  idle_[pool].push_back({std::move(handle), std::chrono::steady_clock::now()});
  ++idle_count_;
}

Result<std::unique_ptr<CurlTransport::Handle>> CurlTransport::Begin(const Request& request,
                                                                    bool streams,
                                                                    std::string* pool) {
  const auto url = ParseUrl(request.url);
  if (!url) return Propagate(url);
  *pool = url->scheme + "://" + url->authority + (streams ? " streams" : "");
  auto handle = Take(*pool);
  if (handle == nullptr) {
    const bool tls = url->scheme == "https";
    const std::string& proxy = tls ? https_proxy_ : http_proxy_;
    X509_STORE* trust = nullptr;
    if (tls || proxy.substr(0, 8) == "https://") {
      auto store = trust_->Get();
      if (!store) return Propagate(store);
      trust = *store;
    }
    handle = std::make_unique<Handle>(Handle::Setup{user_agent_, proxy, no_proxy_, *shared_, trust,
                                                    trust_->path(), url->authority,
                                                    streams ? kStreamBuffer : kCallBuffer});
  }
  handle->Begin(request, streams);
  return handle;
}

Result<Response> CurlTransport::Send(const Request& request, std::stop_token stop) {
  if (stop.stop_requested()) return Cancelled();
  std::string pool;
  auto handle = Begin(request, false, &pool);
  if (!handle) return Propagate(handle);
  const Status status = (*handle)->Run(Handle::Until::kEnd, request.total_timeout, stop);
  // After a failure nobody knows what the connection still holds.
  if (!status) return Propagate(status);
  Response response = (*handle)->TakeResponse();
  GiveBack(pool, *std::move(handle));
  return response;
}

Result<std::unique_ptr<Exchange>> CurlTransport::Open(const Request& request,
                                                      std::stop_token stop) {
  if (stop.stop_requested()) return Cancelled();
  std::string pool;
  auto handle = Begin(request, true, &pool);
  if (!handle) return Propagate(handle);
  const Status status = (*handle)->Run(Handle::Until::kHead, request.total_timeout, stop);
  // An answer that broke off after its head is one; Read() tells.
  if (!status && !(*handle)->has_head()) return Propagate(status);
  if (!status && status.error().kind == ErrorKind::kCancelled) return Propagate(status);
  return std::make_unique<Stream>(*this, std::move(pool), *std::move(handle), request.idle_timeout);
}

}  // namespace collector::http
