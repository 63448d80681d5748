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
  int events = 0;
  int calls = 0;
  int kills = 0;
  int duplicates = 0;
  int in_flight_at_kills = 0;
};

struct Plant {
  bool acknowledges_too_early = false;
};

// Collects a few hours of a made-up account's life. A violation is a broken promise.
Report RunSeed(uint64_t seed, const Plant& plant = {});

}  // namespace collector::sim

#endif  // COLLECTOR_TESTS_SIM_SIMULATOR_H_
