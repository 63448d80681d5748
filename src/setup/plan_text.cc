#include "setup/plan_text.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace collector::setup {
namespace {

struct ActionRow {
  Action action;
  std::string_view sign;
  std::string_view color;  // of ANSI
  std::string_view planned;
  std::string_view done;
};

constexpr ActionRow kActions[] = {
    {Action::kKeep, "=", "", "as it should be", "left"},
    {Action::kCreate, "+", "32", "to create", "made"},
    {Action::kChange, "~", "33", "to change", "changed"},
    {Action::kRemove, "-", "31", "to remove", "removed"},
    {Action::kRefuse, "!", "1;31", "for you to decide", "not done"},
    {Action::kWait, "!", "1;31", "waiting for another", "not done"},
    {Action::kFail, "!", "1;31", "not to be looked at", "failed"},
};

const ActionRow& RowOf(Action action) {
  return *std::find_if(std::begin(kActions), std::end(kActions),
                       [action](const ActionRow& row) { return row.action == action; });
}

std::string Colored(std::string_view text, std::string_view color, bool on) {
  if (!on || color.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", color, text);
}

// Long documents are cut: a person looks for what is different, not for all of it.
std::string Cut(const std::string& text) {
  constexpr size_t kMost = 300;
  if (text.empty()) return "not set";
  return text.size() <= kMost ? text : text.substr(0, kMost) + "...";
}

std::string StepText(const Step& step, bool color) {
  const ActionRow& row = RowOf(step.action);
  std::string text = fmt::format("    {} {} {}", Colored(row.sign, row.color, color),
                                 KindOf(step.resource.type).noun(), step.resource.name);
  if (step.action == Action::kKeep && !step.why.empty()) text += fmt::format(" ({})", step.why);
  text += '\n';
  for (const Difference& one : step.differences) {
    text += fmt::format("        {}: {} -> {}\n", one.property, Cut(one.found), Cut(one.wanted));
  }
  if (IsFault(step.action)) {
    text += fmt::format("        {}\n", step.why);
  }
  if (!step.statement.empty()) {
    text += fmt::format("        add to the policies of that user or role: {}\n", step.statement);
  }
  return text;
}

std::string CountText(const Plan& plan) {
  std::string text;
  for (const ActionRow& row : kActions) {
    const size_t count = plan.Count(row.action);
    if (count == 0) continue;
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", count, row.planned);
  }
  return text.empty() ? "nothing to set up" : text;
}

}  // namespace

std::string PlanText(const std::string& input, const Plan& plan, bool color) {
  std::string text = fmt::format("{}: account {}\n", input, plan.account);
  std::vector<std::string> regions;
  for (const Step& step : plan.steps) {
    if (std::find(regions.begin(), regions.end(), step.resource.region) == regions.end()) {
      regions.push_back(step.resource.region);
    }
  }
  for (const std::string& region : regions) {
    text += fmt::format("  {}\n", region);
    for (const Step& step : plan.steps) {
      if (step.resource.region == region) text += StepText(step, color);
    }
  }
  for (const std::string& note : plan.notes) text += fmt::format("  note: {}\n", note);
  return text + fmt::format("  {}\n", CountText(plan));
}

std::string DoneText(const Step& step, bool color) {
  const ActionRow& row = RowOf(step.action);
  return fmt::format("  {} {}\n", Colored(row.sign, row.color, color), DoneLine(step));
}

std::string DoneLine(const Step& step) {
  std::string line = fmt::format("{} {} in {}: {}", KindOf(step.resource.type).noun(),
                                 step.resource.name, step.resource.region, RowOf(step.action).done);
  if (!step.why.empty()) line += fmt::format(": {}", step.why);
  if (!step.statement.empty()) {
    line += fmt::format("; add to the policies of that user or role: {}", step.statement);
  }
  return line;
}

std::string PriceText(const Plan& plan) {
  const auto makes = [&plan](std::string_view type) {
    return std::any_of(plan.steps.begin(), plan.steps.end(), [type](const Step& step) {
      return step.action == Action::kCreate && step.resource.type == type;
    });
  };
  std::string text;
  // Prices of us-east-1 in November 2026: aws.amazon.com/cloudwatch/pricing, /s3/pricing and
  // /sqs/pricing.
  if (makes(kFlowLog)) {
    text +=
        "  AWS charges flow logs by what they hold: $0.25 a GB to S3, and $0.023 a GB and "
        "month kept there; a busy VPC writes gigabytes a day.\n";
  }
  if (makes(kDelivery)) {
    text += "  CloudFront's logs cost nothing but their place in S3: $0.023 a GB and month.\n";
  }
  if (makes(kQueue)) {
    text +=
        "  SQS asks $0.50 (standard queues $0.40) for a million requests, the first million a "
        "month is free; rules for AWS's own events are free.\n";
  }
  return text.empty() ? text : "What it costs (us-east-1, November 2026):\n" + text;
}

}  // namespace collector::setup
