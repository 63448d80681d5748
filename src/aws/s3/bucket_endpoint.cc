#include "aws/s3/bucket_endpoint.h"

#include <algorithm>
#include <utility>

#include "http/url.h"

namespace collector::aws::s3 {
namespace {

bool IsHostLabel(std::string_view bucket) {
  return bucket.size() >= 3 && bucket.size() <= 63 && bucket.front() != '-' &&
         bucket.back() != '-' && std::all_of(bucket.begin(), bucket.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

}  // namespace

Result<Endpoint> BucketEndpoint(Endpoint s3, std::string_view bucket) {
  if (bucket.empty()) return Fail(ErrorKind::kRejected, "the bucket has no name");
  if (s3.custom || !IsHostLabel(bucket)) {
    s3.url += "/" + http::PercentEncode(bucket);
    return s3;
  }
  const size_t host = s3.url.find("://") + 3;
  s3.url.insert(host, std::string(bucket) + ".");
  return s3;
}

}  // namespace collector::aws::s3
