#include "aws/operation.h"

#include <fmt/format.h>

#include "http/url.h"

namespace collector::aws {

std::string Name(const OperationInfo& operation) {
  return fmt::format("{}:{}", operation.service->name, operation.name);
}

RequestParts JsonRequest(const OperationInfo& operation, std::string body) {
  RequestParts parts;
  parts.headers.Add("X-Amz-Target",
                    fmt::format("{}.{}", operation.service->target, operation.name));
  parts.headers.Add("Content-Type", operation.service->protocol == Protocol::kJson10
                                        ? "application/x-amz-json-1.0"
                                        : "application/x-amz-json-1.1");
  if (operation.service->was_query) parts.headers.Add("x-amzn-query-mode", "true");
  parts.body = std::move(body);
  return parts;
}

RequestParts QueryRequest(const OperationInfo& operation, const Parameters& parameters) {
  RequestParts parts;
  parts.headers.Add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  parts.body = fmt::format("Action={}&Version={}", operation.name, operation.service->api_version);
  for (const auto& [name, value] : parameters) {
    parts.body += fmt::format("&{}={}", http::PercentEncode(name), http::PercentEncode(value));
  }
  return parts;
}

}  // namespace collector::aws
