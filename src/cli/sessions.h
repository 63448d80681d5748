// How the program reaches the account of an input. main() owns what a session borrows; any thread.
#ifndef COLLECTOR_CLI_SESSIONS_H_
#define COLLECTOR_CLI_SESSIONS_H_

#include <memory>
#include <string>

#include "aws/credentials.h"
#include "aws/session.h"
#include "base/environment.h"
#include "config/config.h"

namespace collector {

std::shared_ptr<aws::CredentialsProvider> CredentialsOf(const InputSettings& input,
                                                        const Environment& environment,
                                                        Clock& clock);

// `purpose` is what it is for ("audit-events-all"), so that the delays between the retries of two
// are not the same; `retries` how often a failed call is made again.
std::shared_ptr<aws::Session> OpenSession(const InputSettings& input, const std::string& purpose,
                                          int retries, const aws::Runtime& runtime,
                                          std::shared_ptr<aws::CredentialsProvider> keys,
                                          const Environment& environment);

}  // namespace collector

#endif  // COLLECTOR_CLI_SESSIONS_H_
