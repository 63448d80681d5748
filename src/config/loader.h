// LoadConfig: a configuration file, in the shape that Devo's collectors have (docs/configuration.md
// lists every key), checked as a whole: everything that is wrong is reported at once. Pure but for
// the reading of the file and looking whether certificates exist; any thread.
#ifndef COLLECTOR_CONFIG_LOADER_H_
#define COLLECTOR_CONFIG_LOADER_H_

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "config/config.h"
#include "config/diagnostics.h"
#include "config/expand.h"

namespace collector {

struct LoadedConfig {
  std::optional<Config> config;  // exactly when there are no errors
  std::vector<Diagnostic> errors;
  std::vector<Diagnostic> warnings;
};

// `now` bounds start_time. Relative paths in the file are taken from BaseFolder(path).
LoadedConfig LoadConfig(const std::filesystem::path& path, const Environment& environment,
                        Timestamp now);

// The same for a text that is already read; `base` is where relative paths begin.
LoadedConfig ParseConfig(std::string_view text, const std::filesystem::path& base,
                         const Environment& environment, Timestamp now);

// The collector's folder, which holds certs/ and state/: that of `path`, or its parent when the
// file lies in a folder named `config`, as in Devo's collectors.
std::filesystem::path BaseFolder(const std::filesystem::path& path);

// The path of every key that the loader knows, once, with `*` for a name that the user chooses.
std::vector<std::string> AllConfigKeys();

}  // namespace collector

#endif  // COLLECTOR_CONFIG_LOADER_H_
