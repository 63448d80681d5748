// s3_ceiling PORT PATH [CONNECTIONS] [SECONDS]: what the load server gives at most, so that it can
// be seen that it is not what limits a run: GETs of one object over kept connections, each with one
// request under way, by one thread with epoll that looks at nothing but the length. Prints JSON.
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

namespace collector::bench {
namespace {

struct Connection {
  int fd = -1;
  std::string head;  // of the answer, until it is whole
  size_t left = 0;   // of the body
};

int Connect(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("the load server cannot be reached");
  }
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

class Ceiling {
 public:
  Ceiling(uint16_t port, const std::string& path, int connections)
      : request_(fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", path, port)),
        epoll_fd_(::epoll_create1(EPOLL_CLOEXEC)),
        connections_(static_cast<size_t>(connections)),
        buffer_(256 << 10, '\0') {
    for (Connection& connection : connections_) {
      connection.fd = Connect(port);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &connection;
      ::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, connection.fd, &event);
      Ask(connection);
    }
  }
  ~Ceiling() {
    for (const Connection& connection : connections_) ::close(connection.fd);
    ::close(epoll_fd_);
  }
  Ceiling(const Ceiling&) = delete;
  Ceiling& operator=(const Ceiling&) = delete;

  void RunUntil(Instant end) {
    std::vector<epoll_event> events(256);
    while (std::chrono::steady_clock::now() < end) {
      const int count = ::epoll_wait(epoll_fd_, events.data(), 256, 100);
      for (int i = 0; i < count; ++i) {
        Read(*static_cast<Connection*>(events[static_cast<size_t>(i)].data.ptr));
      }
    }
  }
  uint64_t gets() const { return gets_; }
  uint64_t bytes() const { return bytes_; }

 private:
  void Ask(const Connection& connection) const {
    if (::send(connection.fd, request_.data(), request_.size(), MSG_NOSIGNAL) < 0) {
      throw std::runtime_error("the load server has hung up");
    }
  }

  void Read(Connection& connection) {
    const ssize_t got = ::recv(connection.fd, buffer_.data(), buffer_.size(), 0);
    if (got <= 0) throw std::runtime_error("the load server has hung up");
    auto size = static_cast<size_t>(got);
    bytes_ += size;
    if (connection.left == 0) {
      connection.head.append(buffer_, 0, size);
      const size_t end = connection.head.find("\r\n\r\n");
      if (end == std::string::npos) return;
      const size_t length = connection.head.find("Content-Length: ");
      if (connection.head.compare(0, 12, "HTTP/1.1 200") != 0 || length > end) {
        throw std::runtime_error("not an object: " + connection.head);
      }
      connection.left = std::strtoull(connection.head.c_str() + length + 16, nullptr, 10);
      size = connection.head.size() - end - 4;
      connection.head.clear();
    }
    connection.left -= size;
    if (connection.left > 0) return;
    ++gets_;
    Ask(connection);
  }

  const std::string request_;
  int epoll_fd_;
  std::vector<Connection> connections_;
  std::string buffer_;
  uint64_t gets_ = 0;
  uint64_t bytes_ = 0;
};

int Main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("s3_ceiling PORT PATH [CONNECTIONS] [SECONDS]\n", stderr);
    return 2;
  }
  const double seconds = argc > 4 ? std::atof(argv[4]) : 1;
  try {
    Ceiling ceiling(static_cast<uint16_t>(std::atoi(argv[1])), argv[2],
                    argc > 3 ? std::atoi(argv[3]) : 32);
    const Instant start = std::chrono::steady_clock::now();
    ceiling.RunUntil(start + Milliseconds(static_cast<int64_t>(seconds * 1000)));
    const double took =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    std::puts(
        fmt::format(R"({{"gets":{},"bytes":{},"seconds":{:.6f},"cpu_seconds":{:.6f}}})",
                    ceiling.gets(), ceiling.bytes(), took,
                    static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9)
            .c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fputs(fmt::format("{}\n", error.what()).c_str(), stderr);
    return 1;
  }
}

}  // namespace
}  // namespace collector::bench

int main(int argc, char** argv) { return collector::bench::Main(argc, argv); }
