#include "http/curl_handle.h"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/ascii.h"
#include "base/time_text.h"

namespace collector::http {
namespace {}  // namespace

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

CurlTransport::Handle::Handle(const Setup& setup)
    : multi_(curl_multi_init()),
      easy_(curl_easy_init()),
      shared_(setup.shared),
      authority_(setup.authority),
      trust_path_(setup.trust_path) {
  Set(CURLOPT_PATH_AS_IS, 1L);  // the signature covers the path as it stands
  Set(CURLOPT_PROTOCOLS_STR, "http,https");
  Set(CURLOPT_FOLLOWLOCATION, 0L);
  Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(CURLOPT_NOSIGNAL, 1L);
  Set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  Set(CURLOPT_SHARE, shared_.get());
  Set(CURLOPT_ERRORBUFFER, error_text_.data());
  Set(CURLOPT_USERAGENT, std::string(setup.user_agent).c_str());
  Set(CURLOPT_BUFFERSIZE, setup.receive_bytes);
  // Set even when empty, so that libcurl does not look into the environment by itself.
  Set(CURLOPT_PROXY, std::string(setup.proxy).c_str());
  Set(CURLOPT_NOPROXY, std::string(setup.no_proxy).c_str());
  Set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  Set(CURLOPT_CAINFO, static_cast<char*>(nullptr));
  Set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
  Set(CURLOPT_PROXY_CAINFO, static_cast<char*>(nullptr));
  Set(CURLOPT_PROXY_CAPATH, static_cast<char*>(nullptr));
  if (setup.trust != nullptr) {
    Set(CURLOPT_SSL_CTX_FUNCTION, &OnSslContext);
    Set(CURLOPT_SSL_CTX_DATA, static_cast<void*>(setup.trust));
  }
  Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  Set(CURLOPT_TCP_KEEPALIVE, 1L);
  Set(CURLOPT_WRITEFUNCTION, &OnBody);
  Set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  Set(CURLOPT_HEADERFUNCTION, &OnHeader);
  Set(CURLOPT_HEADERDATA, static_cast<void*>(this));
}

CurlTransport::Handle::~Handle() {
  curl_multi_remove_handle(multi_, easy_);
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
  // Otherwise libcurl goes on a hundred times as long as the socket has more.
  if (handle.streams_ && !std::exchange(handle.paused_, true)) {
    curl_easy_pause(handle.easy_, CURLPAUSE_RECV);
  }
  return bytes;
}

size_t CurlTransport::Handle::OnHeader(char* data, size_t size, size_t count, void* self) {
  auto& handle = *static_cast<Handle*>(self);
  const std::string_view line(data, size * count);
  if (line.substr(0, 5) == "HTTP/") {
    // A status line: what came before belonged to a 100 Continue or to the proxy's CONNECT.
    handle.response_.headers = {};
    return line.size();
  }
  const std::string_view text = TrimAscii(line);
  if (text.empty()) {
    long status = 0;
    curl_easy_getinfo(handle.easy_, CURLINFO_RESPONSE_CODE, &status);
    handle.response_.status = static_cast<int>(status);
    handle.head_complete_ = status >= 200;
    return line.size();
  }
  const size_t colon = text.find(':');
  // What follows a complete head is the trailer of a chunked body, which AWS does not send.
  if (colon != std::string_view::npos && !handle.head_complete_) {
    handle.response_.headers.Add(std::string(TrimAscii(text.substr(0, colon))),
                                 std::string(TrimAscii(text.substr(colon + 1))));
  }
  return line.size();
}

CURLcode CurlTransport::Handle::OnSslContext(CURL*, void* ssl_context, void* store) {
  SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(ssl_context), static_cast<X509_STORE*>(store));
  return CURLE_OK;
}

void CurlTransport::Handle::SetHeaders(const Headers& headers) {
  header_lines_.clear();
  std::vector<size_t> begins;
  const auto add = [&](std::initializer_list<std::string_view> parts) {
    begins.push_back(header_lines_.size());
    for (const std::string_view part : parts) header_lines_ += part;
    header_lines_ += '\0';
  };
  for (const auto& [name, value] : headers.fields()) {
    // libcurl sends a header without a value only when it is written with a semicolon.
    if (value.empty()) {
      add({name, ";"});
    } else {
      add({name, ": ", value});
    }
  }
  add({"Expect:"});  // no 100-continue: its wait costs a second with servers that ignore it
  if (headers.Find("Content-Type") == nullptr) add({"Content-Type:"});
  add({"Accept:"});
  header_nodes_.resize(begins.size());
  for (size_t i = 0; i < begins.size(); ++i) {
    header_nodes_[i] = {header_lines_.data() + begins[i],
                        i + 1 < begins.size() ? &header_nodes_[i + 1] : nullptr};
  }
  Set(CURLOPT_HTTPHEADER, header_nodes_.data());
}

// Nothing is reset between two transfers, which would cost as much as the rest of this: what
// differs is set each time.
void CurlTransport::Handle::Begin(const Request& request, bool streams) {
  response_.status = 0;
  response_.headers = {};
  response_.body.clear();
  head_complete_ = false;
  too_large_ = false;
  streams_ = streams;
  paused_ = false;
  max_body_bytes_ = streams ? std::numeric_limits<size_t>::max() : request.max_response_bytes;
  error_text_[0] = '\0';
  code_.reset();
  Set(CURLOPT_URL, request.url.c_str());
  SetHeaders(request.headers);
  Set(CURLOPT_HTTPGET, 1L);
  Set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.method == "HEAD") {
    Set(CURLOPT_NOBODY, 1L);
  } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    request_body_ = request.body;
    Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_body_.size()));
    Set(CURLOPT_POSTFIELDS, request_body_.data());
  }
  Set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  curl_multi_add_handle(multi_, easy_);
}

bool CurlTransport::Handle::Has(Until what) const {
  if (code_) return true;
  return what == Until::kHead ? head_complete_ : what == Until::kBytes && !response_.body.empty();
}

void CurlTransport::Handle::Resume() {
  if (!response_.body.empty() || !std::exchange(paused_, false)) return;
  // May call OnBody() with what libcurl kept, which pauses again.
  curl_easy_pause(easy_, CURLPAUSE_CONT);
}

// The transfer is over: takes its result.
void CurlTransport::Handle::Leave() {
  int left = 0;
  const CURLMsg* message = curl_multi_info_read(multi_, &left);
  code_ = message != nullptr ? message->data.result : CURLE_FAILED_INIT;
  // For libcurl a head that breaks off is an answer with an empty body.
  if (*code_ == CURLE_OK && !head_complete_) code_ = CURLE_PARTIAL_FILE;
  curl_multi_remove_handle(multi_, easy_);
  long connects = 0;
  curl_easy_getinfo(easy_, CURLINFO_NUM_CONNECTS, &connects);
  if (*code_ == CURLE_OK && connects > 0 && std::exchange(has_connected_, true)) Renew();
}

// libcurl replaces a connection that the peer closed meanwhile at most five times in the life of an
// easy handle, and only a reset begins to count anew. So there is another one after each time; the
// connection stays with the multi handle. (A reset would lose CURLOPT_BUFFERSIZE, which cannot be
// set once there is a buffer.)
void CurlTransport::Handle::Renew() {
  CURL* renewed = curl_easy_duphandle(easy_);
  if (renewed == nullptr) return;
  curl_easy_cleanup(std::exchange(easy_, renewed));
  Set(CURLOPT_SHARE, shared_.get());  // is not taken over
  Set(CURLOPT_ERRORBUFFER, error_text_.data());
}

// Time is kept here and not by libcurl, whose time-outs would go on while nobody reads.
Status CurlTransport::Handle::Run(Until until, Milliseconds patience, const std::stop_token& stop) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi_); });
  while (!Has(until)) {
    if (stop.stop_requested()) {
      return Fail(ErrorKind::kCancelled, "the call was cancelled: the program is ending");
    }
    Resume();
    if (Has(until)) break;
    const size_t before = response_.body.size();
    int running = 0;
    const CURLMcode done = curl_multi_perform(multi_, &running);
    if (done != CURLM_OK || running == 0) Leave();
    if (Has(until)) break;
    const auto left = std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left <= Milliseconds(0)) {
      return Fail(
          ErrorKind::kRetry,
          until == Until::kBytes
              ? fmt::format("{} sent nothing for {}", authority_, FormatDuration(patience))
              : fmt::format("{} did not answer in time ({})", authority_, FormatDuration(patience)),
          std::string(kTimedOut));
    }
    // Where bytes came there may be more, which costs less to try than to ask for.
    if (response_.body.size() != before) continue;
    constexpr Milliseconds kLongestPoll{1'000};  // libcurl's own timers end it sooner
    curl_multi_poll(multi_, nullptr, 0, static_cast<int>(std::min(left, kLongestPoll).count()),
                    nullptr);
  }
  if (code_ && *code_ != CURLE_OK) return FailWith(*code_);
  return {};
}

tl::unexpected<Error> CurlTransport::Handle::FailWith(CURLcode code) {
  const std::string& host = authority_;
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
                              host, detail, trust_path_),
                  std::string(kNotTrusted));
    case CURLE_PARTIAL_FILE:
      return Fail(ErrorKind::kRetry, fmt::format("the answer of {} was cut short", host));
    case CURLE_URL_MALFORMAT:
      return Fail(ErrorKind::kRejected,
                  fmt::format("what was to be called at {} is not a URL", host));
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

CurlTransport::Stream::~Stream() {
  if (handle_->IsClean()) transport_.GiveBack(pool_, std::move(handle_));
}

Result<std::string_view> CurlTransport::Stream::Read(std::stop_token stop) {
  // The head may have come with bytes of the body.
  if (std::exchange(begun_, true)) handle_->DropBytes();
  const Status status = handle_->Run(Handle::Until::kBytes, patience_, stop);
  // What came before the body broke off is good.
  if (!handle_->bytes().empty()) return handle_->bytes();
  if (!status) return Propagate(status);
  return handle_->bytes();
}

}  // namespace collector::http
