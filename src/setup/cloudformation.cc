#include <algorithm>
#include <cctype>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "setup/export.h"

namespace collector::setup {
namespace {

using Ordered = nlohmann::ordered_json;

// Texts in which the account's number is to be filled in are marked so.
Ordered Substituted(const Json& value) {
  if (value.is_object()) {
    Ordered object = Ordered::object();
    for (const auto& [name, one] : value.items()) object[name] = Substituted(one);
    return object;
  }
  if (value.is_array()) {
    Ordered list = Ordered::array();
    for (const Json& one : value) list.push_back(Substituted(one));
    return list;
  }
  if (value.is_string() &&
      value.get_ref<const std::string&>().find(kAccount) != std::string::npos) {
    return Ordered{{"Fn::Sub", value.get<std::string>()}};
  }
  return Ordered(value);
}

// One region's template as it grows.
class TemplateBuilder {
 public:
  TemplateBuilder(const Wanted& wanted, const std::string& region)
      : wanted_(wanted), region_(region) {
    for (const Resource& resource : wanted.resources) {
      if (resource.region == region) Add(resource);
    }
  }

  std::string Text(const std::string& input) const {
    Ordered whole = {{"AWSTemplateFormatVersion", "2010-09-09"},
                     {"Description", fmt::format("What aws-collector needs in {} for its input {}",
                                                 region_, input)},
                     {"Resources", resources_}};
    return whole.dump(2) + "\n";
  }
  bool empty() const { return resources_.empty(); }

 private:
  void Add(const Resource& resource) {
    if (resource.type == kNotification || resource.owner == Owner::kOthers) return;
    Json properties = resource.properties;
    if (properties.contains("Tags")) {
      Json list = Json::array();
      for (const auto& [name, value] : properties["Tags"].items()) {
        list.push_back({{"Key", name}, {"Value", value}});
      }
      properties["Tags"] = std::move(list);
    }
    Json policy = Json();
    if (resource.type == kQueue && properties.contains("Policy")) {
      policy = properties["Policy"];
      properties.erase("Policy");
    }
    std::vector<std::string> needs = NamesOf(resource.needs);
    if (resource.type == kBucket) AddNotifications(resource, properties, needs);
    const std::string name = LogicalName(resource, false);
    Ordered& entry = resources_[name] = {{"Type", resource.type}};
    if (resource.type == kBucket) {  // logs outlive their stack
      entry["DeletionPolicy"] = "Retain";
      entry["UpdateReplacePolicy"] = "Retain";
    }
    if (!needs.empty()) entry["DependsOn"] = needs;
    entry["Properties"] = Substituted(properties);
    if (policy.is_null()) return;
    resources_[name + "Policy"] = {
        {"Type", "AWS::SQS::QueuePolicy"},
        {"Properties",
         {{"Queues", Ordered::array({{{"Ref", name}}})}, {"PolicyDocument", Substituted(policy)}}}};
  }

  // Those of the bucket stand in it, and need the policies of their queues.
  void AddNotifications(const Resource& bucket, Json& properties,
                        std::vector<std::string>& needs) const {
    Json queues = Json::array();
    for (const Resource& one : wanted_.resources) {
      if (one.type != kNotification || one.properties.at("Bucket") != bucket.name) continue;
      queues.push_back(
          {{"Event", one.properties.at("Event")},
           {"Queue", one.properties.at("Queue")},
           {"Filter",
            {{"S3Key",
              {{"Rules",
                Json::array({{{"Name", "prefix"}, {"Value", one.properties.at("Prefix")}}})}}}}}});
      const Resource queue{std::string(kQueue), one.name, one.region};
      needs.push_back(LogicalName(queue, false) + "Policy");
    }
    if (!queues.empty()) {
      properties["NotificationConfiguration"] = {{"QueueConfigurations", std::move(queues)}};
    }
  }

  // The logical names of what stands in this template. A queue counts when its policy does.
  std::vector<std::string> NamesOf(const std::vector<std::string>& ids) const {
    std::vector<std::string> names;
    for (const Resource& one : wanted_.resources) {
      if (std::find(ids.begin(), ids.end(), one.Id()) == ids.end() || one.region != region_) {
        continue;
      }
      const std::string name = LogicalName(one, false);
      if (!resources_.contains(name)) continue;
      names.push_back(resources_.contains(name + "Policy") ? name + "Policy" : name);
    }
    return names;
  }

  const Wanted& wanted_;
  const std::string region_;
  Ordered resources_ = Ordered::object();
};

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

std::vector<Template> ToCloudFormation(const std::string& input, const Wanted& wanted) {
  std::vector<Template> templates;
  for (const Resource& resource : wanted.resources) {
    const bool known = std::any_of(templates.begin(), templates.end(), [&](const Template& one) {
      return one.region == resource.region;
    });
    if (known) continue;
    const TemplateBuilder builder(wanted, resource.region);
    if (!builder.empty()) templates.push_back({resource.region, builder.Text(input)});
  }
  return templates;
}

std::vector<std::string> LeftByTemplates(const Wanted& wanted) {
  std::vector<std::string> left = wanted.by_hand;
  for (const Resource& one : wanted.resources) {
    if (one.type == kBucket && one.owner == Owner::kAnyone) {
      left.push_back(fmt::format(
          "bucket {} in {}: when it exists already, take it out of the template and add the "
          "notification to its queue by hand",
          one.name, one.region));
    }
    if (one.type != kNotification) continue;
    for (const Resource& bucket : wanted.resources) {
      if (bucket.type != kBucket || bucket.owner != Owner::kOthers ||
          one.properties.at("Bucket") != bucket.name || one.region != bucket.region) {
        continue;
      }
      left.push_back(fmt::format(
          "bucket {} in {}: send {} of keys that begin with \"{}\" to queue {}, beside what it "
          "sends already",
          bucket.name, bucket.region, one.properties.at("Event").get<std::string>(),
          one.properties.at("Prefix").get<std::string>(), one.name));
    }
  }
  return left;
}

}  // namespace collector::setup
