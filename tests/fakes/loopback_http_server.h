// LoopbackHttpServer: an HTTP/1.1 server on 127.0.0.1 and a free port whose answers a test scripts
// byte for byte, so that it can cut, stall, reset or close. One thread per connection; all end with
// the object. The handler is called from those threads.
#ifndef COLLECTOR_TESTS_FAKES_LOOPBACK_HTTP_SERVER_H_
#define COLLECTOR_TESTS_FAKES_LOOPBACK_HTTP_SERVER_H_

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

namespace collector {

class LoopbackHttpServer {
 public:
  enum class After {
    kKeepOpen,
    kClose,  // an orderly end
    kReset,  // RST
    kStall,  // nothing more until the server ends
  };
  struct Answer {
    std::string bytes;  // as they go out; may be half an answer or none
    After after = After::kKeepOpen;
    size_t piece = 64 << 10;             // written at once
    std::chrono::milliseconds pause{0};  // after each piece
  };
  struct Request {
    std::string head;  // request line and headers
    std::string body;
    int connection = 0;  // counts from 1
  };
  using Handler = std::function<Answer(const Request&)>;

  // With `tls` the server speaks TLS; the context has to live longer than this.
  explicit LoopbackHttpServer(Handler handler, SSL_CTX* tls = nullptr)
      : handler_(std::move(handler)), tls_(tls) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      std::abort();
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this](std::stop_token stop) { Accept(std::move(stop)); });
  }

  ~LoopbackHttpServer() {
    acceptor_.request_stop();
    acceptor_.join();
    connections_.clear();  // asks each to stop, and joins it
    ::close(listener_);
  }

  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return (tls_ != nullptr ? "https://" : "http://") + host(); }

  std::vector<Request> requests() const {
    std::lock_guard lock(mutex_);
    return requests_;
  }
  int connection_count() const {
    std::lock_guard lock(mutex_);
    return connection_count_;
  }
  // What the kernel has taken of all answers.
  size_t bytes_sent() const { return bytes_sent_; }
  // False when there were fewer after a generous time.
  bool AwaitRequests(size_t count) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < deadline) {
      if (requests().size() >= count) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }

  static Answer Ok(const std::string& body, After after = After::kKeepOpen) {
    return {"HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body,
            after};
  }

 private:
  static constexpr int kPollMs = 10;

  class Socket {
   public:
    Socket(int fd, SSL_CTX* tls) : fd_(fd) {
      if (tls == nullptr) return;
      ssl_.reset(SSL_new(tls));
      SSL_set_fd(ssl_.get(), fd_);
    }
    ~Socket() {
      ssl_.reset();
      ::close(fd_);
    }
    bool Handshake() { return ssl_ == nullptr || SSL_accept(ssl_.get()) == 1; }
    // The bytes read; empty at the end, at an error and when `stop` is requested.
    std::string Read(const std::stop_token& stop) {
      char buffer[4096];
      while (!stop.stop_requested()) {
        pollfd ready{fd_, POLLIN, 0};
        const bool pending = ssl_ != nullptr && SSL_pending(ssl_.get()) > 0;
        if (!pending && ::poll(&ready, 1, kPollMs) <= 0) continue;
        const auto got = ssl_ != nullptr ? SSL_read(ssl_.get(), buffer, sizeof buffer)
                                         : ::recv(fd_, buffer, sizeof buffer, 0);
        return got > 0 ? std::string(buffer, static_cast<size_t>(got)) : std::string();
      }
      return {};
    }
    void Write(const Answer& answer, std::atomic<size_t>& count) {
      for (size_t at = 0; at < answer.bytes.size();) {
        const char* const data = answer.bytes.data() + at;
        const size_t size = std::min(answer.piece, answer.bytes.size() - at);
        const auto sent = ssl_ != nullptr ? SSL_write(ssl_.get(), data, static_cast<int>(size))
                                          : ::send(fd_, data, size, MSG_NOSIGNAL);
        if (sent <= 0) return;
        at += static_cast<size_t>(sent);
        count += static_cast<size_t>(sent);
        if (answer.pause.count() > 0) std::this_thread::sleep_for(answer.pause);
      }
    }
    void ResetAtClose() {
      const linger at_once{1, 0};
      ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }

   private:
    struct Free {
      void operator()(SSL* ssl) const { SSL_free(ssl); }
    };
    const int fd_;
    std::unique_ptr<SSL, Free> ssl_;
  };

  void Accept(std::stop_token stop) {
    while (!stop.stop_requested()) {
      pollfd ready{listener_, POLLIN, 0};
      if (::poll(&ready, 1, kPollMs) <= 0) continue;
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      // A client that stops in the middle of a handshake holds this thread for so long only.
      const timeval patience{5, 0};
      ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      int number = 0;
      {
        std::lock_guard lock(mutex_);
        number = ++connection_count_;
      }
      connections_.emplace_back(
          [this, fd, number](std::stop_token ended) { Serve(fd, number, ended); });
    }
  }

  void Serve(int fd, int number, const std::stop_token& stop) {
    // OpenSSL writes without MSG_NOSIGNAL, and clients of these tests hang up as they like.
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    Socket socket(fd, tls_);
    if (!socket.Handshake()) return;
    std::string input;
    while (!stop.stop_requested()) {
      Request request;
      request.connection = number;
      if (!ReadRequest(socket, input, request, stop)) return;
      {
        std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      const Answer answer = handler_(request);
      socket.Write(answer, bytes_sent_);
      if (answer.after == After::kReset) socket.ResetAtClose();
      while (answer.after == After::kStall && !stop.stop_requested()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
      }
      if (answer.after != After::kKeepOpen) return;
    }
  }

  static bool ReadRequest(Socket& socket, std::string& input, Request& request,
                          const std::stop_token& stop) {
    size_t head_end = 0;
    while ((head_end = input.find("\r\n\r\n")) == std::string::npos) {
      const std::string more = socket.Read(stop);
      if (more.empty()) return false;
      input += more;
    }
    request.head = input.substr(0, head_end + 2);
    input.erase(0, head_end + 4);
    const size_t field = request.head.find("Content-Length: ");
    const size_t length =
        field == std::string::npos ? 0 : std::stoul(request.head.substr(field + 16));
    while (input.size() < length) {
      const std::string more = socket.Read(stop);
      if (more.empty()) return false;
      input += more;
    }
    request.body = input.substr(0, length);
    input.erase(0, length);
    return true;
  }

  const Handler handler_;
  SSL_CTX* const tls_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<size_t> bytes_sent_ = 0;
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  int connection_count_ = 0;
  std::vector<std::jthread> connections_;  // of the acceptor, and of the destructor after it
  std::jthread acceptor_;
};

// Answers every request alike.
inline LoopbackHttpServer::Handler Always(LoopbackHttpServer::Answer answer) {
  return [answer = std::move(answer)](const LoopbackHttpServer::Request&) { return answer; };
}

}  // namespace collector

#endif  // COLLECTOR_TESTS_FAKES_LOOPBACK_HTTP_SERVER_H_
