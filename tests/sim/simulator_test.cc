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

using Run = Report (*)(uint64_t seed, const Plant& plant);

void RunSeeds(Run run) {
  const std::string suite =
      testing::UnitTest::GetInstance()->current_test_info()->test_suite_name();
  const Seeds seeds = SeedsToRun();
  Report total;
  for (uint64_t seed = seeds.first; seed < seeds.first + seeds.count; ++seed) {
    const Report report = run(seed, {});
    for (const std::string& violation : report.violations) {
      ADD_FAILURE() << "seed " << seed << ": " << violation
                    << "\n  run it alone: COLLECTOR_SIM_SEED=" << seed
                    << " simulator_test --gtest_filter='" << suite << ".*'";
    }
    if (testing::Test::HasFailure()) break;
    total.records += report.records;
    total.calls += report.calls;
    total.kills += report.kills;
    total.ends += report.ends;
    total.duplicates += report.duplicates;
    total.in_flight_at_kills += report.in_flight_at_kills;
  }
  fmt::print(
      "{} seeds: {} records, {} calls, {} kills, {} orderly ends; {} duplicates, {} records that "
      "the end of a life left unsettled\n",
      seeds.count, total.records, total.calls, total.kills, total.ends, total.duplicates,
      total.in_flight_at_kills);
  EXPECT_GT(total.records, 0);
}

// In how many of the first seeds the simulator finds a planted fault.
int SeedsThatFind(const Plant& plant, Run run, uint64_t seeds) {
  int found = 0;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    if (!run(seed, plant).violations.empty()) ++found;
  }
  return found;
}

// D-2, D-3, D-4, T-5, T-6, T-7: each seed is a few hours of an account's life with throttling,
// broken connections, late events, failing outputs and stores, and kills at any call.
TEST(AuditSimulator, LosesNothingAndCommitsNothingEarlyWhateverHappens) { RunSeeds(RunAuditSeed); }

// The simulator must be able to fail: a position committed before delivery is found.
TEST(AuditSimulator, FindsAPositionThatIsCommittedBeforeDelivery) {
  EXPECT_GT(SeedsThatFind({.acknowledges_too_early = true}, RunAuditSeed, 20), 10);
}

// L-1 to L-12, D-2, D-3: each seed is some hours of an account's log groups, of both classes, that
// come and go, with events up to an hour late, pages that are empty, fail or lose their token, and
// all that befalls outputs, stores and the process.
TEST(LogSimulator, LosesNothingAndCommitsNothingEarlyWhateverHappens) { RunSeeds(RunLogSeed); }

TEST(LogSimulator, FindsAPositionThatIsCommittedBeforeDelivery) {
  EXPECT_GT(SeedsThatFind({.acknowledges_too_early = true}, RunLogSeed, 20), 10);
}

// D-2, D-5, S-5, S-7, S-8, S-10, S-14: each seed is the life of a queue, standard or FIFO, whose
// calls fail in whole and in part, with objects that break off, are replaced, vanish or are
// damaged, outages, slow and broken outputs, kills at any call and orderly ends.
TEST(S3Simulator, LosesNothingAndDeletesNothingEarlyWhateverHappens) { RunSeeds(RunS3Seed); }

TEST(S3Simulator, FindsAMessageThatIsDeletedBeforeDelivery) {
  EXPECT_GT(SeedsThatFind({.acknowledges_too_early = true}, RunS3Seed, 20), 10);
}

TEST(S3Simulator, FindsMessagesWhoseVisibilityIsNotExtended) {
  EXPECT_GT(SeedsThatFind({.extends_no_visibility = true}, RunS3Seed, 60), 5);
}

// D-2, D-5, E-1, S-7, S-20: each seed is the life of a queue of service events, mostly FIFO, with
// groups, events that come again under another deduplication id, and all that befalls a queue.
TEST(EventSimulator, LosesNothingAndDeletesNothingEarlyWhateverHappens) { RunSeeds(RunEventSeed); }

TEST(EventSimulator, FindsAMessageThatIsDeletedBeforeDelivery) {
  EXPECT_GT(SeedsThatFind({.acknowledges_too_early = true}, RunEventSeed, 20), 10);
}

TEST(EventSimulator, FindsMessagesWhoseVisibilityIsNotExtended) {
  EXPECT_GT(SeedsThatFind({.extends_no_visibility = true}, RunEventSeed, 120), 5);
}

TEST(EventSimulator, FindsEventsThatAreForgottenOverARestart) {
  EXPECT_GT(SeedsThatFind({.forgets_what_is_stored = true}, RunEventSeed, 60), 5);
}

}  // namespace
}  // namespace collector::sim
