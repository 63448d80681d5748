// Operation: one AWS API call as data. An operation is a struct of parameters with
//
//   static constexpr OperationInfo kInfo;                         what it is
//   RequestParts ToRequest() const;                               parameters -> HTTP
//   static Result<Response> Parse(const http::Response& answer);  a 2xx answer -> values
//
// both pure; aws::Client does the rest. One pair of files per operation, in a folder per service.
#ifndef COLLECTOR_AWS_OPERATION_H_
#define COLLECTOR_AWS_OPERATION_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/service.h"
#include "http/transport.h"

namespace collector::aws {

struct OperationInfo {
  const Service* service;
  std::string_view name;
  // What AWS documents as allowed per second for one account in one region; 0: no limit is kept.
  double calls_per_second = 0;
};

using Parameters = std::vector<std::pair<std::string, std::string>>;

// An HTTP request before it has an endpoint, a date and a signature.
struct RequestParts {
  std::string method = "POST";
  std::string path = "/";  // plain, not encoded
  Parameters query;        // plain, not encoded; in the order in which they go out
  http::Headers headers;
  std::string body;
};

// "cloudtrail:LookupEvents": as IAM policies name the permission.
std::string Name(const OperationInfo& operation);

// A call of a JSON service; `body` is the JSON document.
RequestParts JsonRequest(const OperationInfo& operation, std::string body);

// A call of a query service (STS, IAM, EC2): a form with Action and Version first.
RequestParts QueryRequest(const OperationInfo& operation, const Parameters& parameters);

}  // namespace collector::aws

#endif  // COLLECTOR_AWS_OPERATION_H_
