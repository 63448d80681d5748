// Operations whose parameters and answer are whole documents: for calls that set up what AWS holds,
// where the caller works with AWS's own names. One line makes one:
//
//   inline constexpr OperationInfo kPutRule{&kEventBridge, "PutRule"};
//   using PutRule = JsonOperation<kPutRule>;
//
// Plain values; any thread.
#ifndef COLLECTOR_AWS_DOCUMENT_OPERATIONS_H_
#define COLLECTOR_AWS_DOCUMENT_OPERATIONS_H_

#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "aws/operation.h"
#include "base/result.h"
#include "http/transport.h"

namespace pugi {
class xml_document;
}  // namespace pugi

namespace collector::aws {

// A parsed XML answer; never null.
using XmlAnswer = std::shared_ptr<const pugi::xml_document>;

// kRetry: it is no JSON object. An empty body is an empty object: some calls answer nothing.
// Members that are null are left out.
Result<nlohmann::json> ParseJsonAnswer(const http::Response& answer);

// kRetry: it is no XML. An empty body is an empty document.
Result<XmlAnswer> ParseXmlAnswer(const http::Response& answer);

// Of a service that speaks JSON.
template <const OperationInfo& Info>
struct JsonOperation {
  static constexpr OperationInfo kInfo = Info;
  using Response = nlohmann::json;

  nlohmann::json body = nlohmann::json::object();
  std::string subject = {};  // what the call is about, for errors

  RequestParts ToRequest() const {
    RequestParts parts = JsonRequest(kInfo, body.dump());
    parts.subject = subject;
    return parts;
  }
  static Result<Response> Parse(const http::Response& answer) { return ParseJsonAnswer(answer); }
};

// Of a service that speaks the query protocol (EC2).
template <const OperationInfo& Info>
struct QueryOperation {
  static constexpr OperationInfo kInfo = Info;
  using Response = XmlAnswer;

  Parameters parameters = {};  // without Action and Version
  std::string subject = {};

  RequestParts ToRequest() const {
    RequestParts parts = QueryRequest(kInfo, parameters);
    parts.subject = subject;
    return parts;
  }
  static Result<Response> Parse(const http::Response& answer) { return ParseXmlAnswer(answer); }
};

// What one call to a bucket looks like: "PUT /?encryption".
struct BucketCall {
  OperationInfo operation;
  std::string_view method;
  std::string_view subresource;  // empty: the bucket itself
};

RequestParts BucketRequest(const BucketCall& call, const std::string& bucket, std::string body);

// Of a bucket in S3. The answer is the body, XML or (a policy) JSON.
template <const BucketCall& Call>
struct BucketOperation {
  static constexpr OperationInfo kInfo = Call.operation;
  using Response = std::string;

  std::string bucket = {};
  std::string body = {};

  RequestParts ToRequest() const { return BucketRequest(Call, bucket, body); }
  static Result<Response> Parse(const http::Response& answer) { return answer.body; }
};

}  // namespace collector::aws

#endif  // COLLECTOR_AWS_DOCUMENT_OPERATIONS_H_
