// Signer: Signature Version 4 in the Authorization header.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
// Owned by a client; any thread. A signature costs some microseconds: the key derived from secret,
// day, region and service is kept.
#ifndef COLLECTOR_AWS_SIGNING_H_
#define COLLECTOR_AWS_SIGNING_H_

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "aws/credentials.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "http/transport.h"

namespace collector::aws {

class Signer {
 public:
  // Adds Host, X-Amz-Date, X-Amz-Security-Token (with a session token), X-Amz-Content-SHA256 (for
  // "s3") and Authorization, which covers all headers but those that proxies may change. The URL
  // has to be encoded already, as it goes on the wire; for all services but "s3" its path is
  // normalised and encoded once more for the signature. kRejected: the URL is malformed.
  Status Sign(http::Request& request, const Credentials& credentials, std::string_view region,
              std::string_view service, Timestamp now) EXCLUDES(mutex_);

 private:
  using Digest = std::array<unsigned char, 32>;
  struct DerivedKey {
    std::string date;
    Secret secret;
    Digest key;
  };

  Digest SigningKey(const Secret& secret, std::string_view date, std::string_view region,
                    std::string_view service) EXCLUDES(mutex_);

  Mutex mutex_;
  std::map<std::pair<std::string, std::string>, DerivedKey> keys_ GUARDED_BY(mutex_);
};

// "e3b0c442...": in lower case.
std::string Sha256Hex(std::string_view data);

// The same in base64, as checksums of S3 are.
std::string Sha256Base64(std::string_view data);

// The canonical request that is signed, for tests and for "why was I refused".
std::string CanonicalRequest(const http::Request& request, std::string_view service,
                             std::string* signed_headers);

}  // namespace collector::aws

#endif  // COLLECTOR_AWS_SIGNING_H_
