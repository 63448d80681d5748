// TlsConnection: one mutual TLS connection to a Devo endpoint: a non-blocking socket and OpenSSL's
// state, with what is needed to know what the peer has read. Owned and used by the writer thread of
// a Devo output, which must have SIGPIPE blocked. Ended by destroying it; StartClose() first ends
// it politely.
#ifndef COLLECTOR_OUTPUTS_TLS_CONNECTION_H_
#define COLLECTOR_OUTPUTS_TLS_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/ssl.h>

#include "base/clock.h"
#include "base/result.h"
#include "outputs/resolver.h"
#include "outputs/settings.h"
#include "outputs/tls_errors.h"
#include "outputs/waiter.h"

namespace collector {

class TlsConnection {
 public:
  // Resolves the address, tries each that it has for up to connect_timeout, and does the handshake.
  // `peer_timeout`: after how long without a sign of life TCP gives the peer up (TCP_USER_TIMEOUT).
  // kCancelled when the waiter is stopped; every other error names the endpoint and the remedy.
  // `settings`, `context` and `waiter` must outlive the connection.
  static Result<std::unique_ptr<TlsConnection>> Connect(const DevoSettings& settings,
                                                        SSL_CTX* context, Milliseconds peer_timeout,
                                                        Waiter& waiter);
  ~TlsConnection();
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;

  int fd() const { return fd_; }
  bool tls13() const;
  // "collector-eu.devo.io:443 (192.0.2.1)"
  const std::string& peer() const { return peer_; }
  // "TLSv1.3, TLS_AES_256_GCM_SHA384"
  std::string Describe() const;

  // Gives the beginning of `data` to TLS and TCP; returns how many bytes they took. Fewer than all
  // means that the socket is full: when it is writable again, call it with the rest, which must
  // begin with the same bytes and may have become longer.
  Result<size_t> Write(std::string_view data);

  // Reads what the peer sent. True: the connection is open. False: the peer has ended its side. An
  // error: the connection is broken, or the peer refused something.
  Result<bool> Receive();

  // Sends a KeyUpdate, one that `asks` for an answer (update_requested) or not. False when the
  // socket is full: call it again, the same, before the next Write(). Not while a Write() is
  // unfinished; TLS 1.3 only.
  Result<bool> SendKeyUpdate(bool asks);

  // Sends close_notify and ends our side of the stream. False when the socket is full: call it
  // again. Not while a Write() is unfinished.
  Result<bool> StartClose();

  // What the peer sent since the last call: KeyUpdate(update_not_requested) messages.
  int TakeKeyUpdates() { return std::exchange(key_updates_, 0); }
  // The peer has sent a session ticket.
  bool ticket_seen() const { return ticket_seen_; }
  // The alert that ended the connection, -1 without.
  int alert() const { return alert_; }

  // Bytes of TLS records given to TCP, and how many of them its peer has acknowledged.
  uint64_t WireWritten() const;
  uint64_t WireAcknowledged() const;

 private:
  struct SslDeleter {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  TlsConnection(const DevoSettings& settings, int fd, std::string peer)
      : settings_(settings), fd_(fd), peer_(std::move(peer)) {}

  static Result<std::unique_ptr<TlsConnection>> ConnectTo(const DevoSettings& settings,
                                                          const SocketAddress& address,
                                                          SSL_CTX* context,
                                                          Milliseconds peer_timeout, Instant until,
                                                          Waiter& waiter);
  Status PrepareTls(SSL_CTX* context);
  Status Handshake(Instant until, Waiter& waiter);
  Error Failure(int result);

  static int OnVerify(int verified, X509_STORE_CTX* context);
  static void OnMessage(int written, int version, int content_type, const void* bytes, size_t size,
                        SSL* ssl, void* connection);

  const DevoSettings& settings_;
  const int fd_;
  const std::string peer_;
  std::unique_ptr<SSL, SslDeleter> ssl_;
  BIO* socket_bio_ = nullptr;  // owned by ssl_
  bool sending_key_update_ = false;
  int key_updates_ = 0;
  bool ticket_seen_ = false;
  int alert_ = -1;
  RefusedCertificate refused_;
};

}  // namespace collector

#endif  // COLLECTOR_OUTPUTS_TLS_CONNECTION_H_
