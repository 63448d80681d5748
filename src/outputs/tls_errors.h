// What went wrong between us and a Devo endpoint, as a sentence with its remedy. Pure functions,
// any thread.
#ifndef COLLECTOR_OUTPUTS_TLS_ERRORS_H_
#define COLLECTOR_OUTPUTS_TLS_ERRORS_H_

#include <string>

#include <openssl/x509_vfy.h>

#include "base/result.h"
#include "outputs/settings.h"

namespace collector {

// The endpoint's certificate, when it did not pass our verification.
struct RefusedCertificate {
  int reason = X509_V_OK;  // X509_V_ERR_...
  std::string subject;
  std::string issuer;
  std::string names;  // the host names and addresses that it is for
  std::string valid;  // "from 2023-06-02T08:31:15Z to 2024-06-02T08:31:15Z"
};

// Notes why `context` refuses the certificate it looks at.
RefusedCertificate DescribeRefused(X509_STORE_CTX* context);

// "collector-eu.devo.io:443"
std::string EndpointText(const DevoSettings& settings);

// For an entry of OpenSSL's error queue (0: none) and, when that is none, errno (0: the peer ended
// the connection).
Error TlsFailure(const DevoSettings& settings, const RefusedCertificate& refused,
                 unsigned long openssl_error, int error_number);

// The alert (RFC 8446, 6) that the entry says we received; -1 when it says something else.
int ReceivedAlert(unsigned long openssl_error);

}  // namespace collector

#endif  // COLLECTOR_OUTPUTS_TLS_ERRORS_H_
