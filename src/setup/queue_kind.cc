#include <string>
#include <utility>

#include <fmt/format.h>

#include "aws/endpoints.h"
#include "aws/sqs/get_queue_url.h"
#include "aws/sqs/queue_operations.h"
#include "aws/sqs/queue_url.h"
#include "setup/kind.h"

namespace collector::setup {
namespace {

namespace sqs = aws::sqs;

// All attributes are texts.
std::string AttributeText(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// The attribute as a value of the same type as the wanted one.
Json AttributeValue(const std::string& text, const Json& wanted) {
  if (wanted.is_string()) return text;
  Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_discarded() ? Json(text) : value;
}

bool IsAttribute(const std::string& property) {
  return property != "QueueName" && property != "Tags";
}

std::string QueueSubject(const Resource& queue) { return "queue " + queue.name; }

class Queues final : public Kind {
 public:
  std::string_view noun() const override { return "SQS queue"; }

  Result<std::optional<Found>> Look(Caller& aws, const Resource& wanted) const override {
    const auto url = aws.Call(sqs::GetQueueUrl{.name = wanted.name});
    if (!url && IsMissing(url.error())) return std::nullopt;
    if (!url) return Propagate(url);
    Found found;
    found.handle = url->url;
    const auto answer = aws.Call(
        sqs::DescribeQueue{{{"QueueUrl", found.handle}, {"AttributeNames", Json::array({"All"})}},
                           QueueSubject(wanted)});
    if (!answer) return Propagate(answer);
    const Json attributes = answer->value("Attributes", Json::object());
    for (const auto& [name, value] : wanted.properties.items()) {
      const auto attribute = attributes.find(name);
      if (!IsAttribute(name) || attribute == attributes.end()) continue;
      found.properties[name] = AttributeValue(attribute->get<std::string>(), value);
    }
    if (const auto key = attributes.value("KmsMasterKeyId", std::string()); !key.empty()) {
      found.properties[std::string(kKeyProperty)] = key;
      found.properties["SqsManagedSseEnabled"] =
          wanted.properties.value("SqsManagedSseEnabled", false);
    }
    const auto tags =
        aws.Call(sqs::ListQueueTags{{{"QueueUrl", found.handle}}, QueueSubject(wanted)});
    if (!tags) return Propagate(tags);
    found.properties["QueueName"] = wanted.name;
    found.properties["Tags"] = tags->value("Tags", Json::object());
    found.ours = HasOurMarks(found.properties["Tags"], wanted);
    return found;
  }

  Status Create(Caller& aws, const Resource& wanted) const override {
    Json attributes = Json::object();
    for (const auto& [name, value] : wanted.properties.items()) {
      if (IsAttribute(name)) attributes[name] = AttributeText(value);
    }
    const auto made = aws.Call(sqs::CreateQueue{{{"QueueName", wanted.name},
                                                 {"Attributes", std::move(attributes)},
                                                 {"tags", wanted.properties.at("Tags")}},
                                                QueueSubject(wanted)});
    if (made) return {};
    if (made.error().code.find("QueueDeletedRecently") == std::string::npos) {
      return Propagate(made);
    }
    return Fail(ErrorKind::kRetry,
                fmt::format("queue {} in {} was deleted less than a minute ago, and SQS makes none "
                            "of that name before; try again in a minute",
                            wanted.name, wanted.region),
                made.error().code);
  }

  Status Change(Caller& aws, const Resource& wanted, const Found& found) const override {
    Json attributes = Json::object();
    for (const auto& [name, value] : wanted.properties.items()) {
      const bool same = found.properties.contains(name) && found.properties[name] == value;
      if (IsAttribute(name) && !same) attributes[name] = AttributeText(value);
    }
    if (!attributes.empty()) {
      const auto set = aws.Call(sqs::SetQueueAttributes{
          {{"QueueUrl", found.handle}, {"Attributes", attributes}}, QueueSubject(wanted)});
      if (!set) return Propagate(set);
    }
    const auto tagged =
        aws.Call(sqs::TagQueue{{{"QueueUrl", found.handle}, {"Tags", wanted.properties.at("Tags")}},
                               QueueSubject(wanted)});
    if (!tagged) return Propagate(tagged);
    return {};
  }

  Result<std::string> Remove(Caller& aws, const Resource& queue,
                             const Found& found) const override {
    const auto removed =
        aws.Call(sqs::DeleteQueue{{{"QueueUrl", found.handle}}, QueueSubject(queue)});
    if (!removed && !IsMissing(removed.error())) return Propagate(removed);
    return std::string();
  }

  Result<std::vector<Resource>> List(Caller& aws, const std::string& prefix) const override {
    std::vector<Resource> queues;
    Json request = {{"QueueNamePrefix", prefix}, {"MaxResults", 1000}};
    for (;;) {
      const auto page = aws.Call(sqs::ListQueues{request, "queues " + prefix + "*"});
      if (!page) return Propagate(page);
      for (const Json& url : page->value("QueueUrls", Json::array())) {
        const std::string text = url.get<std::string>();
        queues.push_back({std::string(kQueue), std::string(sqs::QueueNameOf(text)), aws.region()});
      }
      const std::string next = page->value("NextToken", "");
      if (next.empty()) return queues;
      request["NextToken"] = next;
    }
  }

  std::string Arn(const Resource& queue, std::string_view account) const override {
    return fmt::format("arn:{}:sqs:{}:{}:{}", aws::PartitionOf(queue.region), queue.region, account,
                       queue.name);
  }
};

}  // namespace

const Kind& QueueKind() {
  static const Queues kKind;
  return kKind;
}

}  // namespace collector::setup
