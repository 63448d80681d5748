// What sets up the delivery of a service's logs to S3 ("vended logs"): a source, a destination and
// the delivery between them. Those of CloudFront are called in us-east-1 only.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
#ifndef COLLECTOR_AWS_LOGS_DELIVERY_OPERATIONS_H_
#define COLLECTOR_AWS_LOGS_DELIVERY_OPERATIONS_H_

#include "aws/document_operations.h"

namespace collector::aws::logs {

// name, resourceArn, logType, tags -> deliverySource. ResourceNotFoundException of Get. Tags are
// taken for a new one only (ConflictException), here and of destinations.
inline constexpr OperationInfo kPutDeliverySource{&kCloudWatchLogs, "PutDeliverySource"};
using PutDeliverySource = JsonOperation<kPutDeliverySource>;
inline constexpr OperationInfo kGetDeliverySource{&kCloudWatchLogs, "GetDeliverySource"};
using GetDeliverySource = JsonOperation<kGetDeliverySource>;
inline constexpr OperationInfo kDeleteDeliverySource{&kCloudWatchLogs, "DeleteDeliverySource"};
using DeleteDeliverySource = JsonOperation<kDeleteDeliverySource>;

// name, outputFormat, deliveryDestinationConfiguration.destinationResourceArn, tags
// -> deliveryDestination.
inline constexpr OperationInfo kPutDeliveryDestination{&kCloudWatchLogs, "PutDeliveryDestination"};
using PutDeliveryDestination = JsonOperation<kPutDeliveryDestination>;
inline constexpr OperationInfo kGetDeliveryDestination{&kCloudWatchLogs, "GetDeliveryDestination"};
using GetDeliveryDestination = JsonOperation<kGetDeliveryDestination>;
inline constexpr OperationInfo kDeleteDeliveryDestination{&kCloudWatchLogs,
                                                          "DeleteDeliveryDestination"};
using DeleteDeliveryDestination = JsonOperation<kDeleteDeliveryDestination>;

// deliverySourceName, deliveryDestinationArn, s3DeliveryConfiguration, tags -> delivery, with an
// id.
inline constexpr OperationInfo kCreateDelivery{&kCloudWatchLogs, "CreateDelivery"};
using CreateDelivery = JsonOperation<kCreateDelivery>;
// nextToken -> deliveries, nextToken.
inline constexpr OperationInfo kDescribeDeliveries{&kCloudWatchLogs, "DescribeDeliveries"};
using DescribeDeliveries = JsonOperation<kDescribeDeliveries>;
inline constexpr OperationInfo kDeleteDelivery{&kCloudWatchLogs, "DeleteDelivery"};
using DeleteDelivery = JsonOperation<kDeleteDelivery>;

// nextToken -> deliverySources or deliveryDestinations, nextToken.
inline constexpr OperationInfo kDescribeDeliverySources{&kCloudWatchLogs,
                                                        "DescribeDeliverySources"};
using DescribeDeliverySources = JsonOperation<kDescribeDeliverySources>;
inline constexpr OperationInfo kDescribeDeliveryDestinations{&kCloudWatchLogs,
                                                             "DescribeDeliveryDestinations"};
using DescribeDeliveryDestinations = JsonOperation<kDescribeDeliveryDestinations>;

// resourceArn -> tags; resourceArn, tags.
inline constexpr OperationInfo kListTagsForResource{&kCloudWatchLogs, "ListTagsForResource"};
using ListTagsForResource = JsonOperation<kListTagsForResource>;
inline constexpr OperationInfo kTagResource{&kCloudWatchLogs, "TagResource"};
using TagResource = JsonOperation<kTagResource>;

}  // namespace collector::aws::logs

#endif  // COLLECTOR_AWS_LOGS_DELIVERY_OPERATIONS_H_
