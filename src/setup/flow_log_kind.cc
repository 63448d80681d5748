#include <string>
#include <utility>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "aws/ec2/flow_log_operations.h"
#include "aws/endpoints.h"
#include "setup/kind.h"

namespace collector::setup {
namespace {

namespace ec2 = aws::ec2;

std::string FlowLogSubject(const Resource& flow_log) { return "flow log of " + flow_log.name; }

Json FlowLogTags(const pugi::xml_node& item) {
  Json tags = Json::object();
  for (const auto& tag : item.child("tagSet").children("item")) {
    tags[tag.child_value("key")] = tag.child_value("value");
  }
  return tags;
}

Found FoundFlowLog(const pugi::xml_node& item, const Resource& wanted) {
  Found found;
  found.handle = item.child_value("flowLogId");
  found.properties = {
      {"ResourceType", "VPC"},
      {"ResourceId", item.child_value("resourceId")},
      {"TrafficType", item.child_value("trafficType")},
      {"LogDestinationType", item.child_value("logDestinationType")},
      {"LogDestination", item.child_value("logDestination")},
      {"MaxAggregationInterval", item.child("maxAggregationInterval").text().as_int(600)},
      {"Tags", FlowLogTags(item)}};
  found.ours = HasOurMarks(found.properties["Tags"], wanted);
  return found;
}

// Both calls say in their answer what they did not do.
Status CheckUnsuccessful(const aws::XmlAnswer& answer, const Resource& flow_log) {
  const auto item = answer->first_child().child("unsuccessful").child("item");
  if (!item) return {};
  const auto error = item.child("error");
  return Fail(ErrorKind::kRejected,
              fmt::format("the {} in {} was refused: {}: {}", FlowLogSubject(flow_log),
                          flow_log.region, error.child_value("code"), error.child_value("message")),
              error.child_value("code"));
}

class FlowLogs final : public Kind {
 public:
  std::string_view noun() const override { return "VPC flow log"; }

  // Ours, else somebody else's that goes to the same place.
  Result<std::optional<Found>> Look(Caller& aws, const Resource& wanted) const override {
    std::optional<Found> same;
    aws::Parameters request = {{"Filter.1.Name", "resource-id"}, {"Filter.1.Value.1", wanted.name}};
    for (;;) {
      const auto page = aws.Call(ec2::DescribeFlowLogs{request, FlowLogSubject(wanted)});
      if (!page) return Propagate(page);
      const auto root = (*page)->first_child();
      for (const auto& item : root.child("flowLogSet").children("item")) {
        Found found = FoundFlowLog(item, wanted);
        if (found.ours) return found;
        if (found.properties["LogDestination"] == wanted.properties.value("LogDestination", "")) {
          same = std::move(found);
        }
      }
      const std::string next = root.child_value("nextToken");
      if (next.empty()) return same;
      request.resize(2);
      request.emplace_back("NextToken", next);
    }
  }

  Status Create(Caller& aws, const Resource& wanted) const override {
    aws::Parameters request = {
        {"ResourceId.1", wanted.name},
        {"MaxAggregationInterval",
         std::to_string(wanted.properties.at("MaxAggregationInterval").get<int>())},
        {"TagSpecification.1.ResourceType", "vpc-flow-log"}};
    for (const char* name :
         {"ResourceType", "TrafficType", "LogDestinationType", "LogDestination"}) {
      request.emplace_back(name, wanted.properties.at(name).get<std::string>());
    }
    AppendTags("TagSpecification.1.Tag", wanted, request);
    const auto made = aws.Call(ec2::CreateFlowLogs{std::move(request), FlowLogSubject(wanted)});
    if (!made) return Propagate(made);
    return CheckUnsuccessful(*made, wanted);
  }

  // All but its tags is as it was made. The new one comes first: records twice rather than none.
  Status Change(Caller& aws, const Resource& wanted, const Found& found) const override {
    Json unlike_tags = wanted.properties;
    unlike_tags.erase("Tags");
    Json found_unlike_tags = found.properties;
    found_unlike_tags.erase("Tags");
    if (unlike_tags == found_unlike_tags) {
      aws::Parameters request = {{"ResourceId.1", found.handle}};
      AppendTags("Tag", wanted, request);
      const auto tagged = aws.Call(ec2::CreateTags{std::move(request), FlowLogSubject(wanted)});
      if (!tagged) return Propagate(tagged);
      return {};
    }
    if (auto made = Create(aws, wanted); !made) {
      // One that goes to the same place has to give way before.
      if (made.error().code.find("FlowLogAlreadyExists") == std::string::npos) return made;
      if (auto removed = Remove(aws, wanted, found); !removed) return Propagate(removed);
      return Create(aws, wanted);
    }
    if (auto removed = Remove(aws, wanted, found); !removed) return Propagate(removed);
    return {};
  }

  Result<std::string> Remove(Caller& aws, const Resource& flow_log,
                             const Found& found) const override {
    const auto removed =
        aws.Call(ec2::DeleteFlowLogs{{{"FlowLogId.1", found.handle}}, FlowLogSubject(flow_log)});
    if (!removed) return Propagate(removed);
    if (auto all = CheckUnsuccessful(*removed, flow_log); !all) return Propagate(all);
    return std::string();
  }

  // They have no names; their marks are looked for.
  Result<std::vector<Resource>> List(Caller& aws, const std::string& prefix) const override {
    std::vector<Resource> flow_logs;
    aws::Parameters request = {{"Filter.1.Name", fmt::format("tag:{}", kSetupTag)},
                               {"Filter.1.Value.1", prefix}};
    for (;;) {
      const auto page = aws.Call(ec2::DescribeFlowLogs{request, "flow logs"});
      if (!page) return Propagate(page);
      const auto root = (*page)->first_child();
      for (const auto& item : root.child("flowLogSet").children("item")) {
        flow_logs.push_back({std::string(kFlowLog), item.child_value("resourceId"), aws.region()});
      }
      const std::string next = root.child_value("nextToken");
      if (next.empty()) return flow_logs;
      request.resize(2);
      request.emplace_back("NextToken", next);
    }
  }

  // Making one asks for leave on the VPC as well, and looking at them for leave on everything.
  std::string Arn(const Resource&, std::string_view) const override { return "*"; }

 private:
  static void AppendTags(const std::string& parameter, const Resource& wanted,
                         aws::Parameters& request) {
    int number = 1;
    for (const auto& [name, value] : wanted.properties.at("Tags").items()) {
      request.emplace_back(fmt::format("{}.{}.Key", parameter, number), name);
      request.emplace_back(fmt::format("{}.{}.Value", parameter, number), value.get<std::string>());
      ++number;
    }
  }
};

}  // namespace

const Kind& FlowLogKind() {
  static const FlowLogs kKind;
  return kKind;
}

}  // namespace collector::setup
