// The `devo_platform` output: records as syslog frames over mutual TLS. One thread a connection
// writes; Submit() only queues. What "delivered" means is told in docs/delivery.md.
#ifndef COLLECTOR_OUTPUTS_DEVO_OUTPUT_H_
#define COLLECTOR_OUTPUTS_DEVO_OUTPUT_H_

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "collect/output.h"
#include "observe/events.h"
#include "outputs/settings.h"

namespace collector {

// Whether the certificate files can be used at `now`, without connecting: kRejected, with one
// sentence that names the file and the remedy.
Status CheckDevoFiles(const DevoSettings& settings, Timestamp now);

// An output that connects when the first batch comes. Fails as CheckDevoFiles() does, or when the
// process is out of descriptors or threads. `clock` must be one whose time passes by itself.
Result<std::unique_ptr<Output>> NewDevoOutput(const std::string& name, const DevoSettings& settings,
                                              Clock& clock, Events& events);

}  // namespace collector

#endif  // COLLECTOR_OUTPUTS_DEVO_OUTPUT_H_
