// What the operations of SQS share: the request's form. For their .cc files; any thread.
#ifndef COLLECTOR_AWS_SQS_JSON_BODY_H_
#define COLLECTOR_AWS_SQS_JSON_BODY_H_

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "aws/operation.h"

namespace collector::aws::sqs {

// `queue`: its name or URL, for errors. With JSON the queue's URL is in the body only; the request
// goes to the region's endpoint.
RequestParts QueueRequest(const OperationInfo& operation, std::string_view queue,
                          const nlohmann::json& body);

// The string that `object` has under `key`; empty where it has none.
std::string TextOf(const nlohmann::json& object, const char* key);

}  // namespace collector::aws::sqs

#endif  // COLLECTOR_AWS_SQS_JSON_BODY_H_
