// The readers of the file's sections: each turns a part of the tree into settings and reports what
// is wrong with it. Each has its table of keys in its .cc file. One thread.
#ifndef COLLECTOR_CONFIG_READERS_H_
#define COLLECTOR_CONFIG_READERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/value.h"

namespace collector {

inline constexpr int64_t kMegabyte = 1 << 20;

// `globals`, and what it says for all Devo outputs together.
struct GlobalsRead {
  GlobalSettings settings;
  DevoSettings devo_defaults;
};

GlobalsRead ReadGlobals(const ConfigValue& globals);

// `outputs`: those that are not switched off.
std::vector<OutputSettings> ReadOutputs(const ConfigValue& outputs,
                                        const DevoSettings& devo_defaults);

// `inputs`: those that are not switched off and have something to collect.
std::vector<InputSettings> ReadInputs(const ConfigValue& inputs);

// `inputs.NAME.services` into `input`.
void ReadServices(const ConfigValue& services, InputSettings& input);

// `inputs.NAME.autoconfig`.
void ReadSetup(const ConfigValue& value, SetupSettings& into);

// The first of `a` that is in `b` too; empty: none.
std::string FirstCommon(const std::vector<std::string>& a, const std::vector<std::string>& b);

// The path of every key that the tables know, with `*` for a name that the user chooses:
// "outputs.*.config.port"; in the tables' order.
void AppendGlobalsKeys(std::vector<std::string>& paths);
void AppendOutputsKeys(std::vector<std::string>& paths);
void AppendInputsKeys(std::vector<std::string>& paths);
void AppendSetupKeys(std::vector<std::string>& paths);
void AppendServicesKeys(std::vector<std::string>& paths);

}  // namespace collector

#endif  // COLLECTOR_CONFIG_READERS_H_
