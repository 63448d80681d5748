// The parts of CurlTransport: what its connections share and one transfer with its connection. Used
// by curl_transport.cc only.
#ifndef COLLECTOR_HTTP_CURL_HANDLE_H_
#define COLLECTOR_HTTP_CURL_HANDLE_H_

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <curl/curl.h>
#include <openssl/x509.h>

#include "http/curl_transport.h"

namespace collector::http {

// DNS answers, shared by all handles; libcurl locks through the callbacks.
class CurlTransport::Shared {
 public:
  Shared();
  ~Shared();
  CURLSH* get() const { return share_; }

 private:
  static void Lock(CURL*, curl_lock_data data, curl_lock_access, void* self);
  static void Unlock(CURL*, curl_lock_data data, void* self);

  CURLSH* share_;
  std::array<std::mutex, CURL_LOCK_DATA_LAST> mutexes_;
};

// The CA certificates, read at the first use. Any thread.
class CurlTransport::TrustStore {
 public:
  explicit TrustStore(const Environment& environment);

  // Owned by this object. kRejected: the file is missing or holds no certificate.
  Result<X509_STORE*> Get() EXCLUDES(mutex_);

  const std::string& path() const { return path_; }

 private:
  struct Free {
    void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  };
  Status Load() REQUIRES(mutex_);

  std::string path_;
  std::string set_by_;  // the variable that named the file; empty: libcurl's built-in path
  Mutex mutex_;
  std::unique_ptr<X509_STORE, Free> store_ GUARDED_BY(mutex_);
};

// One transfer at a time. A private multi handle drives it, because a sleeping multi handle can be
// woken by a request to stop, and it keeps the connection between transfers.
class CurlTransport::Handle {
 public:
  struct Setup {
    std::string_view user_agent;
    std::string_view proxy;     // empty: none
    std::string_view no_proxy;  // hosts that are called directly
    const Shared& shared;
    X509_STORE* trust;  // nullptr for plain http
    std::string_view trust_path;
  };

  Handle();
  ~Handle();
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  Result<Response> Perform(const Request& request, const Setup& setup, std::stop_token stop);

 private:
  static size_t OnBody(char* data, size_t size, size_t count, void* self);
  static size_t OnHeader(char* data, size_t size, size_t count, void* self);
  static CURLcode OnSslContext(CURL*, void* ssl_context, void* store);

  void SetOptions(const Request& request, const Setup& setup, curl_slist* headers);
  // Nothing when `stop` was requested.
  std::optional<CURLcode> Drive(const std::stop_token& stop);
  tl::unexpected<Error> FailWith(CURLcode code, const Request& request, const Setup& setup);

  CURLM* const multi_;
  CURL* const easy_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  Response response_;
  size_t max_body_bytes_ = 0;
  bool head_complete_ = false;
  bool too_large_ = false;
};

}  // namespace collector::http

#endif  // COLLECTOR_HTTP_CURL_HANDLE_H_
