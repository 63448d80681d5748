// Plans and steps as a person reads them. Pure; any thread.
#ifndef COLLECTOR_SETUP_PLAN_TEXT_H_
#define COLLECTOR_SETUP_PLAN_TEXT_H_

#include <string>

#include "setup/plan.h"

namespace collector::setup {

// All of it, by region: what is to be made (+), changed (~, with what becomes of what), removed
// (-), what stays (=) and what cannot be done (!), and a line that counts. `color`: with ANSI's.
std::string PlanText(const std::string& input, const Plan& plan, bool color);

// "  + SQS queue a in eu-west-1: made"
std::string DoneText(const Step& step, bool color);

// The same for a log: one line without sign and color.
std::string DoneLine(const Step& step);

// What AWS will ask for what is to be made; empty: nothing worth a word.
std::string PriceText(const Plan& plan);

}  // namespace collector::setup

#endif  // COLLECTOR_SETUP_PLAN_TEXT_H_
