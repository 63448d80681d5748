// Resource: one thing that AWS must hold for a configuration, as data. Plain values; any thread.
//
// The properties are those of CloudFormation's resource types, so that what `setup apply` makes and
// what `setup export` writes is the same text, with three differences that save every reader work:
// Tags is an object of names and values; a queue's Policy stands with the queue; and what is added
// to a bucket that may be somebody else's, a statement of its policy or a notification, is a
// resource of its own.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-template-resource-type-ref.html
#ifndef COLLECTOR_SETUP_RESOURCE_H_
#define COLLECTOR_SETUP_RESOURCE_H_

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace collector::setup {

using Json = nlohmann::json;

// Stands in texts for the account's number as long as that is not known.
inline constexpr std::string_view kAccount = "${AWS::AccountId}";

inline constexpr std::string_view kQueue = "AWS::SQS::Queue";
inline constexpr std::string_view kRule = "AWS::Events::Rule";
inline constexpr std::string_view kBucket = "AWS::S3::Bucket";
inline constexpr std::string_view kBucketPolicy = "AWS::S3::BucketPolicy";
inline constexpr std::string_view kNotification = "S3Notification";  // no type of CloudFormation
inline constexpr std::string_view kFlowLog = "AWS::EC2::FlowLog";
inline constexpr std::string_view kDeliverySource = "AWS::Logs::DeliverySource";
inline constexpr std::string_view kDeliveryDestination = "AWS::Logs::DeliveryDestination";
inline constexpr std::string_view kDelivery = "AWS::Logs::Delivery";

// The marks of what is ours. The second holds the start of our names, so that two setups in one
// account do not take each other's for their own.
inline constexpr std::string_view kUsedByTag = "usedBy";
inline constexpr std::string_view kUsedBy = "devo-collector";
inline constexpr std::string_view kSetupTag = "devo-collector-setup";

// The one target of our rules.
inline constexpr std::string_view kTargetId = "queue";

enum class Owner {
  kUs,      // made by us: somebody else's of that name is left alone, and is a fault
  kAnyone,  // made by us unless it is there already, and then used as it is
  kOthers,  // has to be there already
};

struct Resource {
  std::string type;
  std::string name;  // with the type and the region it is unique
  std::string region;
  Json properties = Json::object();
  std::vector<std::string> needs = {};  // the Id() of what has to be there first
  Owner owner = Owner::kUs;

  std::string Id() const { return type + " " + name + " " + region; }
};

}  // namespace collector::setup

#endif  // COLLECTOR_SETUP_RESOURCE_H_
