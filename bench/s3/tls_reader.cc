#include "s3/tls_reader.h"

#include <cerrno>
#include <ctime>
#include <utility>

#include <openssl/err.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "s3/frame_counter.h"

namespace collector::bench {
namespace {

// What one read takes from the kernel: several TLS records.
constexpr size_t kReadAhead = 256 << 10;

double ThreadSeconds() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

SSL_CTX* MakeContext(const TlsReader::Options& options) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  Must(SSL_CTX_use_certificate_chain_file(context, options.cert.c_str()) == 1);
  Must(SSL_CTX_use_PrivateKey_file(context, options.key.c_str(), SSL_FILETYPE_PEM) == 1);
  Must(SSL_CTX_load_verify_locations(context, options.chain.c_str(), nullptr) == 1);
  Must(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1);
  Must(SSL_CTX_set_ciphersuites(context, options.cipher_suites.c_str()) == 1);
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, kReadAhead);
  return context;
}

}  // namespace

struct TlsReader::Connection {
  explicit Connection(bool exact) : counter(exact) {}

  int fd = -1;
  std::thread thread;
  std::mutex mutex;  // of what follows; taken once a read
  FrameCounter counter;
  bool up = false;
  uint64_t bytes = 0;
  std::optional<Instant> first, last;
  double cpu_seconds = 0;
};

TlsReader::TlsReader(Options options)
    : options_(std::move(options)), context_(MakeContext(options_)), listener_(options_.port, 0) {
  acceptor_ = std::thread([this] { Accept(); });
}

TlsReader::~TlsReader() {
  stopping_ = true;
  ::shutdown(listener_.fd(), SHUT_RDWR);  // wakes accept
  acceptor_.join();
  for (const auto& connection : connections_) ::shutdown(connection->fd, SHUT_RDWR);
  for (const auto& connection : connections_) {
    connection->thread.join();
    ::close(connection->fd);
  }
  SSL_CTX_free(context_);
}

void TlsReader::Accept() {
  while (!stopping_) {
    const int fd = ::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    auto connection = std::make_unique<Connection>(options_.exact);
    connection->fd = fd;
    Connection& added = *connection;
    std::lock_guard lock(mutex_);
    connections_.push_back(std::move(connection));
    added.thread = std::thread([this, &added] { Serve(added); });
  }
}

void TlsReader::Serve(Connection& connection) const {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);  // OpenSSL writes without MSG_NOSIGNAL
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  SSL* ssl = SSL_new(context_);
  SSL_set_fd(ssl, connection.fd);
  if (SSL_accept(ssl) == 1) {
    {
      std::lock_guard lock(connection.mutex);
      connection.up = true;
    }
    std::string buffer(64 << 10, '\0');
    int got = 0;
    while ((got = SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()))) > 0) {
      const Instant now = std::chrono::steady_clock::now();
      std::lock_guard lock(connection.mutex);
      connection.bytes += static_cast<uint64_t>(got);
      connection.counter.Take({buffer.data(), static_cast<size_t>(got)});
      if (!connection.first) connection.first = now;
      connection.last = now;
      // Reading the clock of processor time is a system call: only when the stream pauses.
      if (SSL_has_pending(ssl) == 0) connection.cpu_seconds = ThreadSeconds();
    }
    // The sender waits for our end of the stream: it settles what has no receipt yet.
    if (SSL_get_error(ssl, got) == SSL_ERROR_ZERO_RETURN) SSL_shutdown(ssl);
  }
  ERR_clear_error();
  SSL_free(ssl);
  ::shutdown(connection.fd, SHUT_RDWR);
  std::lock_guard lock(connection.mutex);
  connection.cpu_seconds = ThreadSeconds();
}

TlsReader::Stats TlsReader::Sum() const {
  Stats sum;
  for (const auto& connection : connections_) {
    std::lock_guard lock(connection->mutex);
    sum.connections += connection->up ? 1 : 0;
    sum.broken += connection->counter.broken() ? 1 : 0;
    sum.bytes += connection->bytes;
    sum.plain_bytes += connection->counter.plain_bytes();
    sum.frames += connection->counter.frames();
    sum.members += connection->counter.members();
    sum.messages.Add(connection->counter.messages());
    sum.cpu_seconds += connection->cpu_seconds;
    if (connection->first && (!sum.first || *connection->first < *sum.first)) {
      sum.first = connection->first;
    }
    if (connection->last && (!sum.last || *connection->last > *sum.last)) {
      sum.last = connection->last;
    }
  }
  return sum;
}

TlsReader::Stats TlsReader::stats() const {
  std::lock_guard lock(mutex_);
  Stats now = Sum();
  now.connections -= before_.connections;
  now.broken -= before_.broken;
  now.bytes -= before_.bytes;
  now.plain_bytes -= before_.plain_bytes;
  now.frames -= before_.frames;
  now.members -= before_.members;
  now.messages.messages -= before_.messages.messages;
  now.messages.bytes -= before_.messages.bytes;
  now.messages.sum -= before_.messages.sum;
  now.cpu_seconds -= before_.cpu_seconds;
  return now;
}

void TlsReader::Reset() {
  std::lock_guard lock(mutex_);
  for (const auto& connection : connections_) {
    std::lock_guard inner(connection->mutex);
    connection->first.reset();
    connection->last.reset();
  }
  before_ = Sum();
}

}  // namespace collector::bench
