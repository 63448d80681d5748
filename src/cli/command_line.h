// The command line of aws-collector: its subcommands, options and help.
#ifndef COLLECTOR_CLI_COMMAND_LINE_H_
#define COLLECTOR_CLI_COMMAND_LINE_H_

#include <ostream>
#include <string>
#include <vector>

#include "cli/run.h"

namespace collector {

// Does what `arguments` (without the program's name) say and returns the exit code. Help, version
// and summaries go to `out`, complaints to `err`; `collect` does the work of `run`. Called by the
// main thread while there is no other.
int RunCommandLine(const std::vector<std::string>& arguments, const CollectFunction& collect,
                   std::ostream& out, std::ostream& err);

}  // namespace collector

#endif  // COLLECTOR_CLI_COMMAND_LINE_H_
