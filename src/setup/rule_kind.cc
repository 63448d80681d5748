#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "aws/endpoints.h"
#include "aws/events/rule_operations.h"
#include "setup/kind.h"

namespace collector::setup {
namespace {

namespace events = aws::events;

constexpr const char* kRuleTexts[] = {"Name", "Description", "State"};

std::string RuleSubject(const Resource& rule) { return "rule " + rule.name; }

// {"a": "b"} -> [{"Key": "a", "Value": "b"}]
Json TagList(const Json& tags) {
  Json list = Json::array();
  for (const auto& [name, value] : tags.items()) list.push_back({{"Key", name}, {"Value", value}});
  return list;
}

Json TagObject(const Json& list) {
  Json tags = Json::object();
  for (const Json& tag : list) tags[tag.value("Key", "")] = tag.value("Value", "");
  return tags;
}

bool IsOurTarget(const Json& target, const Resource& wanted) {
  for (const Json& own : wanted.properties.value("Targets", Json::array())) {
    if (own.at("Id") == target.value("Id", "")) return true;
  }
  return false;
}

// Both calls say in their answer what they did not do.
Status CheckEntries(const Json& answer, const Resource& rule) {
  if (answer.value("FailedEntryCount", 0) == 0) return {};
  const Json failed = answer.value("FailedEntries", Json::array());
  return Fail(ErrorKind::kRejected, fmt::format("the targets of rule {} in {} were not set: {}",
                                                rule.name, rule.region, failed.dump()));
}

class Rules final : public Kind {
 public:
  std::string_view noun() const override { return "EventBridge rule"; }

  Result<std::optional<Found>> Look(Caller& aws, const Resource& wanted) const override {
    const auto rule = aws.Call(events::DescribeRule{{{"Name", wanted.name}}, RuleSubject(wanted)});
    if (!rule && IsMissing(rule.error())) return std::nullopt;
    if (!rule) return Propagate(rule);
    Found found;
    found.handle = rule->value("Arn", "");
    for (const char* name : kRuleTexts) {
      if (rule->contains(name)) found.properties[name] = (*rule)[name];
    }
    const std::string pattern = rule->value("EventPattern", "");
    Json parsed = Json::parse(pattern, nullptr, /*allow_exceptions=*/false);
    found.properties["EventPattern"] = parsed.is_discarded() ? Json(pattern) : std::move(parsed);
    const auto targets =
        aws.Call(events::ListTargetsByRule{{{"Rule", wanted.name}}, RuleSubject(wanted)});
    if (!targets) return Propagate(targets);
    found.properties["Targets"] = Json::array();
    found.properties["OtherTargets"] = Json::array();
    for (const Json& target : targets->value("Targets", Json::array())) {
      found.properties[IsOurTarget(target, wanted) ? "Targets" : "OtherTargets"].push_back(target);
    }
    const auto tags =
        aws.Call(events::ListTagsForResource{{{"ResourceARN", found.handle}}, RuleSubject(wanted)});
    if (!tags) return Propagate(tags);
    found.properties["Tags"] = TagObject(tags->value("Tags", Json::array()));
    found.ours = HasOurMarks(found.properties["Tags"], wanted);
    return found;
  }

  Status Create(Caller& aws, const Resource& wanted) const override {
    const auto made = PutRule(aws, wanted, /*with_tags=*/true);
    return made ? PutTargets(aws, wanted) : made;
  }

  Status Change(Caller& aws, const Resource& wanted, const Found& found) const override {
    // The tags of a rule that is there are not looked at by PutRule.
    if (auto put = PutRule(aws, wanted, /*with_tags=*/false); !put) return put;
    const auto tagged = aws.Call(events::TagResource{
        {{"ResourceARN", found.handle}, {"Tags", TagList(wanted.properties.at("Tags"))}},
        RuleSubject(wanted)});
    if (!tagged) return Propagate(tagged);
    return PutTargets(aws, wanted);
  }

  Result<std::string> Remove(Caller& aws, const Resource& rule, const Found& found) const override {
    const Json others = found.properties.value("OtherTargets", Json::array());
    Json ids = Json::array();
    for (const Json& target : found.properties.value("Targets", Json::array())) {
      ids.push_back(target.at("Id"));
    }
    if (!ids.empty()) {
      const auto removed =
          aws.Call(events::RemoveTargets{{{"Rule", rule.name}, {"Ids", ids}}, RuleSubject(rule)});
      if (!removed) return Propagate(removed);
      if (auto all = CheckEntries(*removed, rule); !all) return Propagate(all);
    }
    if (!others.empty()) {
      return fmt::format("it has targets that are not ours ({})", others[0].value("Arn", ""));
    }
    const auto removed = aws.Call(events::DeleteRule{{{"Name", rule.name}}, RuleSubject(rule)});
    if (!removed && !IsMissing(removed.error())) return Propagate(removed);
    return std::string();
  }

  Result<std::vector<Resource>> List(Caller& aws, const std::string& prefix) const override {
    std::vector<Resource> rules;
    Json request = {{"NamePrefix", prefix}};
    for (;;) {
      const auto page = aws.Call(events::ListRules{request, "rules " + prefix + "*"});
      if (!page) return Propagate(page);
      for (const Json& rule : page->value("Rules", Json::array())) {
        Resource found{std::string(kRule), rule.value("Name", ""), aws.region()};
        found.properties["Targets"] = Json::array({{{"Id", std::string(kTargetId)}}});
        rules.push_back(std::move(found));
      }
      const std::string next = page->value("NextToken", "");
      if (next.empty()) return rules;
      request["NextToken"] = next;
    }
  }

  std::string Arn(const Resource& rule, std::string_view account) const override {
    return fmt::format("arn:{}:events:{}:{}:rule/{}", aws::PartitionOf(rule.region), rule.region,
                       account, rule.name);
  }

 private:
  static Status PutRule(Caller& aws, const Resource& wanted, bool with_tags) {
    Json request = {{"EventPattern", wanted.properties.at("EventPattern").dump()}};
    for (const char* name : kRuleTexts) request[name] = wanted.properties.at(name);
    if (with_tags) request["Tags"] = TagList(wanted.properties.at("Tags"));
    const auto put = aws.Call(events::PutRule{std::move(request), RuleSubject(wanted)});
    if (!put) return Propagate(put);
    return {};
  }

  static Status PutTargets(Caller& aws, const Resource& wanted) {
    const auto put = aws.Call(
        events::PutTargets{{{"Rule", wanted.name}, {"Targets", wanted.properties.at("Targets")}},
                           RuleSubject(wanted)});
    if (!put) return Propagate(put);
    return CheckEntries(*put, wanted);
  }
};

}  // namespace

const Kind& RuleKind() {
  static const Rules kKind;
  return kKind;
}

}  // namespace collector::setup
