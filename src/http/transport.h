// Transport: the seam between the AWS client and the network: one HTTP exchange, blocking, whose
// answer comes whole or as a stream. CurlTransport is the real one; tests and the simulator have
// in-memory ones. main() owns it and all clients share it. Send() and Open() may be called from any
// thread, from many at once; an Exchange belongs to one thread at a time.
#ifndef COLLECTOR_HTTP_TRANSPORT_H_
#define COLLECTOR_HTTP_TRANSPORT_H_

#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace collector::http {

// In the order in which they go out. Names compare without regard to case (RFC 9110, 5.1).
class Headers {
 public:
  void Add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  // The first value, or nullptr.
  const std::string* Find(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct Request {
  std::string method = "GET";
  std::string url;  // whole and already encoded; it goes on the wire as it stands
  Headers headers;
  std::string body;
  Milliseconds connect_timeout{3'000};
  // Send(): from the first byte of the connection to the last answered. Open(): to the end of the
  // answer's head.
  Milliseconds total_timeout{60'000};
  Milliseconds idle_timeout{60'000};     // Open(): how long one Read() waits for a byte
  size_t max_response_bytes = 64 << 20;  // Send(): a larger answer is an error, not an allocation
};

struct Response {
  int status = 0;
  Headers headers;
  std::string body;
};

// An answer whose body is read as it arrives. What is not read stays in the network: the peer is
// told to wait, and however long the owner takes between two Read()s is nobody's time-out. An
// exchange that is destroyed before its body has ended closes its connection. Its transport has to
// outlive it.
class Exchange {
 public:
  virtual ~Exchange() = default;

  int status() const { return status_; }
  const Headers& headers() const { return headers_; }

  // The next bytes of the body, valid until the next call; empty when the body has ended. kRetry:
  // it broke off (fewer bytes than Content-Length says or a broken chunk are that, never an end),
  // or no byte came for the request's idle_timeout (kTimedOut). kCancelled: stop requested.
  virtual Result<std::string_view> Read(std::stop_token stop) = 0;

 protected:
  Exchange(int status, Headers headers) : status_(status), headers_(std::move(headers)) {}

 private:
  const int status_;
  const Headers headers_;
};

// The exchange with the rest of its body. Read()'s errors; kRejected: more than `max_bytes`.
Result<Response> ReadWhole(Exchange& exchange, size_t max_bytes, std::stop_token stop);

// Values of Error::code that tell failures below HTTP apart.
inline constexpr std::string_view kUnknownHost = "UnknownHost";
inline constexpr std::string_view kTimedOut = "TimedOut";
inline constexpr std::string_view kNotTrusted = "CertificateNotTrusted";

class Transport {
 public:
  virtual ~Transport() = default;

  // Any HTTP answer, whatever its status, is a Response. An Error is a failure below HTTP: kRetry
  // (resolution, connection, time-out, an answer cut short), kRejected (the peer's certificate is
  // not trusted, a malformed URL, an answer over the limit), kCancelled (stop requested).
  virtual Result<Response> Send(const Request& request, std::stop_token stop) = 0;

  // The same for an answer that is read as a stream; returns at the end of its head. Unless a
  // transport can do better, the answer comes whole and is read from memory.
  virtual Result<std::unique_ptr<Exchange>> Open(const Request& request, std::stop_token stop);
};

}  // namespace collector::http

#endif  // COLLECTOR_HTTP_TRANSPORT_H_
