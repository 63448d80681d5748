// What sets up VPC flow logs.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html
#ifndef COLLECTOR_AWS_EC2_FLOW_LOG_OPERATIONS_H_
#define COLLECTOR_AWS_EC2_FLOW_LOG_OPERATIONS_H_

#include "aws/document_operations.h"

namespace collector::aws::ec2 {

// MaxResults, NextToken -> vpcSet, nextToken.
inline constexpr OperationInfo kDescribeVpcs{&kEc2, "DescribeVpcs"};
using DescribeVpcs = QueryOperation<kDescribeVpcs>;

// Filter.N, MaxResults, NextToken -> flowLogSet, nextToken.
inline constexpr OperationInfo kDescribeFlowLogs{&kEc2, "DescribeFlowLogs"};
using DescribeFlowLogs = QueryOperation<kDescribeFlowLogs>;

// ResourceType, ResourceId.N, TrafficType, LogDestinationType, LogDestination, ... -> flowLogIdSet,
// and what could not be made in `unsuccessful`. Flow logs cannot be changed, only replaced.
inline constexpr OperationInfo kCreateFlowLogs{&kEc2, "CreateFlowLogs"};
using CreateFlowLogs = QueryOperation<kCreateFlowLogs>;

// FlowLogId.N -> `unsuccessful`.
inline constexpr OperationInfo kDeleteFlowLogs{&kEc2, "DeleteFlowLogs"};
using DeleteFlowLogs = QueryOperation<kDeleteFlowLogs>;

// ResourceId.N, Tag.N.Key, Tag.N.Value.
inline constexpr OperationInfo kCreateTags{&kEc2, "CreateTags"};
using CreateTags = QueryOperation<kCreateTags>;

}  // namespace collector::aws::ec2

#endif  // COLLECTOR_AWS_EC2_FLOW_LOG_OPERATIONS_H_
