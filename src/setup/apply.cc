#include "setup/apply.h"

#include <set>
#include <utility>

#include <fmt/format.h>

namespace collector::setup {
namespace {

void SetFailed(Step& step, const Error& error, const Caller& aws, const std::string& number) {
  step.action = Action::kFail;
  step.why = error.message;
  step.statement =
      StatementFor(error, aws.permission(), KindOf(step.resource.type).Arn(step.resource, number));
}

Step Do(Account& account, const Step& planned, const PlanOptions& options,
        const std::string& number) {
  // Somebody may have been quicker, or an answer was lost.
  Step step = PlanStep(account, planned.resource, options, number);
  const Kind& kind = KindOf(step.resource.type);
  Caller& aws = account.In(step.resource.region);
  Status done;
  if (step.action == Action::kCreate) {
    done = Heedful([&] { return kind.Create(aws, step.resource); });
  }
  if (step.action == Action::kChange) {
    done = Heedful([&] { return kind.Change(aws, step.resource, *step.found); });
  }
  if (!done) SetFailed(step, done.error(), aws, number);
  return step;
}

}  // namespace

size_t Apply(Account& account, const Plan& plan, const PlanOptions& options,
             const StepReport& report) {
  size_t not_done = 0;
  std::set<std::string> missing;
  for (const Step& planned : plan.steps) {
    if (planned.action == Action::kKeep) continue;
    Step step = planned;
    std::string needed;
    for (const std::string& need : planned.resource.needs) {
      if (missing.contains(need)) needed = need;
    }
    if (account.stop().stop_requested()) {
      step.action = Action::kFail;
      step.why = "broken off";
    } else if (!needed.empty()) {
      step.action = Action::kWait;
      step.why = NeedText(needed);
    } else {
      step = Do(account, planned, options, plan.account);
    }
    if (IsFault(step.action)) {
      ++not_done;
      missing.insert(step.resource.Id());
    }
    report(step);
  }
  return not_done;
}

size_t Destroy(Account& account, const Plan& plan, const StepReport& report) {
  size_t not_done = 0;
  for (Step step : plan.steps) {
    if (step.action != Action::kRemove && step.action != Action::kFail) continue;
    if (step.action == Action::kRemove) {
      Caller& aws = account.In(step.resource.region);
      const auto left = Heedful(
          [&] { return KindOf(step.resource.type).Remove(aws, step.resource, *step.found); });
      if (!left) {
        SetFailed(step, left.error(), aws, plan.account);
      } else if (!left->empty()) {
        step.action = Action::kKeep;
        step.why = *left;
      }
    }
    if (step.action == Action::kFail) ++not_done;
    report(step);
  }
  return not_done;
}

}  // namespace collector::setup
