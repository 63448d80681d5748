// The partitions of AWS: separate clouds with their own regions and domain names. Constant data.
#ifndef COLLECTOR_AWS_PARTITIONS_H_
#define COLLECTOR_AWS_PARTITIONS_H_

#include <span>
#include <string_view>

#include "aws/endpoints.h"

namespace collector::aws {

// IAM has one endpoint for a whole partition, whose name follows no rule.
struct GlobalEndpoint {
  std::string_view region;  // that its requests are signed for
  std::string_view host;
  std::string_view fips_host;
  std::string_view dualstack_host;
  std::string_view fips_dualstack_host;
};

struct Partition {
  std::string_view name;                      // "aws-cn", as in ARNs
  std::span<const std::string_view> starts;   // region names are <start>-<word>-<number>
  std::span<const std::string_view> regions;  // known today
  std::string_view dns_suffix;
  std::string_view dualstack_dns_suffix;
  GlobalEndpoint iam;
};

// The partition that the region's name fits; "aws" when it fits none.
const Partition& FindPartition(std::string_view region);

}  // namespace collector::aws

#endif  // COLLECTOR_AWS_PARTITIONS_H_
