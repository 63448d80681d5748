// Credentials and where they come from. CredentialsProvider is the one interface; its kinds are in
// aws/credentials/. A provider is shared by all clients of an input; any thread may call it, from
// many at once.
#ifndef COLLECTOR_AWS_CREDENTIALS_H_
#define COLLECTOR_AWS_CREDENTIALS_H_

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/environment.h"
#include "base/result.h"
#include "base/secret.h"

namespace collector::aws {

struct Credentials {
  std::string access_key_id = {};
  Secret secret_access_key = {};
  Secret session_token = {};              // empty: long-lived keys
  std::optional<Timestamp> expires = {};  // nothing: they do not expire, as far as is known
  std::string origin = {};                // for errors: "profile audit of ~/.aws/credentials"
};

class CredentialsProvider {
 public:
  virtual ~CredentialsProvider() = default;

  // May block on a file or on the network. kCredentials: there are none, or they cannot be read.
  virtual Result<Credentials> Get(std::stop_token stop) = 0;

  // AWS refused these: the next Get() looks for others, where the kind of provider can.
  virtual void Refuse(const Credentials& /*refused*/) {}
};

// The same keys for ever.
class StaticCredentials : public CredentialsProvider {
 public:
  explicit StaticCredentials(Credentials credentials);
  // kCredentials: the key or its secret is missing.
  Result<Credentials> Get(std::stop_token stop) override;

 private:
  const Credentials credentials_;
};

// What a configuration says about credentials.
struct CredentialsOptions {
  std::string access_key_id = {};  // with the secret: these and no others
  Secret secret_access_key = {};
  Secret session_token = {};
  std::string profile = {};  // of the shared files; empty: AWS_PROFILE, then "default"
};

// The configuration's keys if there are any, else its profile if it names one, else as AWS's own
// tools do: the environment, then the shared files.
std::shared_ptr<CredentialsProvider> MakeCredentials(const CredentialsOptions& options,
                                                     const Environment& environment, Clock& clock);

}  // namespace collector::aws

#endif  // COLLECTOR_AWS_CREDENTIALS_H_
