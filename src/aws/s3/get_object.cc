#include "aws/s3/get_object.h"

#include <fmt/format.h>

namespace collector::aws::s3 {

RequestParts GetObject::ToRequest() const {
  RequestParts parts;
  parts.method = "GET";
  parts.path = "/" + key;
  parts.bucket = bucket;
  parts.subject = fmt::format("s3://{}/{}", bucket, key);
  if (!version_id.empty()) parts.query.emplace_back("versionId", version_id);
  if (range_start > 0) parts.headers.Add("Range", fmt::format("bytes={}-", range_start));
  if (!if_match.empty()) parts.headers.Add("If-Match", if_match);
  if (requester_pays) parts.headers.Add("x-amz-request-payer", "requester");
  return parts;
}

}  // namespace collector::aws::s3
