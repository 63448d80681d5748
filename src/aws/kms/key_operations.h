// What tells of a KMS key.
// https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html
#ifndef COLLECTOR_AWS_KMS_KEY_OPERATIONS_H_
#define COLLECTOR_AWS_KMS_KEY_OPERATIONS_H_

#include "aws/document_operations.h"

namespace collector::aws::kms {

// KeyId (an id, an ARN or an alias) -> KeyMetadata with KeyId, KeyManager ("AWS" or "CUSTOMER").
inline constexpr OperationInfo kDescribeKey{&kKms, "DescribeKey"};
using DescribeKey = JsonOperation<kDescribeKey>;

// KeyId, PolicyName ("default", the only one) -> Policy, a text.
inline constexpr OperationInfo kGetKeyPolicy{&kKms, "GetKeyPolicy"};
using GetKeyPolicy = JsonOperation<kGetKeyPolicy>;

}  // namespace collector::aws::kms

#endif  // COLLECTOR_AWS_KMS_KEY_OPERATIONS_H_
