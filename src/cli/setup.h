// `aws-collector setup`: shows, makes, removes and exports what AWS must hold for a configuration.
#ifndef COLLECTOR_CLI_SETUP_H_
#define COLLECTOR_CLI_SETUP_H_

#include <filesystem>
#include <istream>
#include <ostream>
#include <string>

namespace collector {

struct SetupOptions {
  enum class Verb { kPlan, kApply, kDestroy, kExport };

  Verb verb = Verb::kPlan;
  std::filesystem::path config_file;
  std::string input;         // empty: all
  bool yes = false;          // do not ask
  bool adopt = false;        // see setup::PlanOptions
  bool terraform = false;    // of kExport; else CloudFormation
  std::filesystem::path to;  // of kExport: the folder; empty: `out`
};

// The exit code. Questions go to `err`, their answers come from `in`, and what is asked for goes to
// `out`, so that an export can be piped.
int Setup(const SetupOptions& options, std::istream& in, std::ostream& out, std::ostream& err);

}  // namespace collector

#endif  // COLLECTOR_CLI_SETUP_H_
