// LoadServer: FakeAws on a loopback port: HTTP/1.1 with kept connections, one thread with epoll.
// One thread is enough: it moves objects from the page cache to a socket, and what it can do at
// most is measured in each run (ceiling.cc). Held back answers and long polls are timers; they hold
// up nobody else. Made and destroyed by one thread; its own thread serves until then.
#ifndef COLLECTOR_BENCH_S3_LOAD_SERVER_H_
#define COLLECTOR_BENCH_S3_LOAD_SERVER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <queue>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "s3/fake_aws.h"
#include "s3/listener.h"
#include "s3/object_store.h"

namespace collector::bench {

class LoadServer {
 public:
  struct Options {
    FakeAws::Options aws;
    uint16_t port = 0;  // 0: a free one
  };

  // `store` outlives the server; its thread alone uses it from now on. Aborts when there is no
  // port.
  LoadServer(ObjectStore& store, Options options);
  ~LoadServer();
  LoadServer(const LoadServer&) = delete;
  LoadServer& operator=(const LoadServer&) = delete;

  uint16_t port() const { return listener_.port(); }

 private:
  struct Connection {
    int fd = -1;
    std::string in;
    HttpAnswer out;
    size_t sent = 0;
    bool busy = false;    // a request is under way: until it is answered no other one is read
    bool closes = false;  // after this answer
    bool wants_write = false;
  };
  struct Held {  // an answer that waits for its time
    Instant when;
    uint64_t id;
    bool operator<(const Held& other) const { return when > other.when; }
  };

  void Serve();
  void Accept();
  void Read(uint64_t id, Instant now);
  // Answers what lies in a connection's buffer, one request after the other.
  void Work(uint64_t id, Instant now);
  void Answer(uint64_t id, HttpAnswer answer, bool delayed, Instant now);
  // Sends as much as the socket takes. False when the connection is over.
  bool Flush(uint64_t id, Connection& connection);
  void Timers(Instant now);
  void Close(uint64_t id);
  void Watch(uint64_t id, Connection& connection, bool for_write);
  int Timeout(Instant now);

  FakeAws aws_;
  const Listener listener_;
  int stop_fd_;
  int epoll_fd_;
  uint64_t next_id_;
  std::unordered_map<uint64_t, std::unique_ptr<Connection>> connections_;
  std::priority_queue<Held> held_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace collector::bench

#endif  // COLLECTOR_BENCH_S3_LOAD_SERVER_H_
