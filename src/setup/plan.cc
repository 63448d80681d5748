#include "setup/plan.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "aws/cloudfront/list_distributions.h"
#include "aws/ec2/flow_log_operations.h"
#include "setup/key_check.h"

namespace collector::setup {
namespace {

// A form that is the same for all the ways in which AWS writes one value.
Json Canonical(const Json& value) {
  if (value.is_number() || value.is_boolean()) return value.dump();
  if (value.is_array()) {
    Json list = Json::array();
    for (const Json& one : value) list.push_back(Canonical(one));
    return list.size() == 1 ? Json(list[0]) : list;
  }
  if (!value.is_object()) return value;
  Json object = Json::object();
  for (const auto& [name, one] : value.items()) object[name] = Canonical(one);
  return object;
}

std::string Shown(const Json& value) { return value.is_null() ? "" : value.dump(); }

Result<std::vector<std::string>> FindVpcs(Caller& aws) {
  std::vector<std::string> vpcs;
  aws::Parameters request;
  for (;;) {
    const auto page = aws.Call(aws::ec2::DescribeVpcs{request, "all VPCs"});
    if (!page) return Propagate(page);
    const auto root = (*page)->first_child();
    for (const auto& vpc : root.child("vpcSet").children("item")) {
      vpcs.emplace_back(vpc.child_value("vpcId"));
    }
    const std::string next = root.child_value("nextToken");
    if (next.empty()) return vpcs;
    request = {{"NextToken", next}};
  }
}

Result<std::vector<std::string>> FindDistributions(Caller& aws) {
  std::vector<std::string> distributions;
  std::string marker;
  do {
    auto page = aws.Call(aws::cloudfront::ListDistributions{marker});
    if (!page) return Propagate(page);
    distributions.insert(distributions.end(), page->ids.begin(), page->ids.end());
    marker = page->next_marker;
  } while (!marker.empty());
  return distributions;
}

Step Failed(Caller& aws, const Resource& resource, const Error& error, const std::string& number) {
  Step step{resource, Action::kFail};
  step.why = error.message;
  step.statement =
      StatementFor(error, aws.permission(), KindOf(resource.type).Arn(resource, number));
  return step;
}

// What is there and does not bear our marks.
void JudgeForeign(const PlanOptions& options, Step& step) {
  if (step.resource.owner != Owner::kUs) {
    step.action = Action::kKeep;
    step.why = "not ours; used as it is";
    step.differences.clear();
    return;
  }
  const bool same = std::all_of(step.differences.begin(), step.differences.end(),
                                [](const Difference& one) { return one.property == "Tags"; });
  if (options.adopt) {
    step.action = Action::kChange;
  } else if (same) {
    step.action = Action::kKeep;
    step.why = "not ours, but as it should be";
    step.differences.clear();
  } else {
    step.action = Action::kRefuse;
    step.why =
        "it is there, is not ours and is not as it should be: change it, take another name, or "
        "have it taken over with --adopt";
  }
}

}  // namespace

bool IsFault(Action action) {
  return action == Action::kRefuse || action == Action::kWait || action == Action::kFail;
}

std::string NeedText(const std::string& id) {
  const size_t name = id.find(' ') + 1;
  const size_t region = id.rfind(' ') + 1;
  return fmt::format("it needs the {} {} in {}, see there", KindOf(id.substr(0, name - 1)).noun(),
                     id.substr(name, region - 1 - name), id.substr(region));
}

size_t Plan::Count(Action action) const {
  return static_cast<size_t>(std::count_if(
      steps.begin(), steps.end(), [action](const Step& step) { return step.action == action; }));
}

std::vector<Difference> Compare(const Json& wanted, const Json& found) {
  std::vector<Difference> differences;
  for (const auto& [name, value] : wanted.items()) {
    const Json there = found.value(name, Json());
    if (name == "Tags") {
      Json merged = there.is_object() ? there : Json::object();
      merged.update(value);
      if (merged == there) continue;
    } else if (Canonical(there) == Canonical(value)) {
      continue;
    }
    differences.push_back({name, Shown(there), Shown(value)});
  }
  return differences;
}

std::string StatementFor(const Error& error, const std::string& permission,
                         const std::string& arn) {
  constexpr std::string_view kDenied[] = {"AccessDenied", "AccessDeniedException",
                                          "AuthorizationError", "UnauthorizedOperation"};
  if (std::find(std::begin(kDenied), std::end(kDenied), error.code) == std::end(kDenied)) return {};
  // These have no resource of their own to be allowed for.
  // https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
  constexpr std::string_view kForAll[] = {"cloudfront:List",     "ec2:Describe",
                                          "events:ListRules",    "logs:Describe",
                                          "s3:ListAllMyBuckets", "sqs:ListQueues"};
  const bool for_all = std::any_of(
      std::begin(kForAll), std::end(kForAll),
      [&](std::string_view start) { return std::string_view(permission).starts_with(start); });
  return Json{{"Effect", "Allow"}, {"Action", permission}, {"Resource", for_all ? "*" : arn}}
      .dump();
}

Result<Facts> FindFacts(Account& account, const InputSettings& input) {
  Facts facts;
  const std::vector<std::string> regions = RegionsOf(input);
  if (regions.empty()) return facts;
  auto number = account.Number(regions.front());
  if (!number) return Propagate(number);
  facts.account = *std::move(number);
  for (const std::string& region : regions) {
    if (!WantsAllVpcs(input, region)) continue;
    auto vpcs = FindVpcs(account.In(region));
    if (!vpcs) return Propagate(vpcs);
    facts.vpcs[region] = *std::move(vpcs);
  }
  if (WantsAllDistributions(input)) {
    auto distributions = FindDistributions(account.In("us-east-1"));
    if (!distributions) return Propagate(distributions);
    facts.distributions = *std::move(distributions);
  }
  return facts;
}

Step PlanStep(Account& account, const Resource& resource, const PlanOptions& options,
              const std::string& number) {
  Caller& aws = account.In(resource.region);
  auto found = Heedful([&] { return KindOf(resource.type).Look(aws, resource); });
  if (!found) return Failed(aws, resource, found.error(), number);
  Step step{resource};
  step.found = *std::move(found);
  if (!step.found) {
    step.action = resource.owner == Owner::kOthers ? Action::kRefuse : Action::kCreate;
    if (step.action == Action::kRefuse) step.why = "it does not exist, and is not ours to make";
    return step;
  }
  if (!step.found->refusal.empty()) {
    step.action = Action::kRefuse;
    step.why = step.found->refusal;
    return step;
  }
  step.differences = Compare(resource.properties, step.found->properties);
  if (!step.found->ours) {
    JudgeForeign(options, step);
  } else if (!step.differences.empty()) {
    step.action = Action::kChange;
  }
  return step;
}

Plan MakePlan(Account& account, const Wanted& wanted, const Facts& facts,
              const PlanOptions& options) {
  Plan plan{facts.account, {}, wanted.by_hand};
  std::set<std::string> blocked;
  for (const Resource& resource : wanted.resources) {
    Step step = PlanStep(account, resource, options, facts.account);
    for (const std::string& need : resource.needs) {
      if (!blocked.contains(need) || step.action == Action::kKeep) continue;
      step.action = Action::kWait;
      step.why = NeedText(need);
    }
    if (IsFault(step.action)) {
      blocked.insert(resource.Id());
    }
    auto note = Heedful([&] { return CheckKey(account.In(resource.region), step); });
    if (!note)
      note = fmt::format("{}: its key is not checked: {}", resource.Id(), note.error().message);
    if (!note->empty()) plan.notes.push_back(std::move(*note));
    plan.steps.push_back(std::move(step));
  }
  return plan;
}

Plan MakeDestroyPlan(Account& account, const InputSettings& input, const Facts& facts) {
  Plan plan{facts.account, {}, {}};
  std::vector<Resource> candidates = WantedBy(input, facts).resources;
  std::set<std::string> known;
  for (const Resource& resource : candidates) known.insert(resource.Id());
  const std::string& prefix = input.setup.name_prefix;
  for (const std::string& region : RegionsOf(input)) {
    for (const std::string_view type : KindsInOrder()) {
      auto listed = Heedful([&] { return KindOf(type).List(account.In(region), prefix); });
      if (!listed) {
        const Resource all{std::string(type), prefix + "*", region};
        plan.steps.push_back(Failed(account.In(region), all, listed.error(), facts.account));
        continue;
      }
      for (Resource& resource : *listed) {
        if (!known.insert(resource.Id()).second) continue;
        resource.properties["Tags"] = TagsOf(input.setup);
        candidates.push_back(std::move(resource));
      }
    }
  }
  const auto types = KindsInOrder();
  for (size_t i = types.size(); i-- > 0;) {
    for (const Resource& resource : candidates) {
      if (resource.type != types[i]) continue;
      Step step = PlanStep(account, resource, {}, facts.account);
      if (step.action != Action::kFail) {
        if (!step.found) continue;
        step.action = step.found->ours ? Action::kRemove : Action::kKeep;
        step.why = step.found->ours ? "" : "not ours";
        step.differences.clear();
      }
      plan.steps.push_back(std::move(step));
    }
  }
  return plan;
}

}  // namespace collector::setup
