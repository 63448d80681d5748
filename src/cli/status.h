// Status: how far each source has come, as a running collector keeps it in its state folder and as
// `aws-collector status` shows it. Plain functions; one thread.
#ifndef COLLECTOR_CLI_STATUS_H_
#define COLLECTOR_CLI_STATUS_H_

#include <filesystem>
#include <iosfwd>
#include <vector>

#include "base/clock.h"
#include "collect/scheduler.h"

namespace collector {

// Writes `directory`/status.json anew, so that a reader finds the old one or the new one. The
// folder may be full or gone: then there is no newer status, and nothing else suffers.
void WriteStatus(const std::filesystem::path& directory, Timestamp now,
                 std::vector<Scheduler::Standing> sources);

struct StatusOptions {
  std::filesystem::path config_file;
  bool json = false;  // as the file has it
};

// The furthest behind first. Exit code.
int PrintStatus(const StatusOptions& options, std::ostream& out, std::ostream& err);

}  // namespace collector

#endif  // COLLECTOR_CLI_STATUS_H_
