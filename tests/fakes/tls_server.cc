#include "fakes/tls_server.h"

#include <cerrno>
#include <cstdlib>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fakes/frame_parser.h"

namespace collector {
namespace {

void Must(bool good) {
  if (!good) std::abort();
}

void Signal(int fd) {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(fd, &one, sizeof one);
}

void Clear(int fd) {
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(fd, &count, sizeof count);
}

}  // namespace

struct TlsServer::Connection {
  ~Connection() {
    SSL_free(ssl);
    if (fd >= 0) ::close(fd);
    ::close(wake_fd);
  }

  size_t index = 0;
  std::atomic<int> fd = -1;
  int wake_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  SSL* ssl = nullptr;
  BIO* out = nullptr;  // what TLS wants to say; owned by ssl
  BIO* in = nullptr;   // with answers_at_once: what TLS reads; owned by ssl
  std::string unread;  // with answers_at_once: of the socket, up to the end of a TLS record
  bool muted = false;
  bool stalled = false;
  Plan plan;
  size_t read = 0;
  std::string stream;
  FrameParser parser;
  std::atomic<End> order = End::kNever;
  std::thread thread;
};

TlsServer::TlsServer(const TestPki& pki, const TestPki::Identity& identity, Options options)
    : options_(std::move(options)),
      context_(SSL_CTX_new(TLS_server_method())),
      listen_fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_fd_(::eventfd(0, EFD_CLOEXEC)) {
  Must(SSL_CTX_use_certificate_chain_file(context_, identity.cert.c_str()) == 1);
  Must(SSL_CTX_use_PrivateKey_file(context_, identity.key.c_str(), SSL_FILETYPE_PEM) == 1);
  Must(SSL_CTX_load_verify_locations(context_, pki.chain().c_str(), nullptr) == 1);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  if (options_.tls12_only) SSL_CTX_set_max_proto_version(context_, TLS1_2_VERSION);
  if (!options_.sends_tickets) SSL_CTX_set_num_tickets(context_, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (options_.receive_buffer_bytes > 0) {
    const int bytes = static_cast<int>(options_.receive_buffer_bytes);
    ::setsockopt(listen_fd_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  Must(::bind(listen_fd_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  Must(::listen(listen_fd_, 64) == 0);
  Must(::getsockname(listen_fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

TlsServer::~TlsServer() {
  stopping_ = true;
  Signal(stop_fd_);
  acceptor_.join();
  // From here on nothing is added to the connections.
  for (const auto& connection : connections_) Signal(connection->wake_fd);
  for (const auto& connection : connections_) connection->thread.join();
  connections_.clear();
  ::close(listen_fd_);
  ::close(stop_fd_);
  SSL_CTX_free(context_);
}

void TlsServer::Accept() {
  for (;;) {
    pollfd fds[2] = {{listen_fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}};
    ::poll(fds, 2, -1);
    if (stopping_) return;
    const int fd = ::accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) continue;
    const int number = accepted_++;
    if (refusing_) {
      const linger now{1, 0};
      ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
      ::close(fd);
      continue;
    }
    auto connection = std::make_unique<Connection>();
    connection->fd = fd;
    if (options_.plan) connection->plan = options_.plan(number);
    std::lock_guard lock(mutex_);
    connection->index = streams_.size();
    streams_.emplace_back();
    connections_.push_back(std::move(connection));
    Connection& added = *connections_.back();
    added.thread = std::thread([this, &added] { Serve(added); });
  }
}

void TlsServer::Serve(Connection& connection) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  connection.ssl = SSL_new(context_);
  connection.out = BIO_new(BIO_s_mem());
  SSL_set_bio(connection.ssl, BIO_new_socket(connection.fd, BIO_NOCLOSE), connection.out);
  bool open = Handshake(connection);
  while (open && !stopping_) {
    const bool stalled = connection.stalled || stalled_;
    pollfd fds[2] = {{connection.wake_fd, POLLIN, 0}, {connection.fd, POLLIN, 0}};
    ::poll(fds, stalled ? 1 : 2, -1);
    Clear(connection.wake_fd);
    const End order = connection.order.exchange(End::kNever);
    if (order != End::kNever) open = Obey(connection, order);
    if (open && !stopping_ && !stalled && fds[1].revents != 0) {
      open = options_.answers_at_once ? ReadRecordByRecord(connection) : Read(connection);
    }
  }
  Changed();
}

bool TlsServer::Handshake(Connection& connection) {
  for (;;) {
    ERR_clear_error();
    const int result = SSL_accept(connection.ssl);
    const int wanted = SSL_get_error(connection.ssl, result);
    Flush(connection);
    if (result == 1) break;
    if (wanted != SSL_ERROR_WANT_READ || stopping_) {
      ::shutdown(connection.fd, SHUT_RDWR);
      return false;
    }
    pollfd fds[2] = {{connection.fd, POLLIN, 0}, {connection.wake_fd, POLLIN, 0}};
    ::poll(fds, 2, -1);
  }
  ++handshakes_;
  connection.muted = !options_.answers_key_updates;
  if (options_.answers_at_once) {
    connection.in = BIO_new(BIO_s_mem());
    SSL_set0_rbio(connection.ssl, connection.in);
  }
  {
    std::lock_guard lock(mutex_);
    const char* name = SSL_get_servername(connection.ssl, TLSEXT_NAMETYPE_host_name);
    server_name_ = name == nullptr ? "" : name;
  }
  Changed();
  return true;
}

bool TlsServer::Read(Connection& connection) {
  char buffer[16 << 10];
  while (!stalled_ && !connection.stalled && !stopping_) {
    ERR_clear_error();
    const int got = SSL_read(connection.ssl, buffer, sizeof buffer);
    if (got <= 0) {
      const int why = SSL_get_error(connection.ssl, got);
      Flush(connection);
      if (why == SSL_ERROR_WANT_READ) return true;
      if (why == SSL_ERROR_ZERO_RETURN) {
        ++ends_seen_;
        Changed();
        SSL_shutdown(connection.ssl);
        Flush(connection);
      }
      ::shutdown(connection.fd, SHUT_RDWR);
      return false;
    }
    Record(connection, buffer, static_cast<size_t>(got));
    Flush(connection);
    if (connection.plan.end != End::kNever && connection.read >= connection.plan.after_bytes) {
      if (!Obey(connection, std::exchange(connection.plan.end, End::kNever))) return false;
    }
    if (connection.order != End::kNever) return true;  // to be obeyed first
  }
  return true;
}

bool TlsServer::ReadRecordByRecord(Connection& connection) {
  constexpr size_t kHeader = 5;  // RFC 8446, 5.1: type, version, length
  char buffer[16 << 10];
  const ssize_t got = ::recv(connection.fd, buffer, sizeof buffer, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (got <= 0) return false;
  std::string& unread = connection.unread;
  unread.append(buffer, static_cast<size_t>(got));
  while (unread.size() >= kHeader) {
    const size_t size = kHeader + static_cast<unsigned char>(unread[3]) * size_t{256} +
                        static_cast<unsigned char>(unread[4]);
    if (unread.size() < size) break;
    BIO_write(connection.in, unread.data(), static_cast<int>(size));
    unread.erase(0, size);
    if (!Read(connection)) return false;
    if (SSL_get_key_update_type(connection.ssl) != SSL_KEY_UPDATE_NONE) {
      SSL_key_update(connection.ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
      SSL_do_handshake(connection.ssl);
      Flush(connection);
    }
  }
  return true;
}

bool TlsServer::Obey(Connection& connection, End end) {
  switch (end) {
    case End::kReset: {
      const linger now{1, 0};
      ::setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
      ::close(connection.fd.exchange(-1));
      return false;
    }
    case End::kClose:
      ::close(connection.fd.exchange(-1));
      return false;
    case End::kEndStream:
      SSL_shutdown(connection.ssl);
      Flush(connection);
      ::shutdown(connection.fd, SHUT_WR);
      return true;
    case End::kStall:
      connection.stalled = true;
      return true;
    case End::kKeyUpdate:
    case End::kKeyUpdateAsking:
      SSL_key_update(connection.ssl, end == End::kKeyUpdate ? SSL_KEY_UPDATE_NOT_REQUESTED
                                                            : SSL_KEY_UPDATE_REQUESTED);
      SSL_do_handshake(connection.ssl);
      Flush(connection);
      return true;
    case End::kNever:
      break;
  }
  return true;
}

void TlsServer::Record(Connection& connection, const char* data, size_t size) {
  connection.read += size;
  if (options_.keeps_bytes) {
    const size_t members = connection.parser.members();
    const std::vector<std::string> frames = connection.parser.Take({data, size});
    members_ += connection.parser.members() - members;
    if (connection.parser.broken()) broken_ = true;
    std::lock_guard lock(mutex_);
    streams_[connection.index].append(data, size);
    for (const std::string& frame : frames) {
      const size_t colon = frame.find(": ");
      ++read_[colon == std::string::npos ? frame
                                         : frame.substr(colon + 2, frame.size() - colon - 3)];
      frames_.push_back(frame);
    }
  }
  bytes_read_ += size;
  Changed();
}

void TlsServer::Flush(Connection& connection) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(connection.out, &data);
  if (size > 0 && !connection.muted && connection.fd >= 0) {
    // What a server says is little: it always fits into the socket.
    [[maybe_unused]] const ssize_t sent =
        ::send(connection.fd, data, static_cast<size_t>(size), MSG_NOSIGNAL);
  }
  (void)BIO_reset(connection.out);
}

void TlsServer::Changed() const {
  // Through the lock, so that a waiter between its look and its sleep does not miss it.
  { std::lock_guard lock(mutex_); }
  changed_.notify_all();
}

void TlsServer::Stall(bool stalled) {
  stalled_ = stalled;
  std::lock_guard lock(mutex_);
  for (const auto& connection : connections_) Signal(connection->wake_fd);
}

void TlsServer::Do(End end) {
  std::lock_guard lock(mutex_);
  for (const auto& connection : connections_) {
    connection->order = end;
    Signal(connection->wake_fd);
  }
}

int TlsServer::TimesRead(const std::string& message) const {
  std::lock_guard lock(mutex_);
  const auto found = read_.find(message);
  return found == read_.end() ? 0 : found->second;
}

size_t TlsServer::UnreadBytes() const {
  std::lock_guard lock(mutex_);
  size_t sum = 0;
  for (const auto& connection : connections_) {
    int unread = 0;
    const int fd = connection->fd;
    if (fd >= 0 && ::ioctl(fd, FIONREAD, &unread) == 0) sum += static_cast<size_t>(unread);
  }
  return sum;
}

std::vector<std::string> TlsServer::frames() const {
  std::lock_guard lock(mutex_);
  return frames_;
}

std::vector<std::string> TlsServer::streams() const {
  std::lock_guard lock(mutex_);
  return streams_;
}

std::string TlsServer::server_name() const {
  std::lock_guard lock(mutex_);
  return server_name_;
}

bool TlsServer::WaitUntil(const std::function<bool()>& done,
                          std::chrono::milliseconds longest) const {
  const auto until = std::chrono::steady_clock::now() + longest;
  while (!done()) {
    std::unique_lock lock(mutex_);
    // Also looks by itself now and then: `done` may be about more than this server.
    changed_.wait_for(lock, std::chrono::milliseconds(5));
    if (std::chrono::steady_clock::now() > until) return false;
  }
  return true;
}

}  // namespace collector
