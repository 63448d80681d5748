// Transport: the seam between the AWS client and the network: one HTTP exchange, blocking.
// CurlTransport is the real one; tests and the simulator have in-memory ones. main() owns it and
// all clients share it. Send() may be called from any thread, from many at once.
#ifndef COLLECTOR_HTTP_TRANSPORT_H_
#define COLLECTOR_HTTP_TRANSPORT_H_

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
  Milliseconds total_timeout{60'000};  // from the first byte of the connection to the last answered
  size_t max_response_bytes = 64 << 20;  // a larger answer is an error, not an allocation
};

struct Response {
  int status = 0;
  Headers headers;
  std::string body;
};

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
};

}  // namespace collector::http

#endif  // COLLECTOR_HTTP_TRANSPORT_H_
