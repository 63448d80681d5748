// sts:GetCallerIdentity: whose credentials these are. Needs no permission.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
#ifndef COLLECTOR_AWS_STS_GET_CALLER_IDENTITY_H_
#define COLLECTOR_AWS_STS_GET_CALLER_IDENTITY_H_

#include <string>

#include "aws/operation.h"
#include "base/result.h"

namespace collector::aws::sts {

struct GetCallerIdentity {
  static constexpr OperationInfo kInfo{&kSts, "GetCallerIdentity"};

  struct Response {
    std::string account;  // "123456789012"
    std::string arn;      // "arn:aws:iam::123456789012:user/collector"
  };

  RequestParts ToRequest() const;
  static Result<Response> Parse(const http::Response& answer);
};

}  // namespace collector::aws::sts

#endif  // COLLECTOR_AWS_STS_GET_CALLER_IDENTITY_H_
