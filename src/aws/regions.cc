#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "aws/partitions.h"

namespace collector::aws {
namespace {

// As in botocore's partitions.json; the first partition also takes what fits no other.
constexpr std::string_view kAws[] = {"us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"};
constexpr std::string_view kCn[] = {"cn"};
constexpr std::string_view kGov[] = {"us-gov"};
constexpr std::string_view kIso[] = {"us-iso"};
constexpr std::string_view kIsoB[] = {"us-isob"};
constexpr std::string_view kIsoE[] = {"eu-isoe"};
constexpr std::string_view kIsoF[] = {"us-isof"};
constexpr std::string_view kEusc[] = {"eusc-de"};

constexpr std::string_view kAwsRegions[] = {
    "af-south-1",     "ap-east-1",      "ap-east-2",      "ap-northeast-1", "ap-northeast-2",
    "ap-northeast-3", "ap-south-1",     "ap-south-2",     "ap-southeast-1", "ap-southeast-2",
    "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
    "ca-central-1",   "ca-west-1",      "eu-central-1",   "eu-central-2",   "eu-north-1",
    "eu-south-1",     "eu-south-2",     "eu-west-1",      "eu-west-2",      "eu-west-3",
    "il-central-1",   "me-central-1",   "me-south-1",     "me-west-1",      "mx-central-1",
    "sa-east-1",      "sa-west-1",      "us-east-1",      "us-east-2",      "us-west-1",
    "us-west-2"};
constexpr std::string_view kCnRegions[] = {"cn-north-1", "cn-northwest-1"};
constexpr std::string_view kGovRegions[] = {"us-gov-east-1", "us-gov-west-1"};
constexpr std::string_view kIsoRegions[] = {"us-iso-east-1", "us-iso-west-1"};
constexpr std::string_view kIsoBRegions[] = {"us-isob-east-1", "us-isob-west-1"};
constexpr std::string_view kIsoERegions[] = {"eu-isoe-west-1"};
constexpr std::string_view kIsoFRegions[] = {"us-isof-east-1", "us-isof-south-1"};
constexpr std::string_view kEuscRegions[] = {"eusc-de-east-1"};

constexpr Partition kPartitions[] = {
    {"aws",
     kAws,
     kAwsRegions,
     "amazonaws.com",
     "api.aws",
     {"us-east-1", "iam.amazonaws.com", "iam-fips.amazonaws.com", "iam.global.api.aws",
      "iam-fips.global.api.aws"}},
    {"aws-cn",
     kCn,
     kCnRegions,
     "amazonaws.com.cn",
     "api.amazonwebservices.com.cn",
     {"cn-north-1", "iam.cn-north-1.amazonaws.com.cn", "iam-fips.amazonaws.com.cn",
      "iam.global.api.amazonwebservices.com.cn", "iam-fips.api.amazonwebservices.com.cn"}},
    {"aws-us-gov",
     kGov,
     kGovRegions,
     "amazonaws.com",
     "api.aws",
     {"us-gov-west-1", "iam.us-gov.amazonaws.com", "iam.us-gov.amazonaws.com", "iam.us-gov.api.aws",
      "iam.us-gov.api.aws"}},
    {"aws-iso",
     kIso,
     kIsoRegions,
     "c2s.ic.gov",
     "api.aws.ic.gov",
     {"us-iso-east-1", "iam.us-iso-east-1.c2s.ic.gov", "iam-fips.us-iso-east-1.c2s.ic.gov",
      "iam.api.aws.ic.gov", "iam-fips.api.aws.ic.gov"}},
    {"aws-iso-b",
     kIsoB,
     kIsoBRegions,
     "sc2s.sgov.gov",
     "api.aws.scloud",
     {"us-isob-east-1", "iam.us-isob-east-1.sc2s.sgov.gov", "iam-fips.us-isob-east-1.sc2s.sgov.gov",
      "iam.api.aws.scloud", "iam-fips.api.aws.scloud"}},
    {"aws-iso-e",
     kIsoE,
     kIsoERegions,
     "cloud.adc-e.uk",
     "api.cloud-aws.adc-e.uk",
     {"eu-isoe-west-1", "iam.eu-isoe-west-1.cloud.adc-e.uk", "iam-fips.cloud.adc-e.uk",
      "iam.api.cloud-aws.adc-e.uk", "iam-fips.api.cloud-aws.adc-e.uk"}},
    {"aws-iso-f",
     kIsoF,
     kIsoFRegions,
     "csp.hci.ic.gov",
     "api.aws.hci.ic.gov",
     {"us-isof-south-1", "iam.us-isof-south-1.csp.hci.ic.gov", "iam-fips.csp.hci.ic.gov",
      "iam.api.aws.hci.ic.gov", "iam-fips.api.aws.hci.ic.gov"}},
    {"aws-eusc",
     kEusc,
     kEuscRegions,
     "amazonaws.eu",
     "api.amazonwebservices.eu",
     {"eusc-de-east-1", "iam.eusc-de-east-1.amazonaws.eu", "iam-fips.amazonaws.eu",
      "iam.global.api.amazonwebservices.eu", "iam-fips.api.amazonwebservices.eu"}},
};

bool IsWord(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool IsNumber(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The partition whose form, "<start>-<word>-<number>", the name has.
const Partition* FittingPartition(std::string_view name) {
  const size_t last = name.rfind('-');
  if (last == std::string_view::npos || last == 0 || !IsNumber(name.substr(last + 1))) {
    return nullptr;
  }
  const size_t middle = name.rfind('-', last - 1);
  if (middle == std::string_view::npos || !IsWord(name.substr(middle + 1, last - middle - 1))) {
    return nullptr;
  }
  const std::string_view start = name.substr(0, middle);
  for (const Partition& partition : kPartitions) {
    if (std::find(partition.starts.begin(), partition.starts.end(), start) !=
        partition.starts.end()) {
      return &partition;
    }
  }
  return nullptr;
}

// How many letters have to be added, left out, changed or swapped with their neighbour.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

const Partition& FindPartition(std::string_view region) {
  const Partition* fitting = FittingPartition(region);
  return fitting != nullptr ? *fitting : kPartitions[0];
}

std::string_view PartitionOf(std::string_view region) { return FindPartition(region).name; }

bool LooksLikeRegion(std::string_view name) { return FittingPartition(name) != nullptr; }

bool IsKnownRegion(std::string_view name) {
  const auto& regions = FindPartition(name).regions;
  return std::find(regions.begin(), regions.end(), name) != regions.end();
}

std::string_view NearestRegion(std::string_view name) {
  constexpr size_t kMaxNameBytes = 64;
  if (name.size() > kMaxNameBytes) return {};
  size_t least = 4;  // further away it is a guess, not a suggestion
  std::string_view nearest;
  for (const Partition& partition : kPartitions) {
    for (const std::string_view region : partition.regions) {
      const size_t distance = Distance(name, region);
      if (distance < least) {
        least = distance;
        nearest = region;
      }
    }
  }
  return nearest;
}

}  // namespace collector::aws
