#include "setup/key_check.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

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

// "kms:GenerateDataKey*" matches "kms:GenerateDataKey"; only stars at the end are used with KMS.
bool Matches(std::string_view pattern, std::string_view action) {
  if (!pattern.ends_with('*')) return pattern == action;
  return action.starts_with(pattern.substr(0, pattern.size() - 1));
}

bool IsFor(const Json& statement, const std::string& service) {
  const Json principal = statement.value("Principal", Json());
  const std::vector<std::string> services =
      principal.is_object() ? Texts(principal.value("Service", Json())) : Texts(principal);
  return std::any_of(services.begin(), services.end(),
                     [&](const std::string& one) { return one == "*" || one == service; });
}

// Who writes to the queue or bucket, with whose key.
struct KeyUse {
  std::string key;  // an id, an ARN or an alias; "alias/aws/s3" where none is named
  std::string service;
};

KeyUse UseOf(const Step& step) {
  const Json& found = step.found->properties;
  if (step.resource.type == kQueue) {
    const auto policy = step.resource.properties.find("Policy");
    const std::string key = found.value("KmsMasterKeyId", "");
    if (key.empty() || policy == step.resource.properties.end()) return {};
    return {key, policy->at("Statement")[0].at("Principal").at("Service").get<std::string>()};
  }
  if (step.resource.type != kBucket) return {};
  const Json encryption = found.value("BucketEncryption", Json());
  if (!encryption.is_object()) return {};
  for (const Json& rule : encryption.at("ServerSideEncryptionConfiguration")) {
    const Json& by_default = rule.at("ServerSideEncryptionByDefault");
    if (!by_default.value("SSEAlgorithm", "").starts_with("aws:kms")) continue;
    return {by_default.value("KMSMasterKeyID", "alias/aws/s3"), "delivery.logs.amazonaws.com"};
  }
  return {};
}

std::string WhereIs(const Step& step) {
  return fmt::format("{} {} in {}", KindOf(step.resource.type).noun(), step.resource.name,
                     step.resource.region);
}

}  // namespace

std::vector<std::string> MissingOfKey(const Json& policy, const std::string& service,
                                      const std::vector<std::string>& needed) {
  std::vector<std::string> missing = needed;
  const Json statements = policy.value("Statement", Json::array());
  for (const Json& statement : statements.is_object() ? Json::array({statements}) : statements) {
    if (statement.value("Effect", "") != "Allow" || !IsFor(statement, service)) continue;
    for (const std::string& pattern : Texts(statement.value("Action", Json()))) {
      std::erase_if(missing, [&](const std::string& one) { return Matches(pattern, one); });
    }
  }
  return missing;
}

Result<std::string> CheckKey(Caller& aws, const Step& step) {
  if (!step.found) return std::string();
  const KeyUse use = UseOf(step);
  if (use.key.empty()) return std::string();
  const auto described = aws.Call(aws::kms::DescribeKey{{{"KeyId", use.key}}, "key " + use.key});
  if (!described) {
    return fmt::format("{} is encrypted with key {}, which could not be checked: {}", WhereIs(step),
                       use.key, described.error().message);
  }
  const Json metadata = described->value("KeyMetadata", Json::object());
  if (metadata.value("KeyManager", "") == "AWS") {
    return fmt::format(
        "{} is encrypted with AWS's own key {}, which {} cannot use: what it sends "
        "is lost without a word; encrypt with SSE-SQS, SSE-S3 or a key of your own",
        WhereIs(step), use.key, use.service);
  }
  const std::string id = metadata.value("KeyId", use.key);
  const auto answer = aws.Call(
      aws::kms::GetKeyPolicy{{{"KeyId", id}, {"PolicyName", "default"}}, "key " + use.key});
  if (!answer) {
    return fmt::format("{} is encrypted with key {}, whose policy could not be checked: {}",
                       WhereIs(step), use.key, answer.error().message);
  }
  const Json policy = Json::parse(answer->value("Policy", ""), nullptr, false);
  const auto missing = MissingOfKey(policy.is_object() ? policy : Json::object(), use.service,
                                    {"kms:GenerateDataKey", "kms:Decrypt"});
  if (missing.empty()) return std::string();
  const Json statement = {{"Effect", "Allow"},
                          {"Principal", {{"Service", use.service}}},
                          {"Action", missing},
                          {"Resource", "*"}};
  return fmt::format(
      "{} is encrypted with key {}, which {} may not use: what it sends is lost "
      "without a word; add to the key's policy: {}",
      WhereIs(step), use.key, use.service, statement.dump());
}

}  // namespace collector::setup
