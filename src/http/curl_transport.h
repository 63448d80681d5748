// CurlTransport: the Transport that speaks HTTP/1.1 over the network, through libcurl. main() owns
// one; any thread may call Send() and Open(), from many at once. main() has to ignore SIGPIPE.
//
// Connections are kept for a minute after their last use and used again; one that the peer closed
// meanwhile is replaced by libcurl without anybody noticing. DNS answers are shared. The CA
// certificates are read once and shared by all connections: libcurl by itself parses them for each
// connection, which costs 0.9 MB and over 20 ms every time. Nothing is retried here and no redirect
// is followed.
//
// From the environment: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY (or in lower case), with
// the meanings of https://curl.se/libcurl/c/libcurl-env.html; AWS_CA_BUNDLE, else SSL_CERT_FILE: a
// PEM file of the CAs to trust instead of the system's.
#ifndef COLLECTOR_HTTP_CURL_TRANSPORT_H_
#define COLLECTOR_HTTP_CURL_TRANSPORT_H_

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/environment.h"
#include "base/mutex.h"
#include "http/transport.h"

namespace collector::http {

class CurlTransport : public Transport {
 public:
  // `user_agent`: "aws-collector/0.1.0".
  CurlTransport(const Environment& environment, std::string user_agent);
  ~CurlTransport() override;

  // A request to stop ends a running exchange at once.
  Result<Response> Send(const Request& request, std::stop_token stop) override;

  // Holds at most one buffer of libcurl's (kStreamBuffer) and as much again; the rest waits in the
  // network.
  Result<std::unique_ptr<Exchange>> Open(const Request& request, std::stop_token stop) override;

 private:
  class Handle;  // one libcurl transfer with the connection that it keeps
  class Stream;  // the exchange of Open()
  class Shared;  // DNS answers of all handles
  class TrustStore;

  // Longer than that nobody at AWS keeps an idle connection that is worth trying.
  static constexpr Seconds kLongestIdle{60};
  // One costs 45 KB, 105 KB with TLS; one for streams kStreamBuffer twice besides. So there are as
  // many as calls ran side by side within a minute, and beyond 256 (27 MB; 90 MB when all are for
  // streams) none is kept.
  static constexpr size_t kMaxIdle = 256;
  static constexpr long kCallBuffer = 16 << 10;
  static constexpr long kStreamBuffer = 128 << 10;

  struct Idle {
    std::unique_ptr<Handle> handle;
    std::chrono::steady_clock::time_point since;
  };

  // A handle for the request, begun. `pool`: where it belongs afterwards.
  Result<std::unique_ptr<Handle>> Begin(const Request& request, bool streams, std::string* pool);
  std::unique_ptr<Handle> Take(const std::string& pool) EXCLUDES(mutex_);
  void GiveBack(const std::string& pool, std::unique_ptr<Handle> handle) EXCLUDES(mutex_);
  // Takes those out that are not wanted any more.
  std::vector<Idle> TakeStale() REQUIRES(mutex_);

  const std::string user_agent_;
  const std::string https_proxy_;
  const std::string http_proxy_;
  const std::string no_proxy_;
  const std::unique_ptr<Shared> shared_;
  const std::unique_ptr<TrustStore> trust_;
  Mutex mutex_;
  size_t idle_count_ GUARDED_BY(mutex_) = 0;
  // By scheme, host and use, since the buffers differ; the one used last is at the back.
  std::map<std::string, std::deque<Idle>> idle_ GUARDED_BY(mutex_);
  std::chrono::steady_clock::time_point next_sweep_ GUARDED_BY(mutex_);
};

}  // namespace collector::http

#endif  // COLLECTOR_HTTP_CURL_TRANSPORT_H_
