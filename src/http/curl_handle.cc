#include "http/curl_handle.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "http/url.h"

namespace collector::http {
namespace {

// Longer than any answer to a call takes to begin (LookupEvents was seen to take 35 s); what it
// ends is a transfer that trickles or a peer that is gone.
constexpr long kLowSpeedSeconds = 60;
constexpr long kLowSpeedBytesPerSecond = 1;

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

CurlTransport::Shared::Shared() : share_(curl_share_init()) {
  curl_share_setopt(share_, CURLSHOPT_USERDATA, this);
  curl_share_setopt(share_, CURLSHOPT_LOCKFUNC, &Lock);
  curl_share_setopt(share_, CURLSHOPT_UNLOCKFUNC, &Unlock);
  curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
  // Not CURL_LOCK_DATA_CONNECT: https://curl.se/libcurl/c/CURLSHOPT_SHARE.html calls it unsafe for
  // several threads. Not CURL_LOCK_DATA_SSL_SESSION: ThreadSanitizer sees OpenSSL copy a
  // session that another thread frees, and connections that are kept hardly gain from it.
}

CurlTransport::Shared::~Shared() { curl_share_cleanup(share_); }

void CurlTransport::Shared::Lock(CURL*, curl_lock_data data, curl_lock_access, void* self) {
  static_cast<Shared*>(self)->mutexes_[data].lock();
}

void CurlTransport::Shared::Unlock(CURL*, curl_lock_data data, void* self) {
  static_cast<Shared*>(self)->mutexes_[data].unlock();
}

CurlTransport::TrustStore::TrustStore(const Environment& environment) {
  for (const char* variable : {"AWS_CA_BUNDLE", "SSL_CERT_FILE"}) {
    if (auto path = environment.Get(variable)) {
      path_ = *std::move(path);
      set_by_ = variable;
      return;
    }
  }
  const char* built_in = curl_version_info(CURLVERSION_NOW)->cainfo;
  path_ = built_in != nullptr ? built_in : "/etc/ssl/certs/ca-certificates.crt";
}

Status CurlTransport::TrustStore::Load() {
  std::unique_ptr<X509_STORE, Free> store(X509_STORE_new());
  // As libcurl does: an intermediate certificate in the file is trusted by itself.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  ERR_clear_error();
  if (X509_STORE_load_file(store.get(), path_.c_str()) != 1) {
    ERR_clear_error();
    return Fail(ErrorKind::kRejected,
                fmt::format("the CA certificates cannot be read from {} (no such file, or no PEM "
                            "certificate in it); {}",
                            path_,
                            set_by_.empty() ? "install the package ca-certificates, or name a file "
                                              "with AWS_CA_BUNDLE"
                                            : "it is named by " + set_by_),
                std::string(kNotTrusted));
  }
  store_ = std::move(store);
  return {};
}

Result<X509_STORE*> CurlTransport::TrustStore::Get() {
  MutexLock lock(mutex_);
  if (store_ == nullptr) {
    if (auto loaded = Load(); !loaded) return Propagate(loaded);
  }
  return store_.get();
}

CurlTransport::Handle::Handle() : multi_(curl_multi_init()), easy_(curl_easy_init()) {}

CurlTransport::Handle::~Handle() {
  curl_easy_cleanup(easy_);
  curl_multi_cleanup(multi_);
}

size_t CurlTransport::Handle::OnBody(char* data, size_t size, size_t count, void* self) {
  auto& handle = *static_cast<Handle*>(self);
  const size_t bytes = size * count;
  if (bytes > handle.max_body_bytes_ - handle.response_.body.size()) {
    handle.too_large_ = true;
    return 0;  // ends the transfer with CURLE_WRITE_ERROR
  }
  handle.response_.body.append(data, bytes);
  return bytes;
}

size_t CurlTransport::Handle::OnHeader(char* data, size_t size, size_t count, void* self) {
  auto& handle = *static_cast<Handle*>(self);
  const std::string_view line(data, size * count);
  if (line.substr(0, 5) == "HTTP/") {
    // A status line: what came before belonged to a 100 Continue or to the proxy's CONNECT.
    handle.response_.headers = {};
    handle.head_complete_ = false;
    return line.size();
  }
  if (Trim(line).empty()) handle.head_complete_ = true;
  const size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    handle.response_.headers.Add(std::string(Trim(line.substr(0, colon))),
                                 std::string(Trim(line.substr(colon + 1))));
  }
  return line.size();
}

CURLcode CurlTransport::Handle::OnSslContext(CURL*, void* ssl_context, void* store) {
  SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(ssl_context), static_cast<X509_STORE*>(store));
  return CURLE_OK;
}

void CurlTransport::Handle::SetOptions(const Request& request, const Setup& setup,
                                       curl_slist* headers) {
  // A reset keeps the connection, the DNS answers and the sessions.
  curl_easy_reset(easy_);
  const auto set = [this](CURLoption option, auto value) {
    curl_easy_setopt(easy_, option, value);
  };
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PATH_AS_IS, 1L);  // the signature covers the path as it stands
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_SHARE, setup.shared.get());
  set(CURLOPT_ERRORBUFFER, error_text_.data());
  set(CURLOPT_USERAGENT, std::string(setup.user_agent).c_str());
  set(CURLOPT_HTTPHEADER, headers);
  set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.data());
  }
  // Set even when empty, so that libcurl does not look into the environment by itself.
  set(CURLOPT_PROXY, std::string(setup.proxy).c_str());
  set(CURLOPT_NOPROXY, std::string(setup.no_proxy).c_str());
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_CAINFO, static_cast<char*>(nullptr));
  set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
  set(CURLOPT_PROXY_CAINFO, static_cast<char*>(nullptr));
  set(CURLOPT_PROXY_CAPATH, static_cast<char*>(nullptr));
  if (setup.trust != nullptr) {
    set(CURLOPT_SSL_CTX_FUNCTION, &OnSslContext);
    set(CURLOPT_SSL_CTX_DATA, static_cast<void*>(setup.trust));
  }
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.total_timeout.count()));
  set(CURLOPT_LOW_SPEED_LIMIT, kLowSpeedBytesPerSecond);
  set(CURLOPT_LOW_SPEED_TIME, kLowSpeedSeconds);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_WRITEFUNCTION, &OnBody);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(CURLOPT_HEADERFUNCTION, &OnHeader);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
}

std::optional<CURLcode> CurlTransport::Handle::Drive(const std::stop_token& stop) {
  std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi_); });
  int running = 1;
  while (!stop.stop_requested()) {
    if (curl_multi_perform(multi_, &running) != CURLM_OK) return CURLE_FAILED_INIT;
    if (running == 0) break;
    constexpr int kLongestPollMs = 1'000;  // libcurl's own timers end it sooner
    if (curl_multi_poll(multi_, nullptr, 0, kLongestPollMs, nullptr) != CURLM_OK) {
      return CURLE_FAILED_INIT;
    }
  }
  if (running != 0) return std::nullopt;
  int left = 0;
  const CURLMsg* message = curl_multi_info_read(multi_, &left);
  return message != nullptr ? message->data.result : CURLE_FAILED_INIT;
}

Result<Response> CurlTransport::Handle::Perform(const Request& request, const Setup& setup,
                                                std::stop_token stop) {
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  std::unique_ptr<curl_slist, FreeList> headers;
  const auto add = [&headers](const std::string& line) {
    curl_slist* longer = curl_slist_append(headers.get(), line.c_str());
    if (longer == nullptr) return;
    (void)headers.release();
    headers.reset(longer);
  };
  for (const auto& [name, value] : request.headers.fields()) {
    // libcurl sends a header without a value only when it is written with a semicolon.
    add(value.empty() ? name + ";" : fmt::format("{}: {}", name, value));
  }
  add("Expect:");  // no 100-continue: its wait costs a second with servers that ignore it
  if (request.headers.Find("Content-Type") == nullptr) add("Content-Type:");
  add("Accept:");

  response_ = {};
  head_complete_ = false;
  too_large_ = false;
  max_body_bytes_ = request.max_response_bytes;
  error_text_.fill('\0');
  SetOptions(request, setup, headers.get());
  curl_multi_add_handle(multi_, easy_);
  const std::optional<CURLcode> code = Drive(stop);
  curl_multi_remove_handle(multi_, easy_);
  if (!code) return Fail(ErrorKind::kCancelled, "the call was cancelled: the program is ending");
  if (*code != CURLE_OK) return FailWith(*code, request, setup);
  // For libcurl a head that breaks off is an answer with an empty body.
  if (!head_complete_) return FailWith(CURLE_PARTIAL_FILE, request, setup);
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  return std::move(response_);
}

tl::unexpected<Error> CurlTransport::Handle::FailWith(CURLcode code, const Request& request,
                                                      const Setup& setup) {
  const auto url = ParseUrl(request.url);
  const std::string host = url ? url->authority : "the host";
  const std::string_view detail =
      error_text_[0] != '\0' ? error_text_.data() : curl_easy_strerror(code);
  long proxy_status = 0;
  curl_easy_getinfo(easy_, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return Fail(ErrorKind::kRetry, fmt::format("the name {} cannot be resolved", host),
                  std::string(kUnknownHost));
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Fail(ErrorKind::kRetry,
                  "the name of the proxy (HTTPS_PROXY or HTTP_PROXY) cannot be resolved");
    case CURLE_OPERATION_TIMEDOUT:
      return Fail(ErrorKind::kRetry, fmt::format("{} did not answer in time ({})", host, detail),
                  std::string(kTimedOut));
    case CURLE_PEER_FAILED_VERIFICATION:
      return Fail(ErrorKind::kRejected,
                  fmt::format("the certificate of {} is not trusted ({}; CA certificates from {})",
                              host, detail, setup.trust_path),
                  std::string(kNotTrusted));
    case CURLE_PARTIAL_FILE:
      return Fail(ErrorKind::kRetry, fmt::format("the answer of {} was cut short", host));
    case CURLE_URL_MALFORMAT:
      return Fail(ErrorKind::kRejected, fmt::format("{} is not a URL to call", request.url));
    default:
      break;
  }
  if (too_large_) {
    return Fail(ErrorKind::kRejected,
                fmt::format("the answer of {} is larger than {} bytes", host, max_body_bytes_));
  }
  if (proxy_status >= 400) {
    return Fail(
        proxy_status == 407 || proxy_status == 403 ? ErrorKind::kRejected : ErrorKind::kRetry,
        fmt::format("the proxy refuses to connect to {} (HTTP {}); check HTTPS_PROXY, its "
                    "user and password, and NO_PROXY",
                    host, proxy_status));
  }
  return Fail(ErrorKind::kRetry, fmt::format("the connection to {} failed: {}", host, detail));
}

}  // namespace collector::http
