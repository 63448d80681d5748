#include "setup/key_check.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include "aws/kms/key_operations.h"

namespace collector::setup {
namespace {

// What may be one text or a list of texts.
std::vector<std::string> Texts(const Json& value) {
  std::vector<std::string> texts;
  if (value.is_string()) texts.push_back(value.get<std::string>());
  if (!value.is_array()) return texts;
  for (const Json& one : value) {
    if (one.is_string()) texts.push_back(one.get<std::string>());
  }
  return texts;
}

// "kms:GenerateDataKey*" matches "kms:GenerateDataKey", in upper and lower case alike.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
bool Matches(const std::string& pattern, const std::string& action) {
  return fnmatch(pattern.c_str(), action.c_str(), FNM_CASEFOLD | FNM_NOESCAPE) == 0;
}

bool IsFor(const Json& statement, const std::string& service) {
  const Json principal = statement.value("Principal", Json());
  const std::vector<std::string> services =
      principal.is_object() ? Texts(principal.value("Service", Json())) : Texts(principal);
  return std::any_of(services.begin(), services.end(),
                     [&](const std::string& one) { return one == "*" || one == service; });
}

// Who writes to the queue or bucket; empty: nobody of whom it is known.
std::string WriterOf(const Resource& resource) {
  if (resource.type == kBucket) return "delivery.logs.amazonaws.com";
  const auto policy = resource.properties.find("Policy");
  if (policy == resource.properties.end()) return {};
  return policy->at("Statement")[0].at("Principal").at("Service").get<std::string>();
}

std::string WhereIs(const Step& step) {
  return fmt::format("{} {} in {}", KindOf(step.resource.type).noun(), step.resource.name,
                     step.resource.region);
}

}  // namespace

std::vector<std::string> MissingOfKey(const Json& policy, const std::string& service,
                                      const std::vector<std::string>& needed) {
  const Json found = policy.value("Statement", Json::array());
  const Json statements = found.is_object() ? Json::array({found}) : found;
  const auto says = [&](std::string_view effect, const std::string& action) {
    return std::any_of(statements.begin(), statements.end(), [&](const Json& statement) {
      if (statement.value("Effect", "") != effect || !IsFor(statement, service)) return false;
      // What is denied under a condition may well be allowed here.
      if (effect == "Deny" && statement.contains("Condition")) return false;
      const std::vector<std::string> actions = Texts(statement.value("Action", Json()));
      return std::any_of(actions.begin(), actions.end(),
                         [&](const std::string& pattern) { return Matches(pattern, action); });
    });
  };
  std::vector<std::string> missing;
  std::copy_if(
      needed.begin(), needed.end(), std::back_inserter(missing),
      [&](const std::string& action) { return !says("Allow", action) || says("Deny", action); });
  return missing;
}

Result<std::string> CheckKey(Caller& aws, const Step& step) {
  if (!step.found) return std::string();
  const std::string key = step.found->properties.value(kKeyProperty, "");
  const std::string writer = WriterOf(step.resource);
  if (key.empty() || writer.empty()) return std::string();
  const auto described = aws.Call(aws::kms::DescribeKey{{{"KeyId", key}}, "key " + key});
  if (!described) {
    return fmt::format("{} is encrypted with key {}, which could not be checked: {}", WhereIs(step),
                       key, described.error().message);
  }
  const Json metadata = described->value("KeyMetadata", Json::object());
  if (metadata.value("KeyManager", "") == "AWS") {
    return fmt::format(
        "{} is encrypted with AWS's own key {}, which {} cannot use: what it sends "
        "is lost without a word; encrypt with SSE-SQS, SSE-S3 or a key of your own",
        WhereIs(step), key, writer);
  }
  const std::string id = metadata.value("KeyId", key);
  const auto answer =
      aws.Call(aws::kms::GetKeyPolicy{{{"KeyId", id}, {"PolicyName", "default"}}, "key " + key});
  if (!answer) {
    return fmt::format("{} is encrypted with key {}, whose policy could not be checked: {}",
                       WhereIs(step), key, answer.error().message);
  }
  const Json policy = Json::parse(answer->value("Policy", ""), nullptr, false);
  const auto missing = MissingOfKey(policy.is_object() ? policy : Json::object(), writer,
                                    {"kms:GenerateDataKey", "kms:Decrypt"});
  if (missing.empty()) return std::string();
  const Json statement = {{"Effect", "Allow"},
                          {"Principal", {{"Service", writer}}},
                          {"Action", missing},
                          {"Resource", "*"}};
  return fmt::format(
      "{} is encrypted with key {}, which {} may not use: what it sends is lost "
      "without a word; add to the key's policy: {}",
      WhereIs(step), key, writer, statement.dump());
}

}  // namespace collector::setup
