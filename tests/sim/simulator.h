// The simulator: a collector made of its real parts (scheduler, source, ledger, AWS client,
// position store, acknowledgements) in a world of memory with a fake clock. Everything that happens
// follows from the seed, so a seed that fails fails again.
#ifndef COLLECTOR_TESTS_SIM_SIMULATOR_H_
#define COLLECTOR_TESTS_SIM_SIMULATOR_H_

#include <cstdint>
#include <string>
#include <vector>

namespace collector::sim {

struct Report {
  std::vector<std::string> violations;
  int records = 0;  // that AWS showed
  int calls = 0;
  int kills = 0;
  int ends = 0;  // orderly ones
  int duplicates = 0;
  int in_flight_at_kills = 0;  // records that the next life may send again
};

// Faults of the collector that the simulator must find.
struct Plant {
  bool acknowledges_too_early = false;
  bool extends_no_visibility = false;
  bool forgets_what_is_stored = false;
};

// Collects some time of a made-up account's life. A violation is a broken promise.
Report RunAuditSeed(uint64_t seed, const Plant& plant = {});  // CloudTrail's event history
Report RunS3Seed(uint64_t seed, const Plant& plant = {});     // objects in S3 that SQS announces
Report RunLogSeed(uint64_t seed, const Plant& plant = {});    // groups of CloudWatch Logs
Report RunEventSeed(uint64_t seed, const Plant& plant = {});  // service events in a queue

}  // namespace collector::sim

#endif  // COLLECTOR_TESTS_SIM_SIMULATOR_H_
