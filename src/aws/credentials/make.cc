#include <utility>
#include <vector>

#include "aws/credentials/cached.h"
#include "aws/credentials/profile.h"
#include "aws/credentials/simple.h"

namespace collector::aws {

std::shared_ptr<CredentialsProvider> MakeCredentials(const CredentialsOptions& options,
                                                     const Environment& environment, Clock& clock) {
  if (!options.access_key_id.empty() || !options.secret_access_key.empty()) {
    return std::make_shared<StaticCredentials>(
        Credentials{options.access_key_id, options.secret_access_key, options.session_token,
                    std::nullopt, "the configuration (access_key)"});
  }
  if (!options.profile.empty()) {
    return std::make_shared<ProfileCredentials>(options.profile, environment);
  }
  std::vector<std::unique_ptr<CredentialsProvider>> providers;
  providers.push_back(std::make_unique<EnvironmentCredentials>(environment));
  providers.push_back(std::make_unique<ProfileCredentials>("", environment));
  return std::make_shared<CachedCredentials>(
      std::make_unique<CredentialsChain>(std::move(providers)), clock);
}

}  // namespace collector::aws
