#include "aws/sts/get_caller_identity.h"

#include <algorithm>

#include <pugixml.hpp>

namespace collector::aws::sts {

RequestParts GetCallerIdentity::ToRequest() const { return QueryRequest(kInfo, {}); }

Result<GetCallerIdentity::Response> GetCallerIdentity::Parse(const http::Response& answer) {
  pugi::xml_document document;
  if (!document.load_buffer(answer.body.data(), answer.body.size())) {
    return Fail(ErrorKind::kRetry, "the answer is not XML");
  }
  const auto result = document.child("GetCallerIdentityResponse").child("GetCallerIdentityResult");
  Response response{result.child_value("Account"), result.child_value("Arn")};
  const bool is_account =
      response.account.size() == 12 && std::all_of(response.account.begin(), response.account.end(),
                                                   [](char c) { return c >= '0' && c <= '9'; });
  if (!is_account) return Fail(ErrorKind::kRetry, "the answer names no account of 12 digits");
  return response;
}

}  // namespace collector::aws::sts
