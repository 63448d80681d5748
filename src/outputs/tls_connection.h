// TlsConnection: one TLS connection of a Devo output, without blocking: what can be written now is
// written, and Wait() says when to go on. Besides bytes it knows what became of them: how many the
// peer's TCP has acknowledged, and, on TLS 1.3, receipts: a KeyUpdate that asks for one is answered
// by the peer's TLS when its application has read everything before it (RFC 8446, 4.6.3), which is
// more than TCP can say. Owned and used by the output's one writer thread.
#ifndef COLLECTOR_OUTPUTS_TLS_CONNECTION_H_
#define COLLECTOR_OUTPUTS_TLS_CONNECTION_H_

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "outputs/settings.h"

namespace collector {

class TlsConnection {
 public:
  // Resolves, connects (each address in turn) and shakes hands within settings.connect_timeout;
  // ends early, with kCancelled, when `wake_fd` becomes readable and `should_stop` says so. Errors
  // name the address and what to check. On TLS 1.3 a refused client certificate shows only in a
  // later Read().
  static Result<std::unique_ptr<TlsConnection>> Open(const DevoSettings& settings,
                                                     SSL_CTX* context, Clock& clock, int wake_fd,
                                                     const bool& should_stop);
  ~TlsConnection();
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;

  // Writes a part of `data`; how much. 0: the socket is full. After that the next call must begin
  // with the same bytes. kRetry: the connection is broken.
  Result<size_t> Write(std::string_view data);

  // Takes in what the peer sent. False: it ended the stream in order (close_notify or FIN).
  // kRetry: broken; kRejected: it refused us, with what to do.
  Result<bool> Read();

  // Asks for a receipt for everything written so far. False: the socket is full, ask again; only
  // between whole Write()s and while none is outstanding. Not on TLS 1.2.
  Result<bool> RequestReceipt();
  bool receipt_outstanding() const { return receipts_ < receipt_requests_; }
  bool gives_receipts() const { return SSL_version(ssl_) >= TLS1_3_VERSION; }
  bool write_pending() const { return write_pending_; }

  // Bytes on the wire, written and acknowledged by the peer's TCP.
  uint64_t wire_written() const;
  uint64_t wire_acknowledged() const;

  // close_notify and end of our stream; the peer's may still be read. False: the socket is full.
  Result<bool> CloseWriting();

  // Blocks until the socket is readable (or, with `to_write`, writable), `wake_fd` is readable or
  // `timeout` has passed.
  void Wait(bool to_write, int wake_fd, Milliseconds timeout);

  // "TLSv1.3, TLS_AES_256_GCM_SHA384"
  std::string Description() const;

 private:
  TlsConnection(int fd, SSL* ssl, std::string peer, const DevoSettings& settings);
  Status Handshake(Instant deadline, Clock& clock, int wake_fd, const bool& should_stop);
  Error Broken(int ssl_error, std::string_view doing) const;
  Error HandshakeRefused() const;
  static void OnMessage(int is_write, int version, int content_type, const void* bytes, size_t size,
                        SSL* ssl, void* self);

  const int fd_;
  SSL* const ssl_;
  const std::string peer_;  // "collector-eu.devo.io:443"
  const DevoSettings& settings_;
  bool write_pending_ = false;
  bool request_begun_ = false;
  uint64_t receipt_requests_ = 0;
  uint64_t receipts_ = 0;
};

}  // namespace collector

#endif  // COLLECTOR_OUTPUTS_TLS_CONNECTION_H_
