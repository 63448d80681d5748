// Endpoints: which host answers for a service in a region, in every partition of AWS, with FIPS and
// dual-stack variants and the user's own URLs. Pure functions over constant tables; any thread.
#ifndef COLLECTOR_AWS_ENDPOINTS_H_
#define COLLECTOR_AWS_ENDPOINTS_H_

#include <string>
#include <string_view>

#include "aws/service.h"
#include "base/environment.h"
#include "base/result.h"

namespace collector::aws {

struct EndpointOptions {
  bool fips = false;
  bool dualstack = false;
  std::string endpoint_url = {};  // from the configuration: for all services, before anything else
  Environment environment = {};   // AWS_ENDPOINT_URL and its relatives, AWS_CONFIG_FILE
  std::string profile = {};       // whose endpoint_url counts; empty: AWS_PROFILE, then "default"
};

struct Endpoint {
  std::string url;             // "https://cloudtrail.us-east-1.amazonaws.com", no final slash
  std::string signing_region;  // "us-east-1"; not always the region asked for (IAM)
  bool custom = false;         // the user's own URL, not one of AWS's
};

// kRejected: the region cannot be one (it would not be a host name), or the partition lacks the
// FIPS or dual-stack variant that was asked for. A region unknown to this program is taken as one
// of the partition that its name fits: AWS adds regions more often than programs are updated.
Result<Endpoint> ResolveEndpoint(const Service& service, std::string_view region,
                                 const EndpointOptions& options);

// "aws", "aws-cn", "aws-us-gov" ...: as the second part of the region's ARNs.
std::string_view PartitionOf(std::string_view region);

// Whether the name has the form of a region of some partition: "us-esat-1" has, "useast1" has not.
bool LooksLikeRegion(std::string_view name);

// Whether this program knows the region.
bool IsKnownRegion(std::string_view name);

// The known region whose name is nearest ("us-esat-1" -> "us-east-1"); empty when none is near.
std::string_view NearestRegion(std::string_view name);

}  // namespace collector::aws

#endif  // COLLECTOR_AWS_ENDPOINTS_H_
