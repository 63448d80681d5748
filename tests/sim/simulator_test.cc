#include "sim/simulator.h"

#include <cstdlib>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace collector::sim {
namespace {

// COLLECTOR_SIM_SEED=n runs that seed alone; COLLECTOR_SIM_SEEDS=first:count runs those.
struct Seeds {
  uint64_t first = 1;
  uint64_t count = 100;
};

Seeds SeedsToRun() {
  if (const char* one = std::getenv("COLLECTOR_SIM_SEED")) return {std::stoull(one), 1};
  Seeds seeds;
  if (const char* range = std::getenv("COLLECTOR_SIM_SEEDS")) {
    const std::string text = range;
    seeds = {std::stoull(text), std::stoull(text.substr(text.find(':') + 1))};
  }
  return seeds;
}

// D-2, D-3, D-4, T-5, T-6, T-7: each seed is a few hours of an account's life with throttling,
// broken connections, late events, failing outputs and stores, and kills at any call.
TEST(Simulator, LosesNothingAndCommitsNothingEarlyWhateverHappens) {
  const Seeds seeds = SeedsToRun();
  Report total;
  for (uint64_t seed = seeds.first; seed < seeds.first + seeds.count; ++seed) {
    const Report report = RunAuditSeed(seed);
    for (const std::string& violation : report.violations) {
      ADD_FAILURE() << "seed " << seed << ": " << violation
                    << "\n  run it alone: COLLECTOR_SIM_SEED=" << seed << " simulator_test";
    }
    if (HasFailure()) break;
    total.records += report.records;
    total.calls += report.calls;
    total.kills += report.kills;
    total.duplicates += report.duplicates;
    total.in_flight_at_kills += report.in_flight_at_kills;
  }
  fmt::print(
      "{} seeds: {} events, {} calls, {} kills; {} duplicates of {} that kills left unsettled\n",
      seeds.count, total.records, total.calls, total.kills, total.duplicates,
      total.in_flight_at_kills);
  EXPECT_GT(total.records, 0);
}

// The simulator must be able to fail: a position committed before delivery is found.
TEST(Simulator, FindsAPositionThatIsCommittedBeforeDelivery) {
  int found = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    if (!RunAuditSeed(seed, {.acknowledges_too_early = true}).violations.empty()) ++found;
  }
  EXPECT_GT(found, 10);
}

}  // namespace
}  // namespace collector::sim
