#include "cli/sessions.h"

#include <functional>
#include <utility>

namespace collector {

std::shared_ptr<aws::CredentialsProvider> CredentialsOf(const InputSettings& input,
                                                        const Environment& environment,
                                                        Clock& clock) {
  return aws::MakeCredentials({input.credentials.access_key, input.credentials.access_secret,
                               input.credentials.session_token, input.credentials.profile},
                              environment, clock);
}

std::shared_ptr<aws::Session> OpenSession(const InputSettings& input, const std::string& purpose,
                                          int retries, const aws::Runtime& runtime,
                                          std::shared_ptr<aws::CredentialsProvider> keys,
                                          const Environment& environment) {
  aws::SessionOptions options;
  options.credentials = std::move(keys);
  options.endpoints.fips = input.aws.use_fips_endpoint;
  options.endpoints.dualstack = input.aws.use_dualstack_endpoint;
  options.endpoints.endpoint_url = input.aws.endpoint_url;
  options.endpoints.environment = environment;
  options.endpoints.profile = input.credentials.profile;
  options.retries.retries = retries;
  options.seed = std::hash<std::string>()(input.name + purpose);
  return std::make_shared<aws::Session>(runtime, std::move(options));
}

}  // namespace collector
