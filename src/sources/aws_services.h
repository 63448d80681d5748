// The services of AWS that a configuration may name, one row each: what tells their service events,
// their audit events and their metrics from those of the others. A constant table; any thread.
#ifndef COLLECTOR_SOURCES_AWS_SERVICES_H_
#define COLLECTOR_SOURCES_AWS_SERVICES_H_

#include <span>
#include <string_view>

namespace collector {

struct AwsService {
  std::string_view name;   // in the configuration: "ec2"
  std::string_view title;  // "Amazon EC2"
  // `source` of its service events, as EventBridge's rules filter by it; empty: it sends none. An
  // event that repeats a call of CloudTrail has it too, but for the few services whose audit events
  // have another name: "aws.macie2", not "aws.macie".
  // https://docs.aws.amazon.com/eventbridge/latest/ref/events.html
  std::string_view event_source;
  // EventSource of its audit events, as LookupEvents filters by it; empty: it is not audited.
  // https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-aws-service-specific-topics.html
  std::string_view audit_source;
  // Namespaces of its metrics, a space between two; empty: it has none.
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html
  std::string_view metrics_namespaces;
};

// By name.
std::span<const AwsService> AwsServices();

// The row of that name; nullptr when there is none.
const AwsService* FindAwsService(std::string_view name);

}  // namespace collector

#endif  // COLLECTOR_SOURCES_AWS_SERVICES_H_
