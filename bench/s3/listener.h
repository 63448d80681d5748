// Listener: a socket that listens on loopback, for the servers of the benchmark. Owned by a server;
// any thread may accept from it.
#ifndef COLLECTOR_BENCH_S3_LISTENER_H_
#define COLLECTOR_BENCH_S3_LISTENER_H_

#include <cstdint>

namespace collector::bench {

// What a benchmark cannot go on without.
void Must(bool good);

class Listener {
 public:
  // `port` 0: a free one. `flags`: SOCK_NONBLOCK or 0.
  Listener(uint16_t port, int flags);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int fd() const { return fd_; }
  uint16_t port() const { return port_; }

 private:
  const int fd_;
  uint16_t port_ = 0;
};

}  // namespace collector::bench

#endif  // COLLECTOR_BENCH_S3_LISTENER_H_
