// Does what a plan says, one step after the other. It can be broken off anywhere and begun again:
// each step looks before it acts. Blocks on AWS; one thread for one account.
#ifndef COLLECTOR_SETUP_APPLY_H_
#define COLLECTOR_SETUP_APPLY_H_

#include <functional>
#include <string>

#include "setup/plan.h"

namespace collector::setup {

// Told of each step when it is done: its action is what was done with it, kFail and kRefuse with
// the reason.
using StepReport = std::function<void(const Step& step)>;

// What needs something that could not be made is left; the rest is done. The number of steps that
// were not done.
size_t Apply(Account& account, const Plan& plan, const PlanOptions& options,
             const StepReport& report);

// The same for a plan of MakeDestroyPlan().
size_t Destroy(Account& account, const Plan& plan, const StepReport& report);

}  // namespace collector::setup

#endif  // COLLECTOR_SETUP_APPLY_H_
