// What sets up rules of EventBridge, on the default bus.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
#ifndef COLLECTOR_AWS_EVENTS_RULE_OPERATIONS_H_
#define COLLECTOR_AWS_EVENTS_RULE_OPERATIONS_H_

#include "aws/document_operations.h"

namespace collector::aws::events {

// Name, EventPattern (a text), State, Description, Tags -> RuleArn. Makes or replaces a rule; of
// one that is there the tags are not looked at.
inline constexpr OperationInfo kPutRule{&kEventBridge, "PutRule"};
using PutRule = JsonOperation<kPutRule>;

// Name -> the same, and Arn. ResourceNotFoundException.
inline constexpr OperationInfo kDescribeRule{&kEventBridge, "DescribeRule"};
using DescribeRule = JsonOperation<kDescribeRule>;

// Name. Refused while the rule has targets.
inline constexpr OperationInfo kDeleteRule{&kEventBridge, "DeleteRule"};
using DeleteRule = JsonOperation<kDeleteRule>;

// Rule -> Targets; at most five are allowed.
inline constexpr OperationInfo kListTargetsByRule{&kEventBridge, "ListTargetsByRule"};
using ListTargetsByRule = JsonOperation<kListTargetsByRule>;

// Rule, Targets -> FailedEntryCount, FailedEntries. Of one whose Id is there it is replaced.
inline constexpr OperationInfo kPutTargets{&kEventBridge, "PutTargets"};
using PutTargets = JsonOperation<kPutTargets>;

// Rule, Ids -> FailedEntryCount, FailedEntries.
inline constexpr OperationInfo kRemoveTargets{&kEventBridge, "RemoveTargets"};
using RemoveTargets = JsonOperation<kRemoveTargets>;

// ResourceARN -> Tags as Key and Value.
inline constexpr OperationInfo kListTagsForResource{&kEventBridge, "ListTagsForResource"};
using ListTagsForResource = JsonOperation<kListTagsForResource>;

// ResourceARN, Tags.
inline constexpr OperationInfo kTagResource{&kEventBridge, "TagResource"};
using TagResource = JsonOperation<kTagResource>;

// NamePrefix, NextToken -> Rules, NextToken.
inline constexpr OperationInfo kListRules{&kEventBridge, "ListRules"};
using ListRules = JsonOperation<kListRules>;

}  // namespace collector::aws::events

#endif  // COLLECTOR_AWS_EVENTS_RULE_OPERATIONS_H_
