// Where a bucket of S3 is called. Pure; any thread.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
#ifndef COLLECTOR_AWS_S3_BUCKET_ENDPOINT_H_
#define COLLECTOR_AWS_S3_BUCKET_ENDPOINT_H_

#include <string_view>

#include "aws/endpoints.h"
#include "base/result.h"

namespace collector::aws::s3 {

// The bucket's endpoint, given that of S3 in its region. On AWS it is a host of its own,
// "https://logs.s3.eu-west-1.amazonaws.com", as long as its name is one host label: AWS's
// certificates cover no more, so a name with dots goes into the path, and so does any name at an
// endpoint of the user's own. The rules are botocore's (endpoint-rule-set-1 of s3, with regional
// endpoints everywhere). kRejected: no bucket is named.
Result<Endpoint> BucketEndpoint(Endpoint s3, std::string_view bucket);

}  // namespace collector::aws::s3

#endif  // COLLECTOR_AWS_S3_BUCKET_ENDPOINT_H_
