// Collect: the work of `aws-collector run`: builds the outputs, the position store and the sources
// of a configuration and runs them until it is stopped.
#ifndef COLLECTOR_CLI_COLLECT_H_
#define COLLECTOR_CLI_COLLECT_H_

#include <stop_token>

#include "base/clock.h"
#include "base/result.h"
#include "config/config.h"
#include "observe/events.h"

namespace collector {

// Returns when `stop` was requested and everything has ended in order or, with `once`, when all
// sources have caught up. An error says what kept it from working; with `once` also that a source
// has failed. Called once, by the main thread.
Status Collect(const Config& config, Clock& clock, Events& events, std::stop_token stop, bool once);

}  // namespace collector

#endif  // COLLECTOR_CLI_COLLECT_H_
