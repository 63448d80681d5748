// `aws-collector run`: loads the configuration and collects until it is told to end.
#ifndef COLLECTOR_CLI_RUN_H_
#define COLLECTOR_CLI_RUN_H_

#include <filesystem>
#include <functional>
#include <ostream>
#include <stop_token>

#include "base/clock.h"
#include "base/result.h"
#include "config/config.h"
#include "observe/events.h"

namespace collector {

struct RunOptions {
  std::filesystem::path config_file;
  bool once = false;
  LogFormat log_format = LogFormat::kText;
};

// Collect (cli/collect.h), or what a test puts in its place.
using CollectFunction =
    std::function<Status(const Config&, Clock&, Events&, std::stop_token, bool once)>;

// Returns the exit code. Errors of the configuration go to `err` or, as JSON, to the log. Called by
// the main thread while there is no other.
int Run(const RunOptions& options, const CollectFunction& collect, std::ostream& err);

}  // namespace collector

#endif  // COLLECTOR_CLI_RUN_H_
