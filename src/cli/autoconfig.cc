#include "cli/autoconfig.h"

#include <string>

#include <fmt/format.h>

#include "aws/signing.h"
#include "cli/sessions.h"
#include "setup/apply.h"
#include "setup/plan.h"
#include "setup/plan_text.h"

namespace collector {
namespace {

// Of all that is wanted: when it is the same, there is nothing to do.
std::string Fingerprint(const setup::Wanted& wanted) {
  setup::Json all = setup::Json::array();
  for (const setup::Resource& one : wanted.resources) {
    all.push_back({one.type, one.name, one.region, one.properties});
  }
  return aws::Sha256Hex(all.dump());
}

void AutoconfigureInput(const InputSettings& input, const aws::Runtime& runtime,
                        const Environment& environment, PositionStore& positions,
                        const std::stop_token& stop) {
  Events& events = runtime.events;
  const Subject subject{input.name};
  setup::Account account(OpenSession(input, "setup", aws::RetryOptions().retries, runtime,
                                     CredentialsOf(input, environment, runtime.clock), environment),
                         stop);
  const auto facts = setup::FindFacts(account, input);
  if (!facts) {
    events.SetupNotDone(subject, facts.error().message);
    return;
  }
  const setup::Wanted wanted = setup::WantedBy(input, *facts);
  const std::string key = fmt::format("setup/{}/{}", facts->account, input.name);
  const std::string fingerprint = Fingerprint(wanted);
  const auto before = positions.Load(key);
  if (before && before->position == fingerprint) return;
  const setup::Plan plan = setup::MakePlan(account, wanted, *facts, {});
  for (const std::string& note : plan.notes) events.SetupNote(subject, note);
  const size_t not_done = setup::Apply(account, plan, {}, [&](const setup::Step& step) {
    const std::string line = setup::DoneLine(step);
    setup::IsFault(step.action) ? events.SetupNotDone(subject, line)
                                : events.SetupDone(subject, line);
  });
  if (not_done > 0) return;
  const Status stored = positions.Commit(key, {fingerprint, {}, {}});
  if (!stored) events.PositionNotStored(subject, stored.error());
}

}  // namespace

void Autoconfigure(const Config& config, const aws::Runtime& runtime,
                   const Environment& environment, PositionStore& positions, std::stop_token stop) {
  for (const InputSettings& input : config.inputs) {
    if (!input.enabled || !input.setup.at_start) continue;
    AutoconfigureInput(input, runtime, environment, positions, stop);
  }
}

}  // namespace collector
