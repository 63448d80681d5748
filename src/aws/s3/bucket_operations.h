// What sets up buckets. The permissions are as in
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
#ifndef COLLECTOR_AWS_S3_BUCKET_OPERATIONS_H_
#define COLLECTOR_AWS_S3_BUCKET_OPERATIONS_H_

#include "aws/document_operations.h"

namespace collector::aws::s3 {

inline constexpr BucketCall kCreateBucket{{&kS3, "CreateBucket"}, "PUT", ""};
using CreateBucket = BucketOperation<kCreateBucket>;

// BucketNotEmpty while an object is in it.
inline constexpr BucketCall kDeleteBucket{{&kS3, "DeleteBucket"}, "DELETE", ""};
using DeleteBucket = BucketOperation<kDeleteBucket>;

// LocationConstraint, empty for us-east-1. NoSuchBucket; AccessDenied of another account's.
inline constexpr BucketCall kGetBucketLocation{{&kS3, "GetBucketLocation"}, "GET", "location"};
using GetBucketLocation = BucketOperation<kGetBucketLocation>;

// NoSuchTagSet. PutBucketTagging replaces all tags.
inline constexpr BucketCall kGetBucketTagging{{&kS3, "GetBucketTagging"}, "GET", "tagging"};
using GetBucketTagging = BucketOperation<kGetBucketTagging>;
inline constexpr BucketCall kPutBucketTagging{{&kS3, "PutBucketTagging"}, "PUT", "tagging"};
using PutBucketTagging = BucketOperation<kPutBucketTagging>;

// ServerSideEncryptionConfigurationNotFoundError.
inline constexpr BucketCall kGetBucketEncryption{
    {&kS3, "GetBucketEncryption", 0, "s3:GetEncryptionConfiguration"}, "GET", "encryption"};
using GetBucketEncryption = BucketOperation<kGetBucketEncryption>;
inline constexpr BucketCall kPutBucketEncryption{
    {&kS3, "PutBucketEncryption", 0, "s3:PutEncryptionConfiguration"}, "PUT", "encryption"};
using PutBucketEncryption = BucketOperation<kPutBucketEncryption>;

// NoSuchPublicAccessBlockConfiguration.
inline constexpr BucketCall kGetPublicAccessBlock{
    {&kS3, "GetPublicAccessBlock", 0, "s3:GetBucketPublicAccessBlock"}, "GET", "publicAccessBlock"};
using GetPublicAccessBlock = BucketOperation<kGetPublicAccessBlock>;
inline constexpr BucketCall kPutPublicAccessBlock{
    {&kS3, "PutPublicAccessBlock", 0, "s3:PutBucketPublicAccessBlock"}, "PUT", "publicAccessBlock"};
using PutPublicAccessBlock = BucketOperation<kPutPublicAccessBlock>;

// NoSuchBucketPolicy. JSON.
inline constexpr BucketCall kGetBucketPolicy{{&kS3, "GetBucketPolicy"}, "GET", "policy"};
using GetBucketPolicy = BucketOperation<kGetBucketPolicy>;
inline constexpr BucketCall kPutBucketPolicy{{&kS3, "PutBucketPolicy"}, "PUT", "policy"};
using PutBucketPolicy = BucketOperation<kPutBucketPolicy>;
inline constexpr BucketCall kDeleteBucketPolicy{{&kS3, "DeleteBucketPolicy"}, "DELETE", "policy"};
using DeleteBucketPolicy = BucketOperation<kDeleteBucketPolicy>;

// Putting replaces all of it (S-22), and is refused when a destination cannot be sent to.
inline constexpr BucketCall kGetBucketNotification{
    {&kS3, "GetBucketNotificationConfiguration", 0, "s3:GetBucketNotification"},
    "GET",
    "notification"};
using GetBucketNotification = BucketOperation<kGetBucketNotification>;
inline constexpr BucketCall kPutBucketNotification{
    {&kS3, "PutBucketNotificationConfiguration", 0, "s3:PutBucketNotification"},
    "PUT",
    "notification"};
using PutBucketNotification = BucketOperation<kPutBucketNotification>;

}  // namespace collector::aws::s3

#endif  // COLLECTOR_AWS_S3_BUCKET_OPERATIONS_H_
