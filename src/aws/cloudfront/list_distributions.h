// What tells of the distributions of CloudFront.
#ifndef COLLECTOR_AWS_CLOUDFRONT_LIST_DISTRIBUTIONS_H_
#define COLLECTOR_AWS_CLOUDFRONT_LIST_DISTRIBUTIONS_H_

#include <string>
#include <vector>

#include "aws/operation.h"
#include "base/result.h"
#include "http/transport.h"

namespace collector::aws::cloudfront {

// cloudfront:ListDistributions: up to 100 a page.
// https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListDistributions.html
struct ListDistributions {
  static constexpr OperationInfo kInfo{&kCloudFront, "ListDistributions"};

  struct Response {
    std::vector<std::string> ids;  // "E1ABCDEF234567"
    std::string next_marker;       // empty: that was the last page
  };

  std::string marker = {};

  RequestParts ToRequest() const;
  static Result<Response> Parse(const http::Response& answer);
};

}  // namespace collector::aws::cloudfront

#endif  // COLLECTOR_AWS_CLOUDFRONT_LIST_DISTRIBUTIONS_H_
