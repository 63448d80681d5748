// The operations that tests/oracle may ask for, made from JSON, and what they answer as JSON. Used
// by oracle_tool.cc only; one thread.
#ifndef COLLECTOR_TESTS_AWS_ORACLE_OPERATIONS_H_
#define COLLECTOR_TESTS_AWS_ORACLE_OPERATIONS_H_

#include <string>

#include <nlohmann/json.hpp>

#include "aws/client.h"

namespace collector {

// The string under `key`; empty where there is none.
std::string Text(const nlohmann::json& object, const char* key);
std::string FromHex(const std::string& hex);

nlohmann::json ErrorOf(const Error& error);

// {"operation": "ReceiveMessage", "queue_url": ...}: makes the call and tells its answer. An object
// of S3 is read to its end and told as hexadecimal.
nlohmann::json CallOperation(aws::Client& client, const nlohmann::json& input);

}  // namespace collector

#endif  // COLLECTOR_TESTS_AWS_ORACLE_OPERATIONS_H_
