#include "aws/sqs/json_body.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "aws/sqs/queue_url.h"

namespace collector::aws::sqs {

RequestParts QueueRequest(const OperationInfo& operation, std::string_view queue,
                          const nlohmann::json& body) {
  RequestParts parts =
      JsonRequest(operation, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  parts.subject = fmt::format("queue {}", QueueNameOf(queue));
  return parts;
}

std::string TextOf(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace collector::aws::sqs
