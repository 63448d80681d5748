#include "setup/wanted.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "aws/endpoints.h"
#include "aws/sqs/queue_url.h"
#include "setup/kind.h"

namespace collector::setup {
namespace {

// As long as SQS keeps messages, in seconds, and five days of them (the product's own value).
constexpr int kFiveDays = 5 * 24 * 3600;
constexpr int kFourteenDays = 14 * 24 * 3600;
// A message that cannot be read waits longer each time (S-8), so this many tries are about a week.
constexpr int kMostReceives = 100;
// CloudFront's logs are delivered through this region only.
constexpr char kCloudFrontRegion[] = "us-east-1";

Json Statement(const std::string& sid, const std::string& service, const Json& action,
               const std::string& resource, Json condition) {
  return {{"Sid", sid},       {"Effect", "Allow"},    {"Principal", {{"Service", service}}},
          {"Action", action}, {"Resource", resource}, {"Condition", std::move(condition)}};
}

Json Policy(Json statements) {
  return {{"Version", "2012-10-17"}, {"Statement", std::move(statements)}};
}

// "devo-collector" -> "DevoCollector": names of statements are letters and digits.
std::string CamelCase(std::string_view text) {
  std::string camel;
  bool upper = true;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) == 0) {
      upper = true;
      continue;
    }
    camel += static_cast<char>(upper ? std::toupper(byte) : byte);
    upper = false;
  }
  return camel;
}

// Builds the resources of one input.
class Builder {
 public:
  Builder(const InputSettings& input, const Facts& facts)
      : input_(input), facts_(facts), tags_(TagsOf(input.setup)) {}

  void AddServiceEvents(const ServiceEventsSettings& events) {
    if (!events.rule_source) return;
    for (const std::string& region : events.service.regions) AddRule(events, region);
  }

  void AddLogs(const S3LogsSettings& logs) {
    for (const LogSetup& setup : logs.setups) {
      if (setup.what == LogSetup::What::kCloudFront) {
        AddCloudFront(setup, setup.region);
        continue;
      }
      for (const std::string& region : logs.service.regions) {
        if (setup.what == LogSetup::What::kVpcFlow) {
          AddVpcFlow(setup, region);
        } else {
          AddObjects(setup, region, "AWSLogs/", Owner::kOthers);
        }
      }
    }
  }

  Wanted Take() { return std::move(wanted_); }

 private:
  std::string Arn(std::string_view type, const std::string& region, const std::string& name) const {
    return KindOf(type).Arn({std::string(type), name, region}, facts_.account);
  }

  std::string BucketArnOf(const std::string& bucket, const std::string& region) const {
    return Arn(kBucket, region, bucket);
  }

  std::string Id(std::string_view type, const std::string& region, const std::string& name) const {
    return Resource{std::string(type), name, region}.Id();
  }

  // Two kinds of logs in one bucket want the same bucket and its policy, and two rules may send to
  // one queue.
  void Add(Resource resource) {
    auto& all = wanted_.resources;
    const auto same = std::find_if(
        all.begin(), all.end(), [&](const Resource& other) { return other.Id() == resource.Id(); });
    if (same == all.end()) {
      all.push_back(std::move(resource));
      return;
    }
    // A bucket that has to be there for one of them is not made for the other.
    if (resource.owner == Owner::kOthers) same->owner = Owner::kOthers;
    if (resource.type == kQueue) AddStatements(resource, *same);
  }

  // Who may send to a queue: all that want it.
  static void AddStatements(const Resource& from, Resource& to) {
    const auto policy = from.properties.find("Policy");
    if (policy == from.properties.end()) return;
    if (!to.properties.contains("Policy")) {
      to.properties["Policy"] = *policy;
      return;
    }
    Json& statements = to.properties["Policy"]["Statement"];
    for (Json statement : policy->at("Statement")) {
      if (std::find(statements.begin(), statements.end(), statement) != statements.end()) continue;
      statement["Sid"] =
          fmt::format("{}{}", statement["Sid"].get<std::string>(), statements.size() + 1);
      statements.push_back(std::move(statement));
    }
  }

  void AddQueue(const std::string& region, const std::string& name, int retention, Json policy,
                const std::string& dead) {
    const bool fifo = aws::sqs::IsFifo(name);
    Resource queue{std::string(kQueue), name, region};
    queue.properties = {{"QueueName", name},
                        {"MessageRetentionPeriod", retention},
                        {"SqsManagedSseEnabled", true},
                        {"Tags", tags_}};
    if (fifo) {
      queue.properties["FifoQueue"] = true;
      queue.properties["ContentBasedDeduplication"] = true;
    }
    if (!policy.is_null()) queue.properties["Policy"] = std::move(policy);
    if (!dead.empty()) {
      queue.properties["RedrivePolicy"] = {{"deadLetterTargetArn", Arn(kQueue, region, dead)},
                                           {"maxReceiveCount", kMostReceives}};
      queue.needs.push_back(Id(kQueue, region, dead));
    }
    Add(std::move(queue));
  }

  // A dead-letter queue is of the kind of its queue.
  static std::string DeadOf(const std::string& queue) {
    constexpr std::string_view kFifo = ".fifo";
    if (!aws::sqs::IsFifo(queue)) return queue + "-dead";
    return queue.substr(0, queue.size() - kFifo.size()) + "-dead" + std::string(kFifo);
  }

  // The name of a queue of this account that the configuration gives by its name or its URL; empty:
  // it is another account's or another region's, and none of ours to make.
  std::string OwnQueue(const std::string& queue, const std::string& region) {
    if (!aws::sqs::IsQueueUrl(queue)) return queue;
    const auto url = aws::sqs::ReadQueueUrl(queue);
    if (!url || (!url->region.empty() && url->region != region)) return {};
    if (facts_.account == kAccount && !url->account.empty()) {
      wanted_.by_hand.push_back(fmt::format(
          "queue {} in {} is account {}'s: what is written here is for that account alone",
          url->name, region, url->account));
      return url->name;
    }
    if (url->account.empty() || url->account == facts_.account) return url->name;
    wanted_.by_hand.push_back(fmt::format(
        "queue {} in {} is account {}'s: whoever owns it has to let the rule send to it", url->name,
        region, url->account));
    return {};
  }

  void AddRule(const ServiceEventsSettings& events, const std::string& region) {
    const std::string queue = OwnQueue(events.queue, region);
    if (queue.empty()) return;
    const std::string name = fmt::format("{}-{}", input_.setup.name_prefix, events.service.name);
    const std::string undelivered = name + "-undelivered";
    const Json from_rule = {{"ArnEquals", {{"aws:SourceArn", Arn(kRule, region, name)}}}};
    const auto policy = [&](const std::string& of) {
      return Policy(Json::array({Statement("EventBridge", "events.amazonaws.com", "sqs:SendMessage",
                                           Arn(kQueue, region, of), from_rule)}));
    };
    AddQueue(region, DeadOf(queue), kFourteenDays, Json(), "");
    AddQueue(region, queue, kFiveDays, policy(queue), DeadOf(queue));
    AddQueue(region, undelivered, kFourteenDays, policy(undelivered), "");
    Json target = {{"Id", std::string(kTargetId)},
                   {"Arn", Arn(kQueue, region, queue)},
                   {"DeadLetterConfig", {{"Arn", Arn(kQueue, region, undelivered)}}}};
    if (aws::sqs::IsFifo(queue)) {
      target["SqsParameters"] = {{"MessageGroupId", std::string(kUsedBy)}};
    }
    const std::string& source = *events.rule_source;
    Resource rule{std::string(kRule), name, region};
    rule.properties = {
        {"Name", name},
        {"Description",
         fmt::format("Sends {} to the queue that aws-collector reads",
                     source.empty() ? "all events of the account" : "the events of " + source)},
        {"EventPattern", source.empty() ? Json{{"account", Json::array({facts_.account})}}
                                        : Json{{"source", Json::array({source})}}},
        {"State", "ENABLED"},
        {"Targets", Json::array({std::move(target)})},
        {"Tags", tags_}};
    rule.needs = {Id(kQueue, region, queue), Id(kQueue, region, undelivered)};
    Add(std::move(rule));
  }

  std::string BucketOf(const LogSetup& setup, const std::string& region) const {
    if (!setup.bucket.empty()) return setup.bucket;
    return fmt::format("{}-logs-{}-{}", input_.setup.name_prefix, facts_.account, region);
  }

  // Lets AWS's log delivery write into the bucket.
  // https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html
  void AddBucketPolicy(const std::string& bucket, const std::string& region) {
    const std::string sid = CamelCase(input_.setup.name_prefix);
    const std::string arn = BucketArnOf(bucket, region);
    const std::string_view partition = aws::PartitionOf(region);
    const Json account = {{"aws:SourceAccount", facts_.account}};
    const Json source = {
        {"aws:SourceArn", fmt::format("arn:{}:logs:*:{}:*", partition, facts_.account)}};
    Json write_account = account;
    write_account["s3:x-amz-acl"] = "bucket-owner-full-control";
    const std::string objects = fmt::format("{}/AWSLogs/{}/*", arn, facts_.account);
    constexpr char kDeliverer[] = "delivery.logs.amazonaws.com";
    Resource policy{std::string(kBucketPolicy), bucket, region};
    policy.properties = {
        {"Bucket", bucket},
        {"PolicyDocument",
         Policy(
             Json::array({Statement(sid + "LogDeliveryWrite", kDeliverer, "s3:PutObject", objects,
                                    {{"StringEquals", write_account}, {"ArnLike", source}}),
                          Statement(sid + "LogDeliveryCheck", kDeliverer,
                                    Json::array({"s3:GetBucketAcl", "s3:ListBucket"}), arn,
                                    {{"StringEquals", account}, {"ArnLike", source}})}))}};
    policy.needs = {Id(kBucket, region, bucket)};
    Add(std::move(policy));
  }

  // The bucket, and a queue that it tells of new objects under `prefix`.
  void AddObjects(const LogSetup& setup, const std::string& region, const std::string& prefix,
                  Owner owner) {
    const std::string queue = OwnQueue(setup.queue, region);
    const std::string bucket = BucketOf(setup, region);
    Resource resource{std::string(kBucket), bucket, region};
    resource.properties = {
        {"BucketName", bucket},
        {"BucketEncryption",
         {{"ServerSideEncryptionConfiguration",
           Json::array({{{"ServerSideEncryptionByDefault", {{"SSEAlgorithm", "AES256"}}}}})}}},
        {"PublicAccessBlockConfiguration",
         {{"BlockPublicAcls", true},
          {"IgnorePublicAcls", true},
          {"BlockPublicPolicy", true},
          {"RestrictPublicBuckets", true}}},
        {"Tags", tags_}};
    resource.owner = owner;
    Add(std::move(resource));
    if (queue.empty()) return;
    const Json condition = {{"ArnLike", {{"aws:SourceArn", BucketArnOf(bucket, region)}}},
                            {"StringEquals", {{"aws:SourceAccount", facts_.account}}}};
    AddQueue(region, DeadOf(queue), kFourteenDays, Json(), "");
    AddQueue(region, queue, kFiveDays,
             Policy(Json::array({Statement("S3", "s3.amazonaws.com", "sqs:SendMessage",
                                           Arn(kQueue, region, queue), condition)})),
             DeadOf(queue));
    // S-20: S3 sends to no FIFO queue.
    if (aws::sqs::IsFifo(queue)) {
      wanted_.by_hand.push_back(fmt::format(
          "queue {} in {} is a FIFO queue, which S3 cannot send to: name a standard one", queue,
          region));
      return;
    }
    Resource notification{std::string(kNotification), queue, region};
    notification.properties = {{"Bucket", bucket},
                               {"Queue", Arn(kQueue, region, queue)},
                               {"Event", "s3:ObjectCreated:*"},
                               {"Prefix", prefix}};
    notification.needs = {Id(kBucket, region, bucket), Id(kQueue, region, queue)};
    Add(std::move(notification));
  }

  Owner OwnerOf(const LogSetup& setup) const {
    return setup.bucket.empty() ? Owner::kUs : Owner::kAnyone;
  }

  void AddVpcFlow(const LogSetup& setup, const std::string& region) {
    AddObjects(setup, region, fmt::format("AWSLogs/{}/vpcflowlogs/", facts_.account),
               OwnerOf(setup));
    const std::string bucket = BucketOf(setup, region);
    AddBucketPolicy(bucket, region);
    std::vector<std::string> vpcs = setup.ids;
    if (setup.all) {
      const auto found = facts_.vpcs.find(region);
      if (found != facts_.vpcs.end()) vpcs = found->second;
    }
    for (const std::string& vpc : vpcs) {
      Resource flow_log{std::string(kFlowLog), vpc, region};
      flow_log.properties = {{"ResourceType", "VPC"},
                             {"ResourceId", vpc},
                             {"TrafficType", "ALL"},
                             {"LogDestinationType", "s3"},
                             {"LogDestination", BucketArnOf(bucket, region)},
                             {"MaxAggregationInterval", 600},
                             {"Tags", tags_}};
      flow_log.needs = {Id(kBucket, region, bucket), Id(kBucketPolicy, region, bucket)};
      Add(std::move(flow_log));
    }
  }

  void AddCloudFront(const LogSetup& setup, const std::string& region) {
    if (aws::PartitionOf(region) != "aws") {
      wanted_.by_hand.push_back(fmt::format(
          "CloudFront's logs in {}: switch on the standard logging of each distribution, into "
          "bucket {}",
          aws::PartitionOf(region), BucketOf(setup, region)));
      return;
    }
    AddObjects(setup, region, fmt::format("AWSLogs/{}/CloudFront/", facts_.account),
               OwnerOf(setup));
    const std::string bucket = BucketOf(setup, region);
    AddBucketPolicy(bucket, region);
    const std::string destination = fmt::format("{}-cloudfront", input_.setup.name_prefix);
    Resource to{std::string(kDeliveryDestination), destination, kCloudFrontRegion};
    to.properties = {{"Name", destination},
                     {"DestinationResourceArn", BucketArnOf(bucket, region)},
                     {"OutputFormat", "w3c"},
                     {"Tags", tags_}};
    to.needs = {Id(kBucket, region, bucket), Id(kBucketPolicy, region, bucket)};
    Add(std::move(to));
    for (const std::string& id : setup.all ? facts_.distributions : setup.ids) {
      AddDelivery(id, destination);
    }
  }

  void AddDelivery(const std::string& distribution, const std::string& destination) {
    const std::string region = kCloudFrontRegion;
    const std::string name =
        fmt::format("{}-cloudfront-{}", input_.setup.name_prefix, distribution);
    Resource from{std::string(kDeliverySource), name, region};
    from.properties = {{"Name", name},
                       {"ResourceArn", fmt::format("arn:aws:cloudfront::{}:distribution/{}",
                                                   facts_.account, distribution)},
                       {"LogType", "ACCESS_LOGS"},
                       {"Tags", tags_}};
    Add(std::move(from));
    Resource delivery{std::string(kDelivery), name, region};
    delivery.properties = {
        {"DeliverySourceName", name},
        {"DeliveryDestinationArn", Arn(kDeliveryDestination, region, destination)},
        {"Tags", tags_}};
    delivery.needs = {Id(kDeliverySource, region, name),
                      Id(kDeliveryDestination, region, destination)};
    Add(std::move(delivery));
  }

  const InputSettings& input_;
  const Facts& facts_;
  const Json tags_;
  Wanted wanted_;
};

template <typename Want>
bool AnyLogSetup(const InputSettings& input, Want want) {
  for (const S3LogsSettings& logs : input.s3_logs) {
    for (const LogSetup& setup : logs.setups) {
      if (want(logs, setup)) return true;
    }
  }
  return false;
}

}  // namespace

Wanted WantedBy(const InputSettings& input, const Facts& facts) {
  Builder builder(input, facts);
  for (const ServiceEventsSettings& events : input.service_events) builder.AddServiceEvents(events);
  for (const S3LogsSettings& logs : input.s3_logs) builder.AddLogs(logs);
  return builder.Take();
}

bool WantsAllVpcs(const InputSettings& input, const std::string& region) {
  return AnyLogSetup(input, [&](const S3LogsSettings& logs, const LogSetup& setup) {
    const auto& regions = logs.service.regions;
    return setup.what == LogSetup::What::kVpcFlow && setup.all &&
           std::find(regions.begin(), regions.end(), region) != regions.end();
  });
}

bool WantsAllDistributions(const InputSettings& input) {
  return AnyLogSetup(input, [](const S3LogsSettings&, const LogSetup& setup) {
    return setup.what == LogSetup::What::kCloudFront && setup.all;
  });
}

std::vector<std::string> RegionsOf(const InputSettings& input) {
  std::vector<std::string> all;
  const auto add = [&all](const std::string& region) {
    if (std::find(all.begin(), all.end(), region) == all.end()) all.push_back(region);
  };
  for (const ServiceEventsSettings& events : input.service_events) {
    for (const std::string& region : events.service.regions) add(region);
  }
  for (const S3LogsSettings& logs : input.s3_logs) {
    for (const std::string& region : logs.service.regions) add(region);
    for (const LogSetup& setup : logs.setups) {
      if (setup.what == LogSetup::What::kCloudFront) add(kCloudFrontRegion);
    }
  }
  return all;
}

Json TagsOf(const SetupSettings& settings) {
  Json tags = Json::object();
  for (const auto& [name, value] : settings.tags) tags[name] = value;
  tags[std::string(kUsedByTag)] = std::string(kUsedBy);
  tags[std::string(kSetupTag)] = settings.name_prefix;
  return tags;
}

}  // namespace collector::setup
