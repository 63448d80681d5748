// Makes AWS ready at the start of the collector, for inputs that want it (autoconfig.enabled).
#ifndef COLLECTOR_CLI_AUTOCONFIG_H_
#define COLLECTOR_CLI_AUTOCONFIG_H_

#include <stop_token>

#include "aws/session.h"
#include "base/environment.h"
#include "collect/position_store.h"
#include "config/config.h"

namespace collector {

// What the configuration wants is applied once: it is noted in `positions` when all of it was done,
// and the next start does nothing until it wants something else. What cannot be done is told, and
// holds up nothing.
void Autoconfigure(const Config& config, const aws::Runtime& runtime,
                   const Environment& environment, PositionStore& positions, std::stop_token stop);

}  // namespace collector

#endif  // COLLECTOR_CLI_AUTOCONFIG_H_
