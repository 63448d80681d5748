// CurlTransport: the Transport that speaks HTTP/1.1 over the network, through libcurl. main() owns
// one; any thread may call Send(), from many at once. main() has to ignore SIGPIPE.
//
// Connections are kept and used again, up to a bound per host; DNS answers are shared. The CA
// certificates are read once and shared by all connections: libcurl by itself parses them for each
// connection, which costs 0.9 MB and over 20 ms every time. Nothing is retried here and no redirect
// is followed.
//
// From the environment: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY (or in lower case), with
// the meanings of https://curl.se/libcurl/c/libcurl-env.html; AWS_CA_BUNDLE, else SSL_CERT_FILE: a
// PEM file of the CAs to trust instead of the system's.
#ifndef COLLECTOR_HTTP_CURL_TRANSPORT_H_
#define COLLECTOR_HTTP_CURL_TRANSPORT_H_

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

 private:
  class Handle;  // one libcurl transfer with the connection that it keeps
  class Shared;  // DNS answers of all handles
  class TrustStore;

  // Beyond these an idle connection is closed: one costs 27 KB, 86 KB with TLS.
  static constexpr size_t kMaxIdlePerHost = 16;
  static constexpr size_t kMaxIdle = 128;

  std::unique_ptr<Handle> Take(const std::string& host) EXCLUDES(mutex_);
  void GiveBack(const std::string& host, std::unique_ptr<Handle> handle) EXCLUDES(mutex_);

  const std::string user_agent_;
  const std::string https_proxy_;
  const std::string http_proxy_;
  const std::string no_proxy_;
  const std::unique_ptr<Shared> shared_;
  const std::unique_ptr<TrustStore> trust_;
  Mutex mutex_;
  size_t idle_count_ GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::vector<std::unique_ptr<Handle>>> idle_ GUARDED_BY(mutex_);
};

}  // namespace collector::http

#endif  // COLLECTOR_HTTP_CURL_TRANSPORT_H_
