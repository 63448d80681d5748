#include "aws/endpoints.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "aws/partitions.h"
#include "aws/shared_files.h"
#include "http/url.h"

namespace collector::aws {
namespace {

// GovCloud's plain endpoints are FIPS endpoints already: of these services all over it, of the next
// in its regions of today, and two have dual-stack ones that are. As botocore's endpoint rules say.
constexpr const Service* kGovPlainIsFips[] = {&kCloudWatch, &kDynamoDb, &kEc2, &kSqs, &kSts};
constexpr const Service* kGovKnownRegionIsFips[] = {&kCloudTrail, &kCloudWatchLogs, &kEventBridge};
constexpr const Service* kGovDualstackIsFips[] = {&kCloudWatch, &kEventBridge};

template <size_t N>
bool IsAmong(const Service& service, const Service* const (&services)[N]) {
  return std::find(std::begin(services), std::end(services), &service) != std::end(services);
}

bool IsHostLabel(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-';
         });
}

std::string IamHost(const GlobalEndpoint& iam, bool fips, bool dualstack) {
  if (fips) return std::string(dualstack ? iam.fips_dualstack_host : iam.fips_host);
  return std::string(dualstack ? iam.dualstack_host : iam.host);
}

bool GovPlainIsFips(const Service& service, std::string_view region, bool dualstack) {
  if (dualstack) return IsAmong(service, kGovDualstackIsFips);
  return IsAmong(service, kGovPlainIsFips) ||
         (IsAmong(service, kGovKnownRegionIsFips) && IsKnownRegion(region));
}

Result<std::string> HostOf(const Service& service, std::string_view region,
                           const Partition& partition, bool fips, bool dualstack) {
  if (&service == &kCloudFront) {  // one for all regions
    if (partition.name != "aws") {
      return Fail(ErrorKind::kRejected,
                  fmt::format("CloudFront is not called in {} by this version", partition.name));
    }
    return fmt::format("cloudfront{}.{}", fips ? "-fips" : "",
                       dualstack ? "global.api.aws" : "amazonaws.com");
  }
  if (&service == &kS3) {
    if (fips && partition.name == "aws-cn") {
      return Fail(ErrorKind::kRejected,
                  fmt::format("S3 has no FIPS endpoints in {}; set use_fips_endpoint: false",
                              partition.name));
    }
    return fmt::format("s3{}{}.{}.{}", fips ? "-fips" : "", dualstack ? ".dualstack" : "", region,
                       partition.dns_suffix);
  }
  if (partition.name == "aws-us-gov" && GovPlainIsFips(service, region, dualstack)) fips = false;
  return fmt::format("{}{}.{}.{}", service.host, fips ? "-fips" : "", region,
                     dualstack ? partition.dualstack_dns_suffix : partition.dns_suffix);
}

// The URL that the shared config file gives for the service; empty when it gives none.
Result<std::string> UrlOfConfigFile(const Service& service, const EndpointOptions& options) {
  const auto path = FindSharedFiles(options.environment).config;
  const auto config = LoadIni(path);
  if (!config) return Propagate(config);
  const std::string name = ProfileName(options.profile, options.environment);
  const IniSection* profile = FindSection(*config, "profile", name);
  if (profile == nullptr) return std::string();
  const std::string services_name = TextOf(*profile, "services");
  if (!services_name.empty()) {
    const IniSection* services = FindSection(*config, "services", services_name);
    if (services == nullptr) {
      return Fail(ErrorKind::kRejected,
                  fmt::format("{}: profile {} names the section [services {}], which is not there",
                              path.string(), name, services_name));
    }
    const auto block = services->find(std::string(service.section));
    if (block != services->end()) {
      const auto url = block->second.block.find("endpoint_url");
      if (url != block->second.block.end()) return url->second;
    }
  }
  return TextOf(*profile, "endpoint_url");
}

// Precedence: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
Result<std::string> ConfiguredUrl(const Service& service, const EndpointOptions& options) {
  if (!options.endpoint_url.empty()) return options.endpoint_url;
  const Environment& environment = options.environment;
  if (environment.IsTrue("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) return std::string();
  if (auto url = environment.Get(fmt::format("AWS_ENDPOINT_URL_{}", service.variable))) return *url;
  if (auto url = environment.Get("AWS_ENDPOINT_URL")) return *url;
  return UrlOfConfigFile(service, options);
}

}  // namespace

Result<Endpoint> ResolveEndpoint(const Service& service, std::string_view region,
                                 const EndpointOptions& options) {
  if (!IsHostLabel(region)) {
    return Fail(ErrorKind::kRejected,
                fmt::format("\"{}\" cannot be a region of AWS; one looks like us-east-1", region));
  }
  const Partition& partition = FindPartition(region);
  Endpoint endpoint;
  endpoint.signing_region = &service == &kIam          ? partition.iam.region
                            : &service == &kCloudFront ? "us-east-1"
                                                       : region;
  auto configured = ConfiguredUrl(service, options);
  if (!configured) return Propagate(configured);
  if (!configured->empty()) {
    const auto url = http::ParseUrl(*configured);
    if (!url) return Propagate(url);
    if (!url->query.empty()) {
      return Fail(ErrorKind::kRejected,
                  fmt::format("the endpoint URL for {} has a query (?...)", service.name));
    }
    endpoint.url = url->scheme + "://" + url->authority + url->path;
    while (endpoint.url.back() == '/') endpoint.url.pop_back();
    endpoint.custom = true;
    return endpoint;
  }
  const bool fips = options.fips || options.environment.IsTrue("AWS_USE_FIPS_ENDPOINT");
  const bool dualstack =
      options.dualstack || options.environment.IsTrue("AWS_USE_DUALSTACK_ENDPOINT");
  if (&service == &kIam) {
    endpoint.url = "https://" + IamHost(partition.iam, fips, dualstack);
    return endpoint;
  }
  auto host = HostOf(service, region, partition, fips, dualstack);
  if (!host) return Propagate(host);
  endpoint.url = "https://" + *host;
  return endpoint;
}

}  // namespace collector::aws
