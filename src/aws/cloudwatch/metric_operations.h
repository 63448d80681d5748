// Metrics of CloudWatch.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
#ifndef COLLECTOR_AWS_CLOUDWATCH_METRIC_OPERATIONS_H_
#define COLLECTOR_AWS_CLOUDWATCH_METRIC_OPERATIONS_H_

#include "aws/document_operations.h"

namespace collector::aws::cloudwatch {

// MetricDataQueries (at most 500), StartTime and EndTime (seconds), NextToken -> MetricDataResults
// (Id, Timestamps, Values), NextToken. 50 calls a second; $0.01 for 1,000 metrics asked for.
// https://aws.amazon.com/cloudwatch/pricing/
inline constexpr OperationInfo kGetMetricData{&kCloudWatch, "GetMetricData", 50.0,
                                              "cloudwatch:GetMetricData"};
using GetMetricData = JsonOperation<kGetMetricData>;
inline constexpr size_t kMostMetricQueries = 500;

}  // namespace collector::aws::cloudwatch

#endif  // COLLECTOR_AWS_CLOUDWATCH_METRIC_OPERATIONS_H_
