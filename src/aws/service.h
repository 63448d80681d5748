// The AWS services that the collector calls: one row each. Constant data.
#ifndef COLLECTOR_AWS_SERVICE_H_
#define COLLECTOR_AWS_SERVICE_H_

#include <string_view>

namespace collector::aws {

// The wire protocols of https://smithy.io/2.0/aws/protocols/index.html that these services speak.
enum class Protocol { kJson10, kJson11, kQuery, kEc2Query, kRestXml };

struct Service {
  std::string_view name;      // its signing name and its prefix in IAM actions: "events"
  std::string_view host;      // the first part of its host name: "events"
  std::string_view variable;  // ends AWS_ENDPOINT_URL_<variable>: "EVENTBRIDGE"
  std::string_view section;   // its name inside a [services x] section: "eventbridge"
  Protocol protocol;
  std::string_view target = {};       // JSON protocols: X-Amz-Target is "<target>.<operation>"
  std::string_view api_version = {};  // query protocols
  bool was_query = false;             // JSON protocols: botocore's awsQueryCompatible
};

// Names and versions as in botocore's service models (metadata of service-2.json); the variables as
// in https://docs.aws.amazon.com/sdkref/latest/guide/ss-endpoints-table.html
inline constexpr Service kCloudFront{"cloudfront", "cloudfront", "CLOUDFRONT", "cloudfront",
                                     Protocol::kRestXml};
inline constexpr Service kCloudTrail{
    "cloudtrail", "cloudtrail",      "CLOUDTRAIL",
    "cloudtrail", Protocol::kJson11, "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"};
inline constexpr Service kCloudWatch{"monitoring",
                                     "monitoring",
                                     "CLOUDWATCH",
                                     "cloudwatch",
                                     Protocol::kJson10,
                                     "GraniteServiceVersion20100801",
                                     {},
                                     true};
inline constexpr Service kCloudWatchLogs{
    "logs", "logs", "CLOUDWATCH_LOGS", "cloudwatch_logs", Protocol::kJson11, "Logs_20140328"};
inline constexpr Service kDynamoDb{"dynamodb", "dynamodb",        "DYNAMODB",
                                   "dynamodb", Protocol::kJson10, "DynamoDB_20120810"};
inline constexpr Service kEc2{"ec2", "ec2", "EC2", "ec2", Protocol::kEc2Query, {}, "2016-11-15"};
inline constexpr Service kEventBridge{"events",      "events",          "EVENTBRIDGE",
                                      "eventbridge", Protocol::kJson11, "AWSEvents"};
inline constexpr Service kIam{"iam", "iam", "IAM", "iam", Protocol::kQuery, {}, "2010-05-08"};
inline constexpr Service kKms{"kms", "kms", "KMS", "kms", Protocol::kJson11, "TrentService"};
inline constexpr Service kS3{"s3", "s3", "S3", "s3", Protocol::kRestXml};
inline constexpr Service kSqs{"sqs", "sqs", "SQS", "sqs", Protocol::kJson10, "AmazonSQS", {}, true};
inline constexpr Service kSts{"sts", "sts", "STS", "sts", Protocol::kQuery, {}, "2011-06-15"};

inline constexpr const Service* kServices[] = {
    &kCloudFront, &kCloudTrail, &kCloudWatch,  &kCloudWatchLogs,
    &kDynamoDb,   &kEc2,        &kEventBridge, &kIam,
    &kKms,        &kS3,         &kSqs,         &kSts};

}  // namespace collector::aws

#endif  // COLLECTOR_AWS_SERVICE_H_
