// The log groups of an account in a region, and a group's streams. Both answer 50 a page at most.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html
#ifndef COLLECTOR_AWS_LOGS_GROUP_OPERATIONS_H_
#define COLLECTOR_AWS_LOGS_GROUP_OPERATIONS_H_

#include "aws/document_operations.h"

namespace collector::aws::logs {

// logGroupNamePrefix, nextToken -> logGroups (logGroupName, logGroupClass), nextToken.
inline constexpr OperationInfo kDescribeLogGroups{&kCloudWatchLogs, "DescribeLogGroups", 5.0};
using DescribeLogGroups = JsonOperation<kDescribeLogGroups>;

// logGroupName or logGroupIdentifier, logStreamNamePrefix, nextToken -> logStreams (logStreamName,
// lastIngestionTime, creationTime), nextToken.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html
inline constexpr OperationInfo kDescribeLogStreams{&kCloudWatchLogs, "DescribeLogStreams", 5.0};
using DescribeLogStreams = JsonOperation<kDescribeLogStreams>;

}  // namespace collector::aws::logs

#endif  // COLLECTOR_AWS_LOGS_GROUP_OPERATIONS_H_
