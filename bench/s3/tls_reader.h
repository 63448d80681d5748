// TlsReader: the Devo endpoint of the benchmark: mutual TLS 1.3 on a loopback port, a thread a
// connection that does nothing but SSL_read and count. OpenSSL answers key updates by itself while
// it reads, which is all that a sender's receipts need. Made and destroyed by one thread; stats()
// and Reset() may be called from any.
#ifndef COLLECTOR_BENCH_S3_TLS_READER_H_
#define COLLECTOR_BENCH_S3_TLS_READER_H_

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <openssl/ssl.h>

#include "base/clock.h"
#include "s3/listener.h"
#include "s3/message_sum.h"

namespace collector::bench {

class TlsReader {
 public:
  struct Options {
    std::filesystem::path chain, cert, key;
    // TLS 1.3's cipher suites in the order of preference; the reader chooses, as Devo's does.
    std::string cipher_suites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384";
    bool exact = false;  // as FrameCounter's
    uint16_t port = 0;   // 0: a free one
  };

  struct Stats {
    int connections = 0;  // accepted, with TLS up
    int broken = 0;       // connections with something that is not a frame
    uint64_t bytes = 0;   // of TLS's content
    uint64_t plain_bytes = 0;
    uint64_t frames = 0;
    uint64_t members = 0;
    MessageSum messages;
    std::optional<Instant> first, last;  // when something was read
    double cpu_seconds = 0;              // of the threads that read
  };

  // Aborts when it cannot start.
  explicit TlsReader(Options options);
  ~TlsReader();
  TlsReader(const TlsReader&) = delete;
  TlsReader& operator=(const TlsReader&) = delete;

  uint16_t port() const { return listener_.port(); }
  // Of all connections since the last Reset().
  Stats stats() const;
  // Counts from zero on; connections stay.
  void Reset();

 private:
  struct Connection;

  void Accept();
  void Serve(Connection& connection) const;
  Stats Sum() const;

  const Options options_;
  SSL_CTX* context_;
  const Listener listener_;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::list<std::unique_ptr<Connection>> connections_;
  Stats before_;  // what Sum() was at the last Reset()
  std::thread acceptor_;
};

}  // namespace collector::bench

#endif  // COLLECTOR_BENCH_S3_TLS_READER_H_
