#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "setup/export.h"
#include "setup/logical_name.h"
#include "setup/template_resources.h"

namespace collector::setup {
namespace {

constexpr char kNumberOfAccount[] = "${data.aws_caller_identity.current.account_id}";

// A text in quotes. What would begin a template in it is doubled, but for the account's number.
// https://developer.hashicorp.com/terraform/language/expressions/strings
std::string HclText(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    if (text.starts_with(kAccount)) {
      quoted += kNumberOfAccount;
      text.remove_prefix(kAccount.size());
      continue;
    }
    const char c = text.front();
    constexpr std::string_view kControls = "\n\r\t";
    if (const size_t control = kControls.find(c); control != std::string_view::npos) {
      quoted += std::string("\\") + "nrt"[control];
      text.remove_prefix(1);
      continue;
    }
    if (c == '"' || c == '\\') quoted += '\\';
    if (text.starts_with("${") || text.starts_with("%{")) quoted += c;
    quoted += c;
    text.remove_prefix(1);
  }
  return quoted + '"';
}

std::string HclValue(const Json& value, int depth = 1) {
  const std::string indent(static_cast<size_t>(2 * depth), ' ');
  if (value.is_string()) return HclText(value.get_ref<const std::string&>());
  if (value.is_array()) {
    std::string list;
    for (const Json& one : value) {
      list += fmt::format("{}{}", list.empty() ? "" : ", ", HclValue(one, depth));
    }
    return fmt::format("[{}]", list);
  }
  if (!value.is_object()) return value.dump();
  std::string object;
  for (const auto& [name, one] : value.items()) {
    object += fmt::format("{}  {} = {}\n", indent, HclText(name), HclValue(one, depth + 1));
  }
  return fmt::format("{{\n{}{}}}", object, indent);
}

std::string JsonEncoded(const Json& value) {
  return fmt::format("jsonencode({})", HclValue(value));
}

// "aws_sqs_queue" of a resource; empty for what is written with another one.
std::string_view TerraformType(std::string_view type) {
  constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {kQueue, "aws_sqs_queue"},
      {kRule, "aws_cloudwatch_event_rule"},
      {kBucket, "aws_s3_bucket"},
      {kBucketPolicy, "aws_s3_bucket_policy"},
      {kNotification, "aws_s3_bucket_notification"},
      {kFlowLog, "aws_flow_log"},
      {kDeliverySource, "aws_cloudwatch_log_delivery_source"},
      {kDeliveryDestination, "aws_cloudwatch_log_delivery_destination"},
      {kDelivery, "aws_cloudwatch_log_delivery"}};
  return std::find_if(std::begin(kTypes), std::end(kTypes),
                      [type](const auto& row) { return row.first == type; })
      ->second;
}

struct Argument {
  std::string_view property;
  std::string_view argument;
  bool as_json = false;
};

constexpr Argument kQueueArguments[] = {
    {"QueueName", "name"},
    {"FifoQueue", "fifo_queue"},
    {"ContentBasedDeduplication", "content_based_deduplication"},
    {"MessageRetentionPeriod", "message_retention_seconds"},
    {"SqsManagedSseEnabled", "sqs_managed_sse_enabled"},
    {"RedrivePolicy", "redrive_policy", true},
    {"Policy", "policy", true},
    {"Tags", "tags"}};
constexpr Argument kRuleArguments[] = {{"Name", "name"},
                                       {"Description", "description"},
                                       {"EventPattern", "event_pattern", true},
                                       {"State", "state"},
                                       {"Tags", "tags"}};
constexpr Argument kBucketArguments[] = {{"BucketName", "bucket"}, {"Tags", "tags"}};
constexpr Argument kPolicyArguments[] = {{"Bucket", "bucket"}, {"PolicyDocument", "policy", true}};
constexpr Argument kFlowLogArguments[] = {{"ResourceId", "vpc_id"},
                                          {"TrafficType", "traffic_type"},
                                          {"LogDestinationType", "log_destination_type"},
                                          {"LogDestination", "log_destination"},
                                          {"MaxAggregationInterval", "max_aggregation_interval"},
                                          {"Tags", "tags"}};
constexpr Argument kSourceArguments[] = {
    {"Name", "name"}, {"LogType", "log_type"}, {"ResourceArn", "resource_arn"}, {"Tags", "tags"}};
constexpr Argument kDestinationArguments[] = {
    {"Name", "name"}, {"OutputFormat", "output_format"}, {"Tags", "tags"}};
constexpr Argument kDeliveryArguments[] = {{"DeliverySourceName", "delivery_source_name"},
                                           {"DeliveryDestinationArn", "delivery_destination_arn"},
                                           {"Tags", "tags"}};

std::span<const Argument> ArgumentsOf(std::string_view type) {
  if (type == kQueue) return kQueueArguments;
  if (type == kRule) return kRuleArguments;
  if (type == kBucket) return kBucketArguments;
  if (type == kBucketPolicy) return kPolicyArguments;
  if (type == kFlowLog) return kFlowLogArguments;
  if (type == kDeliverySource) return kSourceArguments;
  if (type == kDeliveryDestination) return kDestinationArguments;
  return kDeliveryArguments;
}

// The file as it grows.
class TerraformBuilder {
 public:
  explicit TerraformBuilder(const Wanted& wanted)
      : all_(TemplateResources(wanted)), names_(all_, /*snake_case=*/true) {}

  std::string Build(const std::string& input) {
    text_ = fmt::format(
        "# What aws-collector needs of AWS for its input {}.\n\n"
        "terraform {{\n  required_providers {{\n    aws = {{\n"
        "      source  = \"hashicorp/aws\"\n      version = \">= 5.90\"\n    }}\n  }}\n}}\n",
        HclText(input));  // its name may hold the end of a line
    for (const Resource& resource : all_) AddProvider(resource.region);
    for (const Resource& resource : all_) Add(resource);
    return text_;
  }

 private:
  static std::string Alias(const std::string& region) {
    std::string alias = region;
    std::replace(alias.begin(), alias.end(), '-', '_');
    return alias;
  }

  void AddProvider(const std::string& region) {
    const std::string block = fmt::format(
        "\nprovider \"aws\" {{\n  alias  = \"{}\"\n  region = \"{}\"\n}}\n", Alias(region), region);
    if (text_.find(block) != std::string::npos) return;
    text_ += block;
    if (text_.find("aws_caller_identity") != std::string::npos) return;
    text_ += fmt::format("\ndata \"aws_caller_identity\" \"current\" {{\n  provider = aws.{}\n}}\n",
                         Alias(region));
  }

  void Open(std::string_view type, const Resource& resource) {
    text_ += fmt::format("\nresource \"{}\" \"{}\" {{\n  provider = aws.{}\n", type,
                         names_.Of(resource), Alias(resource.region));
  }

  void Set(std::string_view argument, const std::string& value) {
    text_ += fmt::format("  {} = {}\n", argument, value);
  }

  void Close(const Resource& resource) {
    std::string needs;
    for (const Resource& one : all_) {
      const auto& ids = resource.needs;
      if (std::find(ids.begin(), ids.end(), one.Id()) == ids.end()) continue;
      needs += fmt::format("{}{}.{}", needs.empty() ? "" : ", ", TerraformType(one.type),
                           names_.Of(one));
    }
    if (!needs.empty()) Set("depends_on", fmt::format("[{}]", needs));
    text_ += "}\n";
  }

  void Add(const Resource& resource) {
    if (resource.type == kNotification) {
      AddNotifications(resource);
      return;
    }
    Open(TerraformType(resource.type), resource);
    for (const auto& [property, argument, as_json] : ArgumentsOf(resource.type)) {
      const auto found = resource.properties.find(property);
      if (found == resource.properties.end()) continue;
      Set(argument, as_json ? JsonEncoded(*found) : HclValue(*found));
    }
    if (resource.type == kDeliveryDestination) {
      text_ += fmt::format(
          "  delivery_destination_configuration {{\n"
          "    destination_resource_arn = {}\n  }}\n",
          HclValue(resource.properties.at("DestinationResourceArn")));
    }
    Close(resource);
    if (resource.type == kRule) AddTarget(resource);
    if (resource.type == kBucket) AddBucketParts(resource);
  }

  void AddTarget(const Resource& rule) {
    const Json& target = rule.properties.at("Targets")[0];
    Open("aws_cloudwatch_event_target", rule);
    Set("rule", fmt::format("aws_cloudwatch_event_rule.{}.name", names_.Of(rule)));
    Set("target_id", HclValue(target.at("Id")));
    Set("arn", HclValue(target.at("Arn")));
    if (const auto parameters = target.find("SqsParameters"); parameters != target.end()) {
      text_ += fmt::format("  sqs_target {{\n    message_group_id = {}\n  }}\n",
                           HclValue(parameters->at("MessageGroupId")));
    }
    text_ += fmt::format("  dead_letter_config {{\n    arn = {}\n  }}\n",
                         HclValue(target.at("DeadLetterConfig").at("Arn")));
    Close(rule);
  }

  void AddBucketParts(const Resource& bucket) {
    const std::string id = fmt::format("aws_s3_bucket.{}.id", names_.Of(bucket));
    Open("aws_s3_bucket_public_access_block", bucket);
    Set("bucket", id);
    for (const char* name : {"block_public_acls", "ignore_public_acls", "block_public_policy",
                             "restrict_public_buckets"}) {
      Set(name, "true");
    }
    text_ += "}\n";
    Open("aws_s3_bucket_server_side_encryption_configuration", bucket);
    Set("bucket", id);
    text_ +=
        "  rule {\n    apply_server_side_encryption_by_default {\n"
        "      sse_algorithm = \"AES256\"\n    }\n  }\n}\n";
  }

  // All of a bucket in one, with the first: Terraform's resource replaces whatever there is.
  void AddNotifications(const Resource& first) {
    const Json& bucket = first.properties.at("Bucket");
    std::vector<const Resource*> all;
    for (const Resource& one : all_) {
      const bool same = one.type == kNotification && one.region == first.region &&
                        one.properties.at("Bucket") == bucket;
      if (same) all.push_back(&one);
    }
    if (all.front()->Id() != first.Id()) return;
    Resource whole = first;
    for (const Resource* one : all) {
      whole.needs.insert(whole.needs.end(), one->needs.begin(), one->needs.end());
    }
    Open(TerraformType(kNotification), first);
    Set("bucket", HclValue(bucket));
    for (const Resource* one : all) {
      text_ += fmt::format(
          "  queue {{\n    id            = {}\n    queue_arn     = {}\n    events        = [{}]\n"
          "    filter_prefix = {}\n  }}\n",
          HclText(one->name), HclValue(one->properties.at("Queue")),
          HclValue(one->properties.at("Event")), HclValue(one->properties.at("Prefix")));
    }
    Close(whole);
  }

  const std::vector<Resource> all_;
  const LogicalNames names_;
  std::string text_;
};

}  // namespace

std::string ToTerraform(const std::string& input, const Wanted& wanted) {
  return TerraformBuilder(wanted).Build(input);
}

}  // namespace collector::setup
