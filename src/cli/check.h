// `aws-collector check`: says what is wrong with a configuration, or what it will do. Offline.
#ifndef COLLECTOR_CLI_CHECK_H_
#define COLLECTOR_CLI_CHECK_H_

#include <filesystem>
#include <ostream>
#include <string>

#include "config/config.h"

namespace collector {

// Errors and warnings to `err`, for a sound file a summary to `out`. Returns the exit code.
int Check(const std::filesystem::path& config_file, std::ostream& out, std::ostream& err);

// What the collector will do with `config`, in a few lines; no secrets.
std::string Summary(const Config& config);

}  // namespace collector

#endif  // COLLECTOR_CLI_CHECK_H_
