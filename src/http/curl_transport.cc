#include "http/curl_transport.h"

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

std::unique_ptr<CurlTransport::Handle> CurlTransport::Take(const std::string& host) {
  {
    MutexLock lock(mutex_);
    const auto found = idle_.find(host);
    if (found != idle_.end()) {
      // The one used last: its connection is the least likely to have been closed meanwhile.
      auto handle = std::move(found->second.back());
      found->second.pop_back();
      if (found->second.empty()) idle_.erase(found);
      --idle_count_;
      return handle;
    }
  }
  return std::make_unique<Handle>();
}

void CurlTransport::GiveBack(const std::string& host, std::unique_ptr<Handle> handle) {
  MutexLock lock(mutex_);
  if (idle_count_ >= kMaxIdle) return;
  auto& of_host = idle_[host];
  if (of_host.size() >= kMaxIdlePerHost) return;
  of_host.push_back(std::move(handle));
  ++idle_count_;
}

Result<Response> CurlTransport::Send(const Request& request, std::stop_token stop) {
  if (stop.stop_requested()) {
    return Fail(ErrorKind::kCancelled, "the call was cancelled: the program is ending");
  }
  const auto url = ParseUrl(request.url);
  if (!url) return Propagate(url);
  const bool tls = url->scheme == "https";
  const std::string& proxy = tls ? https_proxy_ : http_proxy_;
  X509_STORE* trust = nullptr;
  if (tls || proxy.substr(0, 8) == "https://") {
    auto store = trust_->Get();
    if (!store) return Propagate(store);
    trust = *store;
  }
  const std::string host = url->scheme + "://" + url->authority;
  auto handle = Take(host);
  auto response = handle->Perform(
      request, {user_agent_, proxy, no_proxy_, *shared_, trust, trust_->path()}, std::move(stop));
  // After a failure nobody knows what the connection still holds.
  if (response) GiveBack(host, std::move(handle));
  return response;
}

}  // namespace collector::http
