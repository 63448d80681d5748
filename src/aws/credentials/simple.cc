#include "aws/credentials/simple.h"

#include <utility>

#include <fmt/format.h>

#include "base/time_text.h"

namespace collector::aws {

StaticCredentials::StaticCredentials(Credentials credentials)
    : credentials_(std::move(credentials)) {}

Result<Credentials> StaticCredentials::Get(std::stop_token) {
  if (credentials_.access_key_id.empty() || credentials_.secret_access_key.empty()) {
    return Fail(ErrorKind::kCredentials,
                fmt::format("{} has an access key without its secret, or a secret without its key",
                            credentials_.origin));
  }
  return credentials_;
}

EnvironmentCredentials::EnvironmentCredentials(const Environment& environment) {
  credentials_.access_key_id = environment.Get("AWS_ACCESS_KEY_ID").value_or("");
  credentials_.secret_access_key = Secret(environment.Get("AWS_SECRET_ACCESS_KEY").value_or(""));
  credentials_.session_token = Secret(environment.Get("AWS_SESSION_TOKEN").value_or(""));
  credentials_.expires = ParseTime(environment.Get("AWS_CREDENTIAL_EXPIRATION").value_or(""));
  credentials_.origin = "the environment (AWS_ACCESS_KEY_ID)";
}

Result<Credentials> EnvironmentCredentials::Get(std::stop_token) {
  if (credentials_.access_key_id.empty()) {
    return Fail(ErrorKind::kNotFound, "the environment (AWS_ACCESS_KEY_ID is not set)");
  }
  if (credentials_.secret_access_key.empty()) {
    return Fail(ErrorKind::kCredentials,
                "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not; set both or neither");
  }
  return credentials_;
}

CredentialsChain::CredentialsChain(std::vector<std::unique_ptr<CredentialsProvider>> providers)
    : providers_(std::move(providers)) {}

Result<Credentials> CredentialsChain::Get(std::stop_token stop) {
  std::string places;
  for (const auto& provider : providers_) {
    auto credentials = provider->Get(stop);
    if (credentials || credentials.error().kind != ErrorKind::kNotFound) return credentials;
    if (!places.empty()) places += ", ";
    places += credentials.error().message;
  }
  return Fail(ErrorKind::kCredentials,
              fmt::format("there are no AWS credentials in any of: {}; set access_key and "
                          "access_secret in the configuration",
                          places));
}

void CredentialsChain::Refuse(const Credentials& refused) {
  for (const auto& provider : providers_) provider->Refuse(refused);
}

}  // namespace collector::aws
