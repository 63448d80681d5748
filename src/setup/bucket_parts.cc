// What is added to a bucket, be it ours or not: statements of its policy and a notification. Each
// is known as ours by its own name in the document, and what others have put there stays as it is.
#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "aws/endpoints.h"
#include "aws/s3/bucket_operations.h"
#include "setup/kind.h"
#include "setup/xml_text.h"

namespace collector::setup {
namespace {

namespace s3 = aws::s3;

std::string BucketArn(const Resource& part) {
  return fmt::format("arn:{}:s3:::{}", aws::PartitionOf(part.region),
                     part.properties.value("Bucket", part.name));
}

class BucketPolicies final : public Kind {
 public:
  std::string_view noun() const override { return "S3 bucket policy"; }

  Result<std::optional<Found>> Look(Caller& aws, const Resource& wanted) const override {
    const auto policy = Read(aws, wanted.name);
    if (!policy) return Propagate(policy);
    Found found;
    found.properties = {{"Bucket", wanted.name}};
    Json& statements = found.properties["PolicyDocument"]["Statement"] = Json::array();
    found.properties["PolicyDocument"]["Version"] = policy->value("Version", "");
    for (const Json& statement : policy->value("Statement", Json::array())) {
      if (IsOurs(statement, wanted)) statements.push_back(statement);
    }
    if (statements.empty()) return std::nullopt;
    return found;
  }

  Status Create(Caller& aws, const Resource& wanted) const override {
    return Merge(aws, wanted, wanted.properties.at("PolicyDocument").at("Statement"));
  }

  Status Change(Caller& aws, const Resource& wanted, const Found&) const override {
    return Create(aws, wanted);
  }

  Result<std::string> Remove(Caller& aws, const Resource& resource, const Found&) const override {
    if (auto merged = Merge(aws, resource, Json::array()); !merged) return Propagate(merged);
    return std::string();
  }

  Result<std::vector<Resource>> List(Caller&, const std::string&) const override {
    return std::vector<Resource>();
  }

  std::string Arn(const Resource& policy, std::string_view) const override {
    return BucketArn(policy);
  }

 private:
  static bool IsOurs(const Json& statement, const Resource& wanted) {
    const Json& own = wanted.properties.at("PolicyDocument").at("Statement");
    return std::any_of(own.begin(), own.end(), [&](const Json& one) {
      return one.at("Sid") == statement.value("Sid", "");
    });
  }

  static Result<Json> Read(Caller& aws, const std::string& bucket) {
    const auto text = aws.Call(s3::GetBucketPolicy{bucket});
    if (!text && IsMissing(text.error())) {
      return Json{{"Version", "2012-10-17"}, {"Statement", Json::array()}};
    }
    if (!text) return Propagate(text);
    Json policy = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
    if (!policy.is_object()) {
      return Fail(ErrorKind::kRetry, fmt::format("the policy of bucket {} is no JSON", bucket));
    }
    // A single statement may stand without its array.
    if (policy.value("Statement", Json::array()).is_object()) {
      policy["Statement"] = Json::array({policy["Statement"]});
    }
    return policy;
  }

  static Status Merge(Caller& aws, const Resource& wanted, const Json& statements) {
    auto policy = Read(aws, wanted.name);
    if (!policy) return Propagate(policy);
    Json merged = Json::array();
    for (const Json& statement : policy->value("Statement", Json::array())) {
      if (!IsOurs(statement, wanted)) merged.push_back(statement);
    }
    merged.insert(merged.end(), statements.begin(), statements.end());
    if (merged.empty()) {
      const auto removed = aws.Call(s3::DeleteBucketPolicy{wanted.name});
      if (!removed && !IsMissing(removed.error())) return Propagate(removed);
      return {};
    }
    (*policy)["Statement"] = std::move(merged);
    const auto put = aws.Call(s3::PutBucketPolicy{wanted.name, policy->dump()});
    if (!put) return Propagate(put);
    return {};
  }
};

// The value of a filter's rule, "prefix" or "suffix"; S3 gives the names in either case.
std::string FilterValue(const pugi::xml_node& configuration, std::string_view name) {
  for (const auto& rule : configuration.child("Filter").child("S3Key").children("FilterRule")) {
    std::string found = rule.child_value("Name");
    std::transform(found.begin(), found.end(), found.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (found == name) return rule.child_value("Value");
  }
  return {};
}

bool TellsOfNewObjects(const pugi::xml_node& configuration) {
  for (const auto& event : configuration.children("Event")) {
    if (std::string_view(event.child_value()).starts_with("s3:ObjectCreated:")) return true;
  }
  return false;
}

// Where a notification sends to: the queue, topic or function of a configuration.
std::string DestinationOf(const pugi::xml_node& configuration) {
  for (const char* name : {"Queue", "Topic", "CloudFunction"}) {
    if (const auto destination = configuration.child(name)) return destination.child_value();
  }
  return {};
}

class Notifications final : public Kind {
 public:
  std::string_view noun() const override { return "S3 notification"; }

  Result<std::optional<Found>> Look(Caller& aws, const Resource& wanted) const override {
    auto document = Read(aws, BucketOf(wanted));
    if (!document && IsMissing(document.error())) return std::nullopt;
    if (!document) return Propagate(document);
    std::optional<Found> found;
    for (const auto& one : (*document)->first_child().children()) {
      if (std::string_view(one.child_value("Id")) == wanted.name) {
        found = Found{PropertiesOf(one, wanted)};
        continue;
      }
      if (!Overlaps(one, wanted)) continue;
      const Json properties = PropertiesOf(one, wanted);
      const bool serves = properties["Queue"] == wanted.properties.at("Queue") &&
                          Text(wanted, "Prefix").starts_with(FilterValue(one, "prefix")) &&
                          FilterValue(one, "suffix").empty();
      // Somebody else's that does the same is as good; S3 allows no two for the same objects.
      Found other{serves ? wanted.properties : properties, /*ours=*/false};
      if (!serves) other.refusal = Refusal(one);
      return other;
    }
    return found;
  }

  Status Create(Caller& aws, const Resource& wanted) const override {
    return Merge(aws, wanted, /*with_ours=*/true);
  }

  Status Change(Caller& aws, const Resource& wanted, const Found&) const override {
    return Create(aws, wanted);
  }

  Result<std::string> Remove(Caller& aws, const Resource& resource, const Found&) const override {
    const auto merged = Merge(aws, resource, /*with_ours=*/false);
    if (!merged && !IsMissing(merged.error())) return Propagate(merged);
    return std::string();
  }

  Result<std::vector<Resource>> List(Caller&, const std::string&) const override {
    return std::vector<Resource>();
  }

  std::string Arn(const Resource& notification, std::string_view) const override {
    return BucketArn(notification);
  }

 private:
  static std::string Text(const Resource& resource, const char* name) {
    return resource.properties.at(name).get<std::string>();
  }
  static std::string BucketOf(const Resource& resource) { return Text(resource, "Bucket"); }

  static Result<std::shared_ptr<pugi::xml_document>> Read(Caller& aws, const std::string& bucket) {
    const auto text = aws.Call(s3::GetBucketNotification{bucket});
    if (!text) return Propagate(text);
    auto document = std::make_shared<pugi::xml_document>();
    if (!document->load_buffer(text->data(), text->size())) {
      return Fail(ErrorKind::kRetry,
                  fmt::format("the notifications of bucket {} are no XML", bucket));
    }
    return document;
  }

  static Json PropertiesOf(const pugi::xml_node& configuration, const Resource& wanted) {
    return {{"Bucket", BucketOf(wanted)},
            {"Queue", DestinationOf(configuration)},
            {"Event", configuration.child_value("Event")},
            {"Prefix", FilterValue(configuration, "prefix")}};
  }

  // S3 refuses two configurations that could both tell of one object. Ours has no suffix.
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
  static bool Overlaps(const pugi::xml_node& configuration, const Resource& wanted) {
    if (!TellsOfNewObjects(configuration)) return false;
    const std::string theirs = FilterValue(configuration, "prefix");
    const std::string own = Text(wanted, "Prefix");
    return own.starts_with(theirs) || theirs.starts_with(own);
  }

  static std::string Refusal(const pugi::xml_node& configuration) {
    return fmt::format(
        "the bucket already tells {} of new objects under \"{}\" (its notification {}), and S3 "
        "allows no two that overlap: read that queue (sqs_queue_names) when it is one, send both "
        "through an SNS topic or EventBridge, or give the other one a narrower prefix",
        DestinationOf(configuration), FilterValue(configuration, "prefix"),
        configuration.child_value("Id"));
  }

  // S-22: putting replaces everything, so what others have there is read and put again.
  static Status Merge(Caller& aws, const Resource& wanted, bool with_ours) {
    auto document = Read(aws, BucketOf(wanted));
    if (!document) return Propagate(document);
    pugi::xml_node root = (*document)->first_child();
    root.set_name("NotificationConfiguration");  // moto answers another name than it takes
    const auto ours = root.find_child([&](const pugi::xml_node& one) {
      return std::string_view(one.child_value("Id")) == wanted.name;
    });
    if (ours) root.remove_child(ours);
    if (with_ours) {
      auto own = root.append_child("QueueConfiguration");
      AppendText(own, "Id", wanted.name);
      AppendText(own, "Queue", Text(wanted, "Queue"));
      AppendText(own, "Event", Text(wanted, "Event"));
      auto rule = own.append_child("Filter").append_child("S3Key").append_child("FilterRule");
      AppendText(rule, "Name", "prefix");
      AppendText(rule, "Value", Text(wanted, "Prefix"));
    }
    const std::string text = XmlText(**document);
    return PutWhenTheQueueIsReady(aws, BucketOf(wanted), text);
  }

  // S3 sends a test event before it takes the configuration, and a queue's policy takes up to a
  // minute until it counts.
  static Status PutWhenTheQueueIsReady(Caller& aws, const std::string& bucket,
                                       const std::string& text) {
    constexpr int kTries = 14;
    constexpr Seconds kBetween{5};
    for (int i = 1;; ++i) {
      const auto put = aws.Call(s3::PutBucketNotification{bucket, text});
      if (put) return {};
      const bool not_ready = put.error().code == "InvalidArgument" &&
                             put.error().message.find("validate") != std::string::npos;
      if (!not_ready || i == kTries || !aws.Wait(kBetween)) return Propagate(put);
    }
  }
};

}  // namespace

const Kind& BucketPolicyKind() {
  static const BucketPolicies kKind;
  return kKind;
}

const Kind& NotificationKind() {
  static const Notifications kKind;
  return kKind;
}

}  // namespace collector::setup
