#include "outputs/tls_connection.h"

#include <cerrno>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"

namespace collector {
namespace {

// A silent connection is probed after 30 s, then three times in 30 s, so that a peer that vanished
// is noticed before the next record needs it.
constexpr int kKeepAliveIdleSeconds = 30;
constexpr int kKeepAliveIntervalSeconds = 10;
constexpr int kKeepAliveProbes = 3;

void SetOption(int fd, int level, int option, int value) {
  // A kernel without one of these still delivers; it only notices a dead peer later.
  ::setsockopt(fd, level, option, &value, sizeof value);
}

void SetOptions(int fd, Milliseconds peer_timeout) {
  SetOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleSeconds);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveIntervalSeconds);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveProbes);
  SetOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(peer_timeout.count()));
}

tl::unexpected<Error> Unreachable(const std::string& peer, const std::string& why) {
  return Fail(
      ErrorKind::kRetry,
      fmt::format(
          "{} cannot be reached: {}; check address, port and the way there (firewall, proxy)", peer,
          why));
}

tl::unexpected<Error> StoppedOrLate(Waiter::Woke woke, const std::string& peer,
                                    std::string_view what) {
  if (woke == Waiter::Woke::kStopped) {
    return Fail(ErrorKind::kCancelled, fmt::format("{}: stopped during {}", peer, what));
  }
  return Unreachable(peer, fmt::format("no answer to {} in time", what));
}

Status ConnectTcp(int fd, const SocketAddress& address, const std::string& peer, Instant until,
                  Waiter& waiter) {
  const auto* socket_address = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(fd, socket_address, address.size) == 0) return {};
  if (errno != EINPROGRESS) return Unreachable(peer, ErrnoText(errno));
  const Waiter::Woke woke = waiter.WaitThrough(fd, POLLOUT, until);
  if (woke != Waiter::Woke::kReady) return StoppedOrLate(woke, peer, "the connection attempt");
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return Unreachable(peer, ErrnoText(error));
  return {};
}

}  // namespace

TlsConnection::~TlsConnection() {
  ssl_.reset();
  ::close(fd_);
}

Result<std::unique_ptr<TlsConnection>> TlsConnection::Connect(const DevoSettings& settings,
                                                              SSL_CTX* context,
                                                              Milliseconds peer_timeout,
                                                              Waiter& waiter) {
  const auto addresses =
      Resolve(settings.address, settings.port, waiter.Now() + settings.connect_timeout, waiter);
  if (!addresses) return Propagate(addresses);
  Error last;
  for (const SocketAddress& address : *addresses) {
    auto connection = ConnectTo(settings, address, context, peer_timeout,
                                waiter.Now() + settings.connect_timeout, waiter);
    if (connection || connection.error().kind == ErrorKind::kCancelled) return connection;
    last = std::move(connection.error());
  }
  return tl::unexpected<Error>(std::move(last));
}

Result<std::unique_ptr<TlsConnection>> TlsConnection::ConnectTo(const DevoSettings& settings,
                                                                const SocketAddress& address,
                                                                SSL_CTX* context,
                                                                Milliseconds peer_timeout,
                                                                Instant until, Waiter& waiter) {
  std::string peer = EndpointText(settings);
  if (!IsIpAddress(settings.address)) peer += fmt::format(" ({})", address.ToString());
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return Unreachable(peer, ErrnoText(errno));
  auto connection =
      std::unique_ptr<TlsConnection>(new TlsConnection(settings, fd, std::move(peer)));
  SetOptions(fd, peer_timeout);
  Status status = ConnectTcp(fd, address, connection->peer_, until, waiter);
  if (status) status = connection->PrepareTls(context);
  if (status) status = connection->Handshake(until, waiter);
  if (!status) return Propagate(status);
  return connection;
}

Status TlsConnection::PrepareTls(SSL_CTX* context) {
  ssl_.reset(SSL_new(context));
  if (ssl_ == nullptr || SSL_set_fd(ssl_.get(), fd_) != 1) {
    return Fail(ErrorKind::kRetry, fmt::format("{}: no memory for TLS", peer_));
  }
  socket_bio_ = SSL_get_wbio(ssl_.get());
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER, &OnVerify);
  SSL_set_msg_callback(ssl_.get(), &OnMessage);
  SSL_set_msg_callback_arg(ssl_.get(), this);
  X509_VERIFY_PARAM* verify = SSL_get0_param(ssl_.get());
  const std::string& name = settings_.address;
  if (IsIpAddress(name)) {
    if (settings_.verify_host_name) X509_VERIFY_PARAM_set1_ip_asc(verify, name.c_str());
    return {};
  }
  SSL_set_tlsext_host_name(ssl_.get(), name.c_str());
  if (settings_.verify_host_name) {
    X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set1_host(verify, name.data(), name.size());
  }
  return {};
}

Status TlsConnection::Handshake(Instant until, Waiter& waiter) {
  for (;;) {
    ERR_clear_error();
    errno = 0;
    const int result = SSL_connect(ssl_.get());
    if (result == 1) return {};
    const int wanted = SSL_get_error(ssl_.get(), result);
    if (wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE) {
      return tl::unexpected<Error>(Failure(result));
    }
    const Waiter::Woke woke =
        waiter.WaitThrough(fd_, wanted == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, until);
    if (woke != Waiter::Woke::kReady) return StoppedOrLate(woke, peer_, "the TLS handshake");
  }
}

// For a result that is neither success nor would-block, right after the call.
Error TlsConnection::Failure(int result) {
  const int system_error = errno;
  const int kind = SSL_get_error(ssl_.get(), result);
  const unsigned long error = ERR_peek_error();
  ERR_clear_error();
  alert_ = ReceivedAlert(error);
  return TlsFailure(settings_, refused_, error, kind == SSL_ERROR_SYSCALL ? system_error : 0);
}

bool TlsConnection::tls13() const { return SSL_version(ssl_.get()) == TLS1_3_VERSION; }

std::string TlsConnection::Describe() const {
  return fmt::format("{}, {}", SSL_get_version(ssl_.get()), SSL_get_cipher_name(ssl_.get()));
}

Result<size_t> TlsConnection::Write(std::string_view data) {
  size_t written = 0;
  // With SSL_MODE_ENABLE_PARTIAL_WRITE a call takes one TLS record, of up to 16 KiB, at a time. One
  // that was encrypted but not wholly taken by the socket is not counted until it is.
  while (written < data.size()) {
    ERR_clear_error();
    errno = 0;
    size_t taken = 0;
    const int result =
        SSL_write_ex(ssl_.get(), data.data() + written, data.size() - written, &taken);
    if (result == 1) {
      written += taken;
      continue;
    }
    const int wanted = SSL_get_error(ssl_.get(), result);
    if (wanted == SSL_ERROR_WANT_WRITE || wanted == SSL_ERROR_WANT_READ) break;
    return tl::unexpected<Error>(Failure(result));
  }
  return written;
}

Result<bool> TlsConnection::Receive() {
  // A peer with Nagle's algorithm holds its next small message, which may be a receipt, back until
  // we acknowledge its last; the kernel would take 40 ms over that (tcp(7), TCP_QUICKACK).
  SetOption(fd_, IPPROTO_TCP, TCP_QUICKACK, 1);
  char ignored[4096];  // syslog has no answers
  for (;;) {
    ERR_clear_error();
    errno = 0;
    size_t got = 0;
    const int result = SSL_read_ex(ssl_.get(), ignored, sizeof ignored, &got);
    if (result == 1) continue;
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
      case SSL_ERROR_WANT_WRITE:
        return true;
      case SSL_ERROR_ZERO_RETURN:
        return false;
      default:
        break;
    }
    // The end of the stream without close_notify: what most servers do.
    if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
      ERR_clear_error();
      return false;
    }
    return tl::unexpected<Error>(Failure(result));
  }
}

Result<bool> TlsConnection::SendKeyUpdate(bool asks) {
  ERR_clear_error();
  errno = 0;
  const int type = asks ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED;
  if (!sending_key_update_ && SSL_key_update(ssl_.get(), type) != 1) {
    return tl::unexpected<Error>(Failure(-1));
  }
  sending_key_update_ = true;
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    sending_key_update_ = false;
    return true;
  }
  const int wanted = SSL_get_error(ssl_.get(), result);
  if (wanted == SSL_ERROR_WANT_WRITE || wanted == SSL_ERROR_WANT_READ) return false;
  return tl::unexpected<Error>(Failure(result));
}

Result<bool> TlsConnection::StartClose() {
  ERR_clear_error();
  errno = 0;
  const int result = SSL_shutdown(ssl_.get());
  if (result < 0) {
    const int wanted = SSL_get_error(ssl_.get(), result);
    if (wanted == SSL_ERROR_WANT_WRITE || wanted == SSL_ERROR_WANT_READ) return false;
    return tl::unexpected<Error>(Failure(result));
  }
  ::shutdown(fd_, SHUT_WR);
  return true;
}

uint64_t TlsConnection::WireWritten() const { return BIO_number_written(socket_bio_); }

uint64_t TlsConnection::WireAcknowledged() const {
  // tcp(7): SIOCOUTQ is what was written and not yet acknowledged, our FIN counting as one byte.
  int queued = 0;
  if (::ioctl(fd_, SIOCOUTQ, &queued) != 0 || queued < 0) return 0;
  const uint64_t written = WireWritten();
  const auto unacknowledged = static_cast<uint64_t>(queued);
  return written > unacknowledged ? written - unacknowledged : 0;
}

int TlsConnection::OnVerify(int verified, X509_STORE_CTX* context) {
  if (verified == 1) return 1;
  const auto* ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  static_cast<TlsConnection*>(SSL_get_app_data(ssl))->refused_ = DescribeRefused(context);
  return 0;
}

void TlsConnection::OnMessage(int written, int /*version*/, int content_type, const void* bytes,
                              size_t size, SSL* /*ssl*/, void* connection) {
  constexpr size_t kKeyUpdateSize = 5;  // type, 24 bits of length, request_update (RFC 8446, 4.6.3)
  if (written != 0 || content_type != SSL3_RT_HANDSHAKE || size == 0) return;
  auto* self = static_cast<TlsConnection*>(connection);
  const auto* message = static_cast<const unsigned char*>(bytes);
  if (message[0] == SSL3_MT_NEWSESSION_TICKET) self->ticket_seen_ = true;
  if (message[0] == SSL3_MT_KEY_UPDATE && size == kKeyUpdateSize &&
      message[4] == SSL_KEY_UPDATE_NOT_REQUESTED) {
    ++self->key_updates_;
  }
}

}  // namespace collector
