// What sets up queues. The attributes are as in
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
#ifndef COLLECTOR_AWS_SQS_QUEUE_OPERATIONS_H_
#define COLLECTOR_AWS_SQS_QUEUE_OPERATIONS_H_

#include "aws/document_operations.h"

namespace collector::aws::sqs {

// QueueName, Attributes, tags -> QueueUrl. Of a queue that is there: its URL when the attributes
// are the same (the tags do not matter), else QueueNameExists. QueueDeletedRecently within 60 s
// after one of that name was deleted.
inline constexpr OperationInfo kCreateQueue{&kSqs, "CreateQueue"};
using CreateQueue = JsonOperation<kCreateQueue>;

// QueueUrl, AttributeNames -> Attributes, all of them strings.
inline constexpr OperationInfo kDescribeQueue{&kSqs, "GetQueueAttributes"};
using DescribeQueue = JsonOperation<kDescribeQueue>;

// QueueUrl, Attributes. Takes up to a minute to take effect everywhere.
inline constexpr OperationInfo kSetQueueAttributes{&kSqs, "SetQueueAttributes"};
using SetQueueAttributes = JsonOperation<kSetQueueAttributes>;

// QueueUrl -> Tags, which is missing where there are none.
inline constexpr OperationInfo kListQueueTags{&kSqs, "ListQueueTags"};
using ListQueueTags = JsonOperation<kListQueueTags>;

// QueueUrl, Tags.
inline constexpr OperationInfo kTagQueue{&kSqs, "TagQueue"};
using TagQueue = JsonOperation<kTagQueue>;

// QueueUrl.
inline constexpr OperationInfo kDeleteQueue{&kSqs, "DeleteQueue"};
using DeleteQueue = JsonOperation<kDeleteQueue>;

// QueueNamePrefix, MaxResults, NextToken -> QueueUrls, NextToken.
inline constexpr OperationInfo kListQueues{&kSqs, "ListQueues"};
using ListQueues = JsonOperation<kListQueues>;

}  // namespace collector::aws::sqs

#endif  // COLLECTOR_AWS_SQS_QUEUE_OPERATIONS_H_
