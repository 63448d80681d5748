// The parts of CurlTransport: what its connections share, a connection with its transfer, and the
// exchange that reads from one. Used by curl_transport.cc only.
#ifndef COLLECTOR_HTTP_CURL_HANDLE_H_
#define COLLECTOR_HTTP_CURL_HANDLE_H_

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

// One connection and one transfer at a time over it. A private multi handle drives it, because a
// sleeping multi handle can be woken by a request to stop, because it moves only when it is told
// to, and because it keeps the connection between transfers. One thread at a time.
class CurlTransport::Handle {
 public:
  // The same for all transfers of a handle.
  struct Setup {
    std::string_view user_agent;
    std::string_view proxy;     // empty: none
    std::string_view no_proxy;  // hosts that are called directly
    const Shared& shared;
    X509_STORE* trust;  // nullptr for plain http
    std::string_view trust_path;
    std::string_view authority;  // for errors
    long receive_bytes;          // of the buffer that libcurl receives into
  };
  enum class Until { kHead, kBytes, kEnd };

  explicit Handle(const Setup& setup);
  ~Handle();
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  // Begins a transfer; the one before has to be over and IsClean(). `request` may go. A stream
  // takes in one receive buffer's worth at a time, and no more before DropBytes(); any other answer
  // comes as fast as it can, up to the request's max_response_bytes.
  void Begin(const Request& request, bool streams);

  // Moves the transfer on until its head is complete, until there are bytes of the body, or until
  // it is over. kRetry and kTimedOut: it is not so after `patience`.
  Status Run(Until until, Milliseconds patience, const std::stop_token& stop);

  bool has_head() const { return head_complete_; }
  int status() const { return response_.status; }
  Headers TakeHeaders() { return std::move(response_.headers); }
  Response TakeResponse() { return std::move(response_); }
  // What came of the body and was not dropped.
  std::string_view bytes() const { return response_.body; }
  void DropBytes() { response_.body.clear(); }

  // The transfer ended as it should: the connection can be used for another.
  bool IsClean() const { return code_ == CURLE_OK && head_complete_; }

 private:
  static size_t OnBody(char* data, size_t size, size_t count, void* self);
  static size_t OnHeader(char* data, size_t size, size_t count, void* self);
  static CURLcode OnSslContext(CURL*, void* ssl_context, void* store);

  template <typename T>
  void Set(CURLoption option, T value) {
    curl_easy_setopt(easy_, option, value);
  }
  void SetHeaders(const Headers& headers);
  bool Has(Until what) const;
  void Resume();
  void Leave();
  void Renew();
  tl::unexpected<Error> FailWith(CURLcode code);

  CURLM* const multi_;
  CURL* easy_;
  const Shared& shared_;
  const std::string authority_;
  const std::string trust_path_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  std::string header_lines_;              // zero-terminated, one after the other
  std::vector<curl_slist> header_nodes_;  // as libcurl wants them, without an allocation for each
  std::string request_body_;
  Response response_;
  size_t max_body_bytes_ = 0;
  bool head_complete_ = false;
  bool too_large_ = false;
  bool has_connected_ = false;
  bool streams_ = false;
  bool paused_ = false;
  std::optional<CURLcode> code_;  // of the transfer once it is over
};

// Gives the handle back when the body has been received whole, else closes its connection.
class CurlTransport::Stream : public Exchange {
 public:
  Stream(CurlTransport& transport, std::string pool, std::unique_ptr<Handle> handle,
         Milliseconds patience)
      : Exchange(handle->status(), handle->TakeHeaders()),
        transport_(transport),
        pool_(std::move(pool)),
        handle_(std::move(handle)),
        patience_(patience) {}
  ~Stream() override;

  Result<std::string_view> Read(std::stop_token stop) override;

 private:
  CurlTransport& transport_;
  const std::string pool_;
  std::unique_ptr<Handle> handle_;
  const Milliseconds patience_;
  bool begun_ = false;
};

}  // namespace collector::http

#endif  // COLLECTOR_HTTP_CURL_HANDLE_H_
