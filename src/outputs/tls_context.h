// The TLS side of a Devo output that is known before any connection: its certificate, key and chain
// files, checked, in an OpenSSL context. Owned by the output; after it is made only read, so any
// thread may open connections with it.
#ifndef COLLECTOR_OUTPUTS_TLS_CONTEXT_H_
#define COLLECTOR_OUTPUTS_TLS_CONTEXT_H_

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "outputs/settings.h"

namespace collector {

struct SslContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, SslContextDeleter>;

// Mutual TLS 1.2 or 1.3; the server's certificate is always verified against `settings.chain`.
// kRejected or kNotFound, each with a sentence that names the file and the remedy: a missing or
// unreadable file, one that is not PEM, a key that does not belong to the certificate, a wrong or
// missing passphrase, a certificate that is expired or not valid yet (by `now`), one too weak for
// the security level.
Result<SslContext> NewTlsContext(const DevoSettings& settings, Timestamp now);

// What OpenSSL's error queue of this thread says, emptied: "certificate verify failed".
std::string TakeOpenSslErrors();

}  // namespace collector

#endif  // COLLECTOR_OUTPUTS_TLS_CONTEXT_H_
