// The kinds of output there are, from their settings.
#ifndef COLLECTOR_OUTPUTS_REGISTRY_H_
#define COLLECTOR_OUTPUTS_REGISTRY_H_

#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "collect/output.h"
#include "observe/events.h"
#include "outputs/settings.h"

namespace collector {

// Called by main() before any source runs. An error names the output's file and the remedy.
// `on_failed` is called, on the output's own thread, when an output cannot deliver any more and no
// waiting will help; it must not block.
Result<std::unique_ptr<Output>> NewOutput(const OutputSettings& settings, Clock& clock,
                                          Events& events,
                                          std::function<void(const Error&)> on_failed);

}  // namespace collector

#endif  // COLLECTOR_OUTPUTS_REGISTRY_H_
