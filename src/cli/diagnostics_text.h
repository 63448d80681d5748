// Diagnostics of a configuration file as a person reads them in a terminal. Any thread.
#ifndef COLLECTOR_CLI_DIAGNOSTICS_TEXT_H_
#define COLLECTOR_CLI_DIAGNOSTICS_TEXT_H_

#include <filesystem>
#include <ostream>
#include <string>

#include "config/loader.h"

namespace collector {

// "FILE:7:5: error: ...", errors and warnings together in the order of the file, and where there
// are errors a last line that counts both. Coloured when `out` is
// std::cerr and that wants colour.
void PrintDiagnostics(const std::filesystem::path& file, const LoadedConfig& loaded,
                      std::ostream& out);

// "1 error", "3 errors", "no errors".
std::string Count(size_t count, std::string_view what);

}  // namespace collector

#endif  // COLLECTOR_CLI_DIAGNOSTICS_TEXT_H_
