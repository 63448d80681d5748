#include "outputs/tls_connection.h"

#include <fmt/format.h>
#include <linux/sockios.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/file.h"
#include "outputs/tls_context.h"

namespace collector {
namespace {

// RFC 8446, 4: the handshake type of a KeyUpdate; its one byte of body is 1 when an answer is asked
// for. The header of a handshake message has 4 bytes.
constexpr unsigned char kKeyUpdate = 24;
constexpr size_t kHandshakeHeaderSize = 4;
constexpr unsigned char kUpdateNotRequested = 0;

// How long the kernel tries to reach a peer that acknowledges nothing, as when its machine is gone.
constexpr Milliseconds kDeadPeerTimeout{60'000};

// Polls the socket and the wake-up; the socket's events, 0 after the time-out or a wake-up.
int PollSocket(int fd, short events, int wake_fd, Milliseconds timeout) {
  std::array<pollfd, 2> fds{pollfd{fd, events, 0}, pollfd{wake_fd, POLLIN, 0}};
  const auto wait = std::clamp<int64_t>(timeout.count(), 0, 3'600'000);
  const int ready = ::poll(fds.data(), wake_fd >= 0 ? 2 : 1, static_cast<int>(wait));
  return ready > 0 ? fds[0].revents : 0;
}

void SetOptions(int fd) {
  const int on = 1;
  const auto timeout = static_cast<unsigned>(kDeadPeerTimeout.count());
  // Without Nagle: a request for a receipt must not wait for the acknowledgement of the data.
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
}

struct Addresses {
  addrinfo* first = nullptr;
  ~Addresses() {
    if (first != nullptr) ::freeaddrinfo(first);
  }
};

// Connects to one address; the socket, or an errno.
Result<int> ConnectTo(const addrinfo& address, Instant deadline, Clock& clock, int wake_fd,
                      const bool& should_stop) {
  const int fd = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return Fail(ErrorKind::kRetry, ErrnoText(errno));
  SetOptions(fd);
  int error = ::connect(fd, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  while (error == EINPROGRESS && !should_stop && clock.MonotonicNow() < deadline) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - clock.MonotonicNow());
    if (PollSocket(fd, POLLOUT, wake_fd, left) == 0) continue;
    socklen_t size = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (error == 0) return fd;
  ::close(fd);
  if (should_stop) return Fail(ErrorKind::kCancelled, "the program is ending");
  return Fail(ErrorKind::kRetry, error == EINPROGRESS ? "no answer in time" : ErrnoText(error));
}

Result<int> ConnectToAny(const DevoSettings& settings, const std::string& peer, Instant deadline,
                         Clock& clock, int wake_fd, const bool& should_stop) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  Addresses addresses;
  const std::string port = std::to_string(settings.port);
  const int failed =
      ::getaddrinfo(settings.address.c_str(), port.c_str(), &hints, &addresses.first);
  if (failed != 0) {
    return Fail(ErrorKind::kRetry,
                fmt::format("the address {} cannot be resolved: {}; check `address` and this "
                            "machine's DNS",
                            settings.address, ::gai_strerror(failed)));
  }
  std::string why = "it has no address";
  for (const addrinfo* one = addresses.first; one != nullptr; one = one->ai_next) {
    Result<int> fd = ConnectTo(*one, deadline, clock, wake_fd, should_stop);
    if (fd || fd.error().kind == ErrorKind::kCancelled) return fd;
    why = fd.error().message;
  }
  return Fail(ErrorKind::kRetry,
              fmt::format("{} cannot be reached: {}; check `address`, `port` and the firewall",
                          peer, why));
}

bool IsIpAddress(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> binary;
  return ::inet_pton(AF_INET, text.c_str(), binary.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), binary.data()) == 1;
}

// What the alert that ended a connection means for the person who runs the collector.
std::string_view AlertRemedy(int reason) {
  switch (reason) {
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
      return "the endpoint does not accept the client certificate; use the one of your Devo domain "
             "and of this endpoint's region";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
      return "the client certificate is no longer valid; download a new one from Devo";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return "the endpoint got no client certificate";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_UNEXPECTED_MESSAGE:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return "is this the TLS port? check `address` and `port`";
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_CA_KEY_TOO_SMALL:
    case SSL_R_CA_MD_TOO_WEAK:
      return "the endpoint's certificate is old; if you trust it set sec_level: 1, or 0";
    default:
      return "";
  }
}

}  // namespace

TlsConnection::TlsConnection(int fd, SSL* ssl, std::string peer, const DevoSettings& settings)
    : fd_(fd), ssl_(ssl), peer_(std::move(peer)), settings_(settings) {
  SSL_set_fd(ssl_, fd_);
  SSL_set_msg_callback(ssl_, OnMessage);
  SSL_set_msg_callback_arg(ssl_, this);
  if (IsIpAddress(settings.address)) {
    if (settings.verify_host_name) {
      X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), settings.address.c_str());
    }
    return;
  }
  SSL_set_tlsext_host_name(ssl_, settings.address.c_str());
  if (settings.verify_host_name) SSL_set1_host(ssl_, settings.address.c_str());
}

TlsConnection::~TlsConnection() {
  SSL_free(ssl_);
  ::close(fd_);
}

Result<std::unique_ptr<TlsConnection>> TlsConnection::Open(const DevoSettings& settings,
                                                           SSL_CTX* context, Clock& clock,
                                                           int wake_fd, const bool& should_stop) {
  const Instant deadline = clock.MonotonicNow() + settings.connect_timeout;
  const std::string peer = fmt::format("{}:{}", settings.address, settings.port);
  const Result<int> fd =
      ConnectToAny(settings, peer, deadline, clock, wake_fd, should_stop);
  if (!fd) return Propagate(fd);
  ERR_clear_error();
  SSL* ssl = SSL_new(context);
  if (ssl == nullptr) {
    ::close(*fd);
    return Fail(ErrorKind::kRetry, "OpenSSL: " + TakeOpenSslErrors());
  }
  std::unique_ptr<TlsConnection> connection(new TlsConnection(*fd, ssl, peer, settings));
  if (Status s = connection->Handshake(deadline, clock, wake_fd, should_stop); !s) {
    return Propagate(s);
  }
  return connection;
}

Status TlsConnection::Handshake(Instant deadline, Clock& clock, int wake_fd,
                                const bool& should_stop) {
  for (;;) {
    ERR_clear_error();
    const int done = SSL_connect(ssl_);
    if (done == 1) return {};
    const int error = SSL_get_error(ssl_, done);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      if (error == SSL_ERROR_SSL) return tl::unexpected(HandshakeRefused());
      return tl::unexpected(Broken(error, "shaking hands"));
    }
    const auto left = std::chrono::ceil<Milliseconds>(deadline - clock.MonotonicNow());
    if (should_stop) return Fail(ErrorKind::kCancelled, "the program is ending");
    if (left <= Milliseconds(0)) {
      return Fail(ErrorKind::kRetry,
                  fmt::format("{} took the connection but did not shake hands in time; is this the "
                              "TLS port?",
                              peer_));
    }
    PollSocket(fd_, error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, wake_fd, left);
  }
}

Error TlsConnection::HandshakeRefused() const {
  const long verified = SSL_get_verify_result(ssl_);
  const int reason = ERR_GET_REASON(ERR_peek_error());
  if (verified == X509_V_ERR_HOSTNAME_MISMATCH || verified == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    TakeOpenSslErrors();
    return {ErrorKind::kRejected,
            fmt::format("the certificate of {} is for another name; check `address`, or set "
                        "verify_host_name: false if you are sure of the endpoint",
                        peer_)};
  }
  if (verified != X509_V_OK) {
    TakeOpenSslErrors();
    return {ErrorKind::kRejected,
            fmt::format("the certificate of {} is not trusted ({}); is {} the chain.crt of this "
                        "endpoint?",
                        peer_, X509_verify_cert_error_string(verified), settings_.chain.string())};
  }
  const std::string_view remedy = AlertRemedy(reason);
  const std::string why = TakeOpenSslErrors();
  return {ErrorKind::kRejected, fmt::format("{} refused the TLS connection ({}){}{}", peer_, why,
                                            remedy.empty() ? "" : "; ", remedy)};
}

Error TlsConnection::Broken(int ssl_error, std::string_view doing) const {
  if (ssl_error == SSL_ERROR_SSL) {
    const int reason = ERR_GET_REASON(ERR_peek_error());
    if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
      TakeOpenSslErrors();
      return {ErrorKind::kRetry, fmt::format("{} closed the connection", peer_)};
    }
    const std::string_view remedy = AlertRemedy(reason);
    const std::string why = TakeOpenSslErrors();
    return {remedy.empty() ? ErrorKind::kRetry : ErrorKind::kRejected,
            fmt::format("{}: {} while {}{}{}", peer_, why, doing, remedy.empty() ? "" : "; ",
                        remedy)};
  }
  const int error = errno;
  return {ErrorKind::kRetry, error == 0 ? fmt::format("{} closed the connection", peer_)
                                        : fmt::format("{}: {} while {}", peer_, ErrnoText(error),
                                                      doing)};
}

void TlsConnection::OnMessage(int is_write, int, int content_type, const void* bytes, size_t size,
                              SSL*, void* self) {
  const auto* message = static_cast<const unsigned char*>(bytes);
  if (is_write != 0 || content_type != SSL3_RT_HANDSHAKE || size <= kHandshakeHeaderSize ||
      message[0] != kKeyUpdate) {
    return;
  }
  // One that asks for an answer is the peer's own idea, not its answer to ours.
  auto* connection = static_cast<TlsConnection*>(self);
  if (message[kHandshakeHeaderSize] == kUpdateNotRequested && connection->receipt_outstanding()) {
    ++connection->receipts_;
  }
}

Result<size_t> TlsConnection::Write(std::string_view data) {
  ERR_clear_error();
  errno = 0;
  size_t written = 0;
  const int done = SSL_write_ex(ssl_, data.data(), data.size(), &written);
  write_pending_ = false;
  if (done == 1) return written;
  const int error = SSL_get_error(ssl_, done);
  // WANT_READ: the peer's key update has to be read first.
  if (error != SSL_ERROR_WANT_WRITE && error != SSL_ERROR_WANT_READ) {
    return tl::unexpected(Broken(error, "writing"));
  }
  write_pending_ = true;
  return 0;
}

Result<bool> TlsConnection::Read() {
  std::array<char, 4096> ignored;  // the protocol has nothing to say in this direction
  for (;;) {
    ERR_clear_error();
    errno = 0;
    size_t got = 0;
    const int done = SSL_read_ex(ssl_, ignored.data(), ignored.size(), &got);
    if (done == 1) continue;
    const int error = SSL_get_error(ssl_, done);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return true;
    if (error == SSL_ERROR_ZERO_RETURN) return false;
    Error broken = Broken(error, "reading");
    if (error == SSL_ERROR_SYSCALL && errno == 0) return false;
    return tl::unexpected(std::move(broken));
  }
}

Result<bool> TlsConnection::RequestReceipt() {
  ERR_clear_error();
  errno = 0;
  if (!request_begun_) {
    if (SSL_key_update(ssl_, SSL_KEY_UPDATE_REQUESTED) != 1) {
      return tl::unexpected(Broken(SSL_ERROR_SSL, "asking for a receipt"));
    }
    request_begun_ = true;
  }
  const int done = SSL_do_handshake(ssl_);
  if (done == 1) {
    request_begun_ = false;
    ++receipt_requests_;
    return true;
  }
  const int error = SSL_get_error(ssl_, done);
  if (error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ) return false;
  return tl::unexpected(Broken(error, "asking for a receipt"));
}

uint64_t TlsConnection::wire_written() const { return BIO_number_written(SSL_get_wbio(ssl_)); }

uint64_t TlsConnection::wire_acknowledged() const {
  int unacknowledged = 0;  // written and not yet acknowledged, sent or not: tcp(7), SIOCOUTQ
  if (::ioctl(fd_, SIOCOUTQ, &unacknowledged) != 0) return 0;
  const uint64_t written = wire_written();
  return written - std::min<uint64_t>(written, static_cast<uint64_t>(unacknowledged));
}

Result<bool> TlsConnection::CloseWriting() {
  ERR_clear_error();
  errno = 0;
  const int done = SSL_shutdown(ssl_);
  if (done < 0) {
    const int error = SSL_get_error(ssl_, done);
    if (error == SSL_ERROR_WANT_WRITE) return false;
    if (error != SSL_ERROR_WANT_READ) return tl::unexpected(Broken(error, "closing"));
  }
  ::shutdown(fd_, SHUT_WR);
  return true;
}

void TlsConnection::Wait(bool to_write, int wake_fd, Milliseconds timeout) {
  const short events = static_cast<short>(POLLIN | (to_write ? POLLOUT : 0));
  PollSocket(fd_, events, wake_fd, timeout);
}

std::string TlsConnection::Description() const {
  return fmt::format("{}, {}", SSL_get_version(ssl_), SSL_get_cipher_name(ssl_));
}

}  // namespace collector
