// Plan: what is there, and what would have to be done for AWS to hold what a configuration wants.
// Making one only reads. The functions block on AWS; one thread for one account.
#ifndef COLLECTOR_SETUP_PLAN_H_
#define COLLECTOR_SETUP_PLAN_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "setup/caller.h"
#include "setup/kind.h"
#include "setup/resource.h"
#include "setup/wanted.h"

namespace collector::setup {

enum class Action {
  kKeep,  // it is as it should be, or somebody else's and used as it is
  kCreate,
  kChange,
  kRefuse,  // a person has to decide: `why` says what
  kWait,    // it needs another that is not there: `why` says which
  kFail,    // it could not be looked at or done: `why` says what to mend
  kRemove,
};

struct Difference {
  std::string property;  // "RedrivePolicy"
  std::string found;     // as JSON; empty: it is not set
  std::string wanted;
};

struct Step {
  Resource resource;
  Action action = Action::kKeep;
  std::vector<Difference> differences = {};  // of kChange and kRefuse
  std::string why = {};
  std::string statement = {};  // kFail for want of a permission: what to add to a policy
  std::optional<Found> found = {};
};

struct Plan {
  std::string account;  // empty: not to be had
  std::vector<Step> steps;
  std::vector<std::string> notes;  // what to do by hand, and what will not work as it is

  size_t Count(Action action) const;
};

// Whether it leaves undone what is wanted.
bool IsFault(Action action);

// "it needs the SQS queue q in us-east-1, see there". `id` is a Resource's Id().
std::string NeedText(const std::string& id);

struct PlanOptions {
  bool adopt = false;  // take what is there under our names, but without our marks, for ours
};

// What of `found` is not as wanted; only what is wanted is compared. Tags that are there besides
// count as wanted, and what AWS writes in another form (a number as text, a list of one) is equal.
std::vector<Difference> Compare(const Json& wanted, const Json& found);

// Asks AWS for the facts that the configuration depends on: account, VPCs, distributions.
Result<Facts> FindFacts(Account& account, const InputSettings& input);

// One resource; `number` is that of the account.
Step PlanStep(Account& account, const Resource& resource, const PlanOptions& options,
              const std::string& number);

Plan MakePlan(Account& account, const Wanted& wanted, const Facts& facts,
              const PlanOptions& options);

// What `setup destroy` would remove (kRemove) and what it leaves (kKeep, with `why`): everything
// under our names in the regions of the input, and what the configuration wants.
Plan MakeDestroyPlan(Account& account, const InputSettings& input, const Facts& facts);

// The statement of a policy that allows what AWS has refused; empty: the error is another one.
std::string StatementFor(const Error& error, const std::string& permission, const std::string& arn);

}  // namespace collector::setup

#endif  // COLLECTOR_SETUP_PLAN_H_
