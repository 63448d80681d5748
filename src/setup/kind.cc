#include "setup/kind.h"

#include <algorithm>
#include <cstdlib>

namespace collector::setup {
namespace {

struct KindRow {
  std::string_view type;
  const Kind& (*kind)();
};

constexpr KindRow kKinds[] = {
    {kQueue, &QueueKind},
    {kRule, &RuleKind},
    {kBucket, &BucketKind},
    {kBucketPolicy, &BucketPolicyKind},
    {kNotification, &NotificationKind},
    {kFlowLog, &FlowLogKind},
    {kDeliverySource, &DeliverySourceKind},
    {kDeliveryDestination, &DeliveryDestinationKind},
    {kDelivery, &DeliveryKind},
};

}  // namespace

std::span<const std::string_view> KindsInOrder() {
  static const auto kTypes = [] {
    std::vector<std::string_view> all;
    for (const KindRow& row : kKinds) all.push_back(row.type);
    return all;
  }();
  return kTypes;
}

const Kind& KindOf(std::string_view type) {
  for (const KindRow& row : kKinds) {
    if (row.type == type) return row.kind();
  }
  std::abort();  // a type of our own without a row
}

bool HasOurMarks(const Json& tags, const Resource& resource) {
  const auto own = resource.properties.find("Tags");
  if (!tags.is_object() || own == resource.properties.end()) return false;
  constexpr std::string_view kMarks[] = {kUsedByTag, kSetupTag};
  return std::all_of(std::begin(kMarks), std::end(kMarks), [&](std::string_view mark) {
    const auto found = tags.find(mark);
    const auto wanted = own->find(mark);
    return found != tags.end() && wanted != own->end() && *found == *wanted;
  });
}

bool IsMissing(const Error& error) {
  constexpr std::string_view kCodes[] = {"NoSuchBucket",
                                         "NoSuchBucketPolicy",
                                         "NoSuchPublicAccessBlockConfiguration",
                                         "NoSuchTagSet",
                                         "NoSuchTagSetError",
                                         "ResourceNotFoundException",
                                         "ServerSideEncryptionConfigurationNotFoundError"};
  return error.kind == ErrorKind::kNotFound ||
         std::find(std::begin(kCodes), std::end(kCodes), error.code) != std::end(kCodes);
}

}  // namespace collector::setup
