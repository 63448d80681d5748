#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "setup/export.h"
#include "setup/logical_name.h"
#include "setup/template_resources.h"

namespace collector::setup {
namespace {

using Ordered = nlohmann::ordered_json;

// The text of Fn::Sub in which nothing but the account's number is filled in.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-sub.html
std::string SubText(std::string_view text) {
  std::string marked;
  for (; !text.empty(); text.remove_prefix(1)) {
    marked += text.front();
    if (text.starts_with("${") && !text.starts_with(kAccount)) {
      marked += "{!";
      text.remove_prefix(1);
    }
  }
  return marked;
}

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
    return Ordered{{"Fn::Sub", SubText(value.get_ref<const std::string&>())}};
  }
  return Ordered(value);
}

// One region's template as it grows.
class TemplateBuilder {
 public:
  TemplateBuilder(const std::vector<Resource>& all, const LogicalNames& names,
                  const std::string& region)
      : all_(all), names_(names), region_(region) {
    for (const Resource& resource : all) {
      if (resource.region == region) Add(resource);
    }
  }

  std::string Text(const std::string& input) const {
    std::string description =
        fmt::format("What aws-collector needs in {} for its input {}", region_, input);
    if (!regions_before_.empty()) {
      description += fmt::format(". Its stack comes after that of {}, whose bucket it writes to",
                                 fmt::join(regions_before_, ", "));
    }
    Ordered whole = {{"AWSTemplateFormatVersion", "2010-09-09"},
                     {"Description", std::move(description)},
                     {"Resources", resources_}};
    return whole.dump(2) + "\n";
  }

 private:
  void Add(const Resource& resource) {
    if (resource.type == kNotification) return;
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
    const std::string& name = names_.Of(resource);
    Ordered& entry = resources_[name] = {{"Type", resource.type}};
    if (resource.type == kBucket) {  // logs outlive their stack
      entry["DeletionPolicy"] = "Retain";
      entry["UpdateReplacePolicy"] = "Retain";
    }
    if (!needs.empty()) entry["DependsOn"] = needs;
    entry["Properties"] = Substituted(properties);
    if (policy.is_null()) return;
    resources_[names_.PolicyOf(resource)] = {
        {"Type", "AWS::SQS::QueuePolicy"},
        {"Properties",
         {{"Queues", Ordered::array({{{"Ref", name}}})}, {"PolicyDocument", Substituted(policy)}}}};
  }

  // Those of the bucket stand in it, and need the policies of their queues.
  void AddNotifications(const Resource& bucket, Json& properties,
                        std::vector<std::string>& needs) const {
    Json queues = Json::array();
    for (const Resource& one : all_) {
      if (one.type != kNotification || !IsPartOf(one, bucket)) continue;
      queues.push_back(
          {{"Event", one.properties.at("Event")},
           {"Queue", one.properties.at("Queue")},
           {"Filter",
            {{"S3Key",
              {{"Rules",
                Json::array({{{"Name", "prefix"}, {"Value", one.properties.at("Prefix")}}})}}}}}});
      const Resource queue{std::string(kQueue), one.name, one.region};
      needs.push_back(names_.PolicyOf(queue));
    }
    if (!queues.empty()) {
      properties["NotificationConfiguration"] = {{"QueueConfigurations", std::move(queues)}};
    }
  }

  // The logical names of what stands in this template. A queue counts when its policy does.
  std::vector<std::string> NamesOf(const std::vector<std::string>& ids) {
    std::vector<std::string> names;
    for (const Resource& one : all_) {
      if (std::find(ids.begin(), ids.end(), one.Id()) == ids.end()) continue;
      if (one.region != region_) {
        regions_before_.insert(one.region);
        continue;
      }
      const bool has_policy = one.type == kQueue && one.properties.contains("Policy");
      names.push_back(has_policy ? names_.PolicyOf(one) : names_.Of(one));
    }
    return names;
  }

  const std::vector<Resource>& all_;
  const LogicalNames& names_;
  const std::string region_;
  std::set<std::string> regions_before_;
  Ordered resources_ = Ordered::object();
};

}  // namespace

std::vector<Template> ToCloudFormation(const std::string& input, const Wanted& wanted) {
  const std::vector<Resource> all = TemplateResources(wanted);
  const LogicalNames names(all, /*snake_case=*/false);
  std::vector<Template> templates;
  for (const Resource& resource : all) {
    const bool known = std::any_of(templates.begin(), templates.end(), [&](const Template& one) {
      return one.region == resource.region;
    });
    if (known) continue;
    templates.push_back(
        {resource.region, TemplateBuilder(all, names, resource.region).Text(input)});
  }
  return templates;
}

}  // namespace collector::setup
