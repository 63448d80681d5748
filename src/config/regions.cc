#include "config/regions.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/ascii.h"

namespace collector {
namespace {

struct Family {
  std::string_view prefix;         // of the names of its regions
  std::string_view global_region;  // of its partition
};

// Longest first where one begins with another.
constexpr Family kFamilies[] = {
    {"us-gov-", "us-gov-west-1"},
    {"us-isob-", ""},
    {"us-isof-", ""},
    {"us-iso-", ""},
    {"eu-isoe-", ""},
    {"eusc-de-", ""},
    {"cn-", "cn-north-1"},
    {"us-", "us-east-1"},
    {"eu-", "us-east-1"},
    {"ap-", "us-east-1"},
    {"sa-", "us-east-1"},
    {"ca-", "us-east-1"},
    {"me-", "us-east-1"},
    {"af-", "us-east-1"},
    {"il-", "us-east-1"},
    {"mx-", "us-east-1"},
};

const Family* FamilyOf(std::string_view region) {
  const auto it = std::find_if(std::begin(kFamilies), std::end(kFamilies),
                               [&](const Family& f) { return region.starts_with(f.prefix); });
  return it == std::end(kFamilies) ? nullptr : it;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }

bool HasForm(std::string_view region) {
  const Family* const family = FamilyOf(region);
  if (family == nullptr) return false;
  region.remove_prefix(family->prefix.size());
  const size_t dash = region.find('-');
  if (dash == std::string_view::npos || dash == 0) return false;
  const std::string_view number = region.substr(dash + 1);
  return std::all_of(region.begin(), region.begin() + static_cast<std::ptrdiff_t>(dash),
                     [](char c) { return IsLower(c) || IsDigit(c) || c == '_'; }) &&
         !number.empty() && std::all_of(number.begin(), number.end(), IsDigit);
}

}  // namespace

std::string RegionFault(std::string_view region) {
  if (HasForm(region)) return "";
  const std::string lower = LowerAscii(region);
  if (HasForm(lower)) {
    return fmt::format("is not an AWS region: names are in small letters; did you mean \"{}\"?",
                       lower);
  }
  if (!lower.empty() && IsLower(lower.back()) && HasForm(lower.substr(0, lower.size() - 1))) {
    return fmt::format("is an availability zone, not a region; did you mean \"{}\"?",
                       lower.substr(0, lower.size() - 1));
  }
  return "is not an AWS region; expected a name such as us-east-1";
}

std::string_view GlobalEventsRegion(std::string_view region) {
  const Family* const family = FamilyOf(region);
  return family == nullptr ? std::string_view() : family->global_region;
}

}  // namespace collector
