// Operation: one AWS API call as data. An operation is a struct of parameters with
//
//   static constexpr OperationInfo kInfo;                         what it is
//   RequestParts ToRequest() const;                               parameters -> HTTP
//   static Result<Response> Parse(const http::Response& answer);  a 2xx answer -> values
//
// both pure; aws::Client does the rest. One whose answer is read as a stream (Client::Open) has no
// Parse(). One pair of files per operation, in a folder per service.
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
  std::string_view permission = {};  // that it needs, when that is not called like it
};

using Parameters = std::vector<std::pair<std::string, std::string>>;

// An HTTP request before it has an endpoint, a date and a signature.
struct RequestParts {
  std::string method = "POST";
  std::string path = "/";  // plain, not encoded
  Parameters query;        // plain, not encoded; in the order in which they go out
  http::Headers headers;
  std::string body;
  std::string bucket = {};    // of S3: its endpoint is the bucket's own, in the bucket's region
  std::string subject = {};   // what the call is about, for errors: "queue audit", "s3://logs/a.gz"
  Milliseconds held_back{0};  // for how long AWS may hold its answer back on purpose (long polls)
};

// "cloudtrail:LookupEvents": as IAM policies name the permission.
std::string Name(const OperationInfo& operation);

// A call of a JSON service; `body` is the JSON document. Services that once spoke the query
// protocol are asked to name errors as they did then (x-amzn-query-mode), which ReadRefusal()
// reads.
RequestParts JsonRequest(const OperationInfo& operation, std::string body);

// A call of a query service (STS, IAM, EC2): a form with Action and Version first.
RequestParts QueryRequest(const OperationInfo& operation, const Parameters& parameters);

}  // namespace collector::aws

#endif  // COLLECTOR_AWS_OPERATION_H_
