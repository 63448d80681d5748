// The three parts of a delivery of logs to S3: where they come from, where they go, and the line
// between the two. CloudFront's standard logs (v2) go this way.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging.html
#include <string>
#include <utility>

#include <fmt/format.h>

#include "aws/endpoints.h"
#include "aws/logs/delivery_operations.h"
#include "setup/kind.h"

namespace collector::setup {
namespace {

namespace logs = aws::logs;

std::string DeliveryArn(const Resource& resource, std::string_view account, std::string_view what) {
  return fmt::format("arn:{}:logs:{}:{}:{}:{}", aws::PartitionOf(resource.region), resource.region,
                     account, what, what == "delivery" ? "*" : resource.name);
}

// The pages of a Describe call, each entry of `member` once, until `each` says that it has enough.
template <typename Operation, typename Each>
Status ForEach(Caller& aws, const char* member, const std::string& subject, Each each) {
  Json request = Json::object();
  for (;;) {
    const auto page = aws.Call(Operation{request, subject});
    if (!page) return Propagate(page);
    for (const Json& one : page->value(member, Json::array())) {
      if (each(one)) return {};
    }
    const std::string next = page->value("nextToken", "");
    if (next.empty()) return {};
    request["nextToken"] = next;
  }
}

// What Get answers does not hold the tags.
Status ReadTagsOf(Caller& aws, const Resource& wanted, Found& found) {
  const auto tags =
      aws.Call(logs::ListTagsForResource{{{"resourceArn", found.handle}}, wanted.name});
  if (!tags) return Propagate(tags);
  found.properties["Tags"] = tags->value("tags", Json::object());
  found.ours = HasOurMarks(found.properties["Tags"], wanted);
  return {};
}

Status TagIt(Caller& aws, const Resource& wanted, const Found& found) {
  const auto tagged = aws.Call(logs::TagResource{
      {{"resourceArn", found.handle}, {"tags", wanted.properties.at("Tags")}}, wanted.name});
  if (!tagged) return Propagate(tagged);
  return {};
}

class DeliverySources final : public Kind {
 public:
  std::string_view noun() const override { return "log delivery source"; }

  Result<std::optional<Found>> Look(Caller& aws, const Resource& wanted) const override {
    const auto answer = aws.Call(
        logs::GetDeliverySource{{{"name", wanted.name}}, "delivery source " + wanted.name});
    if (!answer && IsMissing(answer.error())) return std::nullopt;
    if (!answer) return Propagate(answer);
    const Json source = answer->value("deliverySource", Json::object());
    const Json resources = source.value("resourceArns", Json::array());
    Found found;
    found.handle = source.value("arn", "");
    found.properties = {{"Name", wanted.name},
                        {"ResourceArn", resources.empty() ? Json() : resources[0]},
                        {"LogType", source.value("logType", "")}};
    if (auto read = ReadTagsOf(aws, wanted, found); !read) return Propagate(read);
    return found;
  }

  Status Create(Caller& aws, const Resource& wanted) const override {
    return Put(aws, wanted, {{"tags", wanted.properties.at("Tags")}});
  }

  Status Change(Caller& aws, const Resource& wanted, const Found& found) const override {
    if (auto put = Put(aws, wanted, Json::object()); !put) return put;
    return TagIt(aws, wanted, found);
  }

  Result<std::string> Remove(Caller& aws, const Resource& resource, const Found&) const override {
    const auto removed = aws.Call(logs::DeleteDeliverySource{{{"name", resource.name}}});
    if (!removed && !IsMissing(removed.error())) return Propagate(removed);
    return std::string();
  }

  Result<std::vector<Resource>> List(Caller& aws, const std::string& prefix) const override {
    std::vector<Resource> sources;
    const auto add = [&](const Json& source) {
      std::string name = source.value("name", "");
      if (name.starts_with(prefix)) {
        sources.push_back({std::string(kDeliverySource), std::move(name), aws.region()});
      }
      return false;
    };
    const Status read =
        ForEach<logs::DescribeDeliverySources>(aws, "deliverySources", "delivery sources", add);
    if (!read) return Propagate(read);
    return sources;
  }

  std::string Arn(const Resource& resource, std::string_view account) const override {
    return DeliveryArn(resource, account, "delivery-source");
  }

 private:
  static Status Put(Caller& aws, const Resource& wanted, Json request) {
    request["name"] = wanted.name;
    request["resourceArn"] = wanted.properties.at("ResourceArn");
    request["logType"] = wanted.properties.at("LogType");
    const auto put =
        aws.Call(logs::PutDeliverySource{std::move(request), "delivery source " + wanted.name});
    if (!put) return Propagate(put);
    return {};
  }
};

class DeliveryDestinations final : public Kind {
 public:
  std::string_view noun() const override { return "log delivery destination"; }

  Result<std::optional<Found>> Look(Caller& aws, const Resource& wanted) const override {
    const auto answer = aws.Call(logs::GetDeliveryDestination{
        {{"name", wanted.name}}, "delivery destination " + wanted.name});
    if (!answer && IsMissing(answer.error())) return std::nullopt;
    if (!answer) return Propagate(answer);
    const Json destination = answer->value("deliveryDestination", Json::object());
    const Json configuration =
        destination.value("deliveryDestinationConfiguration", Json::object());
    Found found;
    found.handle = destination.value("arn", "");
    found.properties = {
        {"Name", wanted.name},
        {"OutputFormat", destination.value("outputFormat", "")},
        {"DestinationResourceArn", configuration.value("destinationResourceArn", "")}};
    if (auto read = ReadTagsOf(aws, wanted, found); !read) return Propagate(read);
    return found;
  }

  Status Create(Caller& aws, const Resource& wanted) const override {
    return Put(aws, wanted, {{"tags", wanted.properties.at("Tags")}});
  }

  Status Change(Caller& aws, const Resource& wanted, const Found& found) const override {
    if (auto put = Put(aws, wanted, Json::object()); !put) return put;
    return TagIt(aws, wanted, found);
  }

  Result<std::string> Remove(Caller& aws, const Resource& resource, const Found&) const override {
    const auto removed = aws.Call(logs::DeleteDeliveryDestination{{{"name", resource.name}}});
    if (!removed && !IsMissing(removed.error())) return Propagate(removed);
    return std::string();
  }

  Result<std::vector<Resource>> List(Caller& aws, const std::string& prefix) const override {
    std::vector<Resource> destinations;
    const auto add = [&](const Json& destination) {
      std::string name = destination.value("name", "");
      if (name.starts_with(prefix)) {
        destinations.push_back({std::string(kDeliveryDestination), std::move(name), aws.region()});
      }
      return false;
    };
    const Status read = ForEach<logs::DescribeDeliveryDestinations>(aws, "deliveryDestinations",
                                                                    "delivery destinations", add);
    if (!read) return Propagate(read);
    return destinations;
  }

  std::string Arn(const Resource& resource, std::string_view account) const override {
    return DeliveryArn(resource, account, "delivery-destination");
  }

 private:
  static Status Put(Caller& aws, const Resource& wanted, Json request) {
    const Json& own = wanted.properties;
    request["name"] = wanted.name;
    request["outputFormat"] = own.at("OutputFormat");
    request["deliveryDestinationConfiguration"] = {
        {"destinationResourceArn", own.at("DestinationResourceArn")}};
    const auto put = aws.Call(
        logs::PutDeliveryDestination{std::move(request), "delivery destination " + wanted.name});
    if (!put) return Propagate(put);
    return {};
  }
};

// Named by its source, of which ours has just one.
class Deliveries final : public Kind {
 public:
  std::string_view noun() const override { return "log delivery"; }

  Result<std::optional<Found>> Look(Caller& aws, const Resource& wanted) const override {
    std::optional<Found> found;
    const Status read = ForEach<logs::DescribeDeliveries>(
        aws, "deliveries", "deliveries", [&](const Json& delivery) {
          if (delivery.value("deliverySourceName", "") != wanted.name) return false;
          found = FoundDelivery(delivery);
          return true;
        });
    if (!read) return Propagate(read);
    if (!found) return found;
    const std::string id = found->handle;
    found->handle = found->properties["Arn"];
    found->properties.erase("Arn");
    if (auto tags = ReadTagsOf(aws, wanted, *found); !tags) return Propagate(tags);
    found->properties["Id"] = id;
    return found;
  }

  Status Create(Caller& aws, const Resource& wanted) const override {
    const Json& own = wanted.properties;
    const auto made =
        aws.Call(logs::CreateDelivery{{{"deliverySourceName", own.at("DeliverySourceName")},
                                       {"deliveryDestinationArn", own.at("DeliveryDestinationArn")},
                                       {"tags", own.at("Tags")}},
                                      "delivery of " + wanted.name});
    if (!made) return Propagate(made);
    return {};
  }

  // Only the tags of a delivery can be changed here; anything else makes another one.
  Status Change(Caller& aws, const Resource& wanted, const Found& found) const override {
    if (found.properties["DeliveryDestinationArn"] ==
        wanted.properties.at("DeliveryDestinationArn")) {
      return TagIt(aws, wanted, found);
    }
    if (auto removed = Remove(aws, wanted, found); !removed) return Propagate(removed);
    return Create(aws, wanted);
  }

  Result<std::string> Remove(Caller& aws, const Resource& resource,
                             const Found& found) const override {
    const auto removed = aws.Call(
        logs::DeleteDelivery{{{"id", found.properties.at("Id")}}, "delivery of " + resource.name});
    if (!removed && !IsMissing(removed.error())) return Propagate(removed);
    return std::string();
  }

  Result<std::vector<Resource>> List(Caller& aws, const std::string& prefix) const override {
    std::vector<Resource> deliveries;
    const auto add = [&](const Json& delivery) {
      std::string name = delivery.value("deliverySourceName", "");
      if (name.starts_with(prefix)) {
        deliveries.push_back({std::string(kDelivery), std::move(name), aws.region()});
      }
      return false;
    };
    const Status read = ForEach<logs::DescribeDeliveries>(aws, "deliveries", "deliveries", add);
    if (!read) return Propagate(read);
    return deliveries;
  }

  std::string Arn(const Resource& resource, std::string_view account) const override {
    return DeliveryArn(resource, account, "delivery");
  }

 private:
  static Found FoundDelivery(const Json& delivery) {
    Found found;
    found.handle = delivery.value("id", "");
    found.properties = {{"Arn", delivery.value("arn", "")},
                        {"DeliverySourceName", delivery.value("deliverySourceName", "")},
                        {"DeliveryDestinationArn", delivery.value("deliveryDestinationArn", "")}};
    return found;
  }
};

}  // namespace

const Kind& DeliverySourceKind() {
  static const DeliverySources kKind;
  return kKind;
}

const Kind& DeliveryDestinationKind() {
  static const DeliveryDestinations kKind;
  return kKind;
}

const Kind& DeliveryKind() {
  static const Deliveries kKind;
  return kKind;
}

}  // namespace collector::setup
