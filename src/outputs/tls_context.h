// The files of a Devo output as an OpenSSL context: checked, and told apart in errors that say what
// to do. Plain functions, any thread.
#ifndef COLLECTOR_OUTPUTS_TLS_CONTEXT_H_
#define COLLECTOR_OUTPUTS_TLS_CONTEXT_H_

#include <memory>

#include <openssl/ssl.h>

#include "base/clock.h"
#include "base/result.h"
#include "outputs/settings.h"

namespace collector {

struct SslContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, SslContextDeleter>;

// A client context: TLS 1.2 or 1.3, our certificate and key, the peer's chain always verified
// against the certificates in `chain`, each of which is trusted by itself. kRejected, with one
// sentence that names the file and the remedy: a file that is missing, unreadable, not PEM, damaged
// or too weak for sec_level; a certificate that is expired or not yet valid at `now`; a key that is
// encrypted without (or with the wrong) passphrase or that belongs to another certificate.
Result<SslContext> LoadTlsContext(const DevoSettings& settings, Timestamp now);

}  // namespace collector

#endif  // COLLECTOR_OUTPUTS_TLS_CONTEXT_H_
