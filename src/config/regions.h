// Names of AWS regions, as far as they can be told without a list of them. Pure; any thread.
#ifndef COLLECTOR_CONFIG_REGIONS_H_
#define COLLECTOR_CONFIG_REGIONS_H_

#include <string>
#include <string_view>

namespace collector {

// What is wrong with `region` as a region's name, completing "REGION ..."; empty when it has the
// form of one in any partition (the regular expressions of botocore's partitions.json). A new
// region of AWS passes.
std::string RegionFault(std::string_view region);

// Where `region`'s partition writes the audit events of IAM, STS (global endpoint) and CloudFront.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html
// ("Global service events"); empty where a partition has no such region.
std::string_view GlobalEventsRegion(std::string_view region);

}  // namespace collector

#endif  // COLLECTOR_CONFIG_REGIONS_H_
