#include "setup/logical_name.h"

#include <cctype>
#include <cstdint>
#include <set>

#include <fmt/format.h>

namespace collector::setup {
namespace {

// FNV-1a: a stack lives longer than any library's own hash stays the same.
uint32_t NumberOf(const std::string& text) {
  constexpr uint32_t kBasis = 2166136261;
  constexpr uint32_t kPrime = 16777619;
  uint32_t number = kBasis;
  for (const char c : text) number = (number ^ static_cast<unsigned char>(c)) * kPrime;
  return number;
}

}  // namespace

std::string LogicalName(const Resource& resource, bool snake_case) {
  std::string text = resource.type.substr(resource.type.rfind(':') + 1) + "-" + resource.name;
  if (snake_case) text = resource.region + "-" + resource.name;
  if (const size_t at = text.find(kAccount); at != std::string::npos) {
    text.erase(at, kAccount.size());
  }
  std::string name;
  bool begins = true;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) == 0) {
      begins = true;
      continue;
    }
    if (snake_case) {
      if (begins && !name.empty()) name += '_';
      name += static_cast<char>(std::tolower(byte));
    } else {
      name += static_cast<char>(begins ? std::toupper(byte) : byte);
    }
    begins = false;
  }
  return name;
}

LogicalNames::LogicalNames(const std::vector<Resource>& resources, bool snake_case) {
  std::set<std::string> taken;
  // CloudFormation's are one space a stack, which is a region, and every queue may have a policy
  // beside it; Terraform's are one a type, and hold the region.
  const auto take = [&](const Resource& resource, const std::string& name) {
    const std::string space = snake_case ? resource.type : resource.region;
    const bool has_policy = !snake_case && resource.type == kQueue;
    const std::string own = space + " " + name;
    if (taken.contains(own) || (has_policy && taken.contains(own + "Policy"))) return false;
    taken.insert(own);
    if (has_policy) taken.insert(own + "Policy");
    return true;
  };
  for (const Resource& resource : resources) {
    const std::string plain = LogicalName(resource, snake_case);
    std::string name = plain;
    std::string from = resource.Id();
    while (!take(resource, name)) {
      name = fmt::format("{}{}{:08x}", plain, snake_case ? "_" : "", NumberOf(from));
      from += ' ';
    }
    names_.emplace(resource.Id(), name);
  }
}

}  // namespace collector::setup
