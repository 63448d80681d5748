// Whether the KMS key of a queue or bucket lets AWS's services write there: without it what they
// send vanishes and nobody is told (S-18, E-5). Blocks on AWS.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
#ifndef COLLECTOR_SETUP_KEY_CHECK_H_
#define COLLECTOR_SETUP_KEY_CHECK_H_

#include <string>
#include <vector>

#include "setup/plan.h"

namespace collector::setup {

// What to mend: one sentence; empty when there is no key, or it allows all that is needed.
Result<std::string> CheckKey(Caller& aws, const Step& step);

// The actions of `needed` that a key's policy does not allow to `service`. The conditions of what
// is allowed are taken as met, those of what is denied are not: they may well name just this queue.
std::vector<std::string> MissingOfKey(const Json& policy, const std::string& service,
                                      const std::vector<std::string>& needed);

}  // namespace collector::setup

#endif  // COLLECTOR_SETUP_KEY_CHECK_H_
