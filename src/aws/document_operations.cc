#include "aws/document_operations.h"

#include <iterator>
#include <utility>

#include <pugixml.hpp>

#include "aws/signing.h"

namespace collector::aws {
namespace {

// Some write null for what is not there.
void DropNulls(nlohmann::json& value) {
  if (value.is_object()) {
    for (auto member = value.begin(); member != value.end();) {
      member = member->is_null() ? value.erase(member) : std::next(member);
    }
  }
  if (!value.is_structured()) return;
  for (nlohmann::json& one : value) DropNulls(one);
}

}  // namespace

Result<nlohmann::json> ParseJsonAnswer(const http::Response& answer) {
  if (answer.body.empty()) return nlohmann::json::object();
  auto parsed = nlohmann::json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) {
    return Fail(ErrorKind::kRetry, "the answer cannot be read: it is no JSON object");
  }
  DropNulls(parsed);
  return parsed;
}

Result<XmlAnswer> ParseXmlAnswer(const http::Response& answer) {
  auto document = std::make_shared<pugi::xml_document>();
  if (!answer.body.empty() && !document->load_buffer(answer.body.data(), answer.body.size())) {
    return Fail(ErrorKind::kRetry, "the answer cannot be read: it is no XML");
  }
  return document;
}

RequestParts BucketRequest(const BucketCall& call, const std::string& bucket, std::string body) {
  RequestParts parts;
  parts.method = call.method;
  parts.bucket = bucket;
  parts.subject = "bucket " + bucket;
  if (!call.subresource.empty()) parts.query.emplace_back(call.subresource, "");
  if (!body.empty()) {
    parts.headers.Add("Content-Type", body.front() == '{' ? "application/json" : "application/xml");
    // Several of these calls are refused without a checksum of the body.
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
    parts.headers.Add("x-amz-sdk-checksum-algorithm", "SHA256");
    parts.headers.Add("x-amz-checksum-sha256", Sha256Base64(body));
  }
  parts.body = std::move(body);
  return parts;
}

}  // namespace collector::aws
