// Providers that need no network and no file: the keys of the environment, and the chain that asks
// several providers in turn. Immutable; any thread.
#ifndef COLLECTOR_AWS_CREDENTIALS_SIMPLE_H_
#define COLLECTOR_AWS_CREDENTIALS_SIMPLE_H_

#include <memory>
#include <vector>

#include "aws/credentials.h"

namespace collector::aws {

// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and AWS_CREDENTIAL_EXPIRATION.
class EnvironmentCredentials : public CredentialsProvider {
 public:
  explicit EnvironmentCredentials(const Environment& environment);
  // kNotFound: no access key is set. kCredentials: one is, without a secret.
  Result<Credentials> Get(std::stop_token stop) override;

 private:
  Credentials credentials_;
};

// The first provider that does not answer kNotFound.
class CredentialsChain : public CredentialsProvider {
 public:
  explicit CredentialsChain(std::vector<std::unique_ptr<CredentialsProvider>> providers);
  // kCredentials: none has any; the message says where it was looked.
  Result<Credentials> Get(std::stop_token stop) override;
  void Refuse(const Credentials& refused) override;

 private:
  const std::vector<std::unique_ptr<CredentialsProvider>> providers_;
};

}  // namespace collector::aws

#endif  // COLLECTOR_AWS_CREDENTIALS_SIMPLE_H_
