#include "config/loader.h"

#include <algorithm>
#include <utility>

#include "base/file.h"
#include "config/readers.h"
#include "config/section.h"
#include "config/yaml_reader.h"

namespace collector {
namespace {

struct Sections {
  std::optional<ConfigValue> globals;
  std::optional<ConfigValue> outputs;
  std::optional<ConfigValue> inputs;
};

// Noted here and read afterwards: outputs take defaults from globals, wherever those stand.
constexpr Key<Sections> kRootKeys[] = {
    {"globals", [](const ConfigValue& value, Sections& into) { into.globals = value; }},
    {"outputs", [](const ConfigValue& value, Sections& into) { into.outputs = value; }},
    {"inputs", [](const ConfigValue& value, Sections& into) { into.inputs = value; }},
};

Config ReadRoot(const ConfigValue& root) {
  Config config;
  if (root.node().kind == YamlNode::Kind::kNull) {
    root.context().diagnostics.Error(
        {}, "the file is empty; expected the sections globals, outputs and inputs");
    return config;
  }
  Sections sections;
  if (!ReadSection<Sections>(root, sections, {kRootKeys})) return config;
  GlobalsRead globals;
  if (sections.globals) globals = ReadGlobals(*sections.globals);
  config.globals = std::move(globals.settings);
  config.globals.state_directory = root.context().base / config.globals.state_directory;
  if (sections.outputs) {
    config.outputs = ReadOutputs(*sections.outputs, globals.devo_defaults);
  } else {
    root.Missing("outputs", "at least one output");
  }
  if (sections.inputs) {
    config.inputs = ReadInputs(*sections.inputs);
  } else {
    root.Missing("inputs", "at least one input");
  }
  return config;
}

}  // namespace

LoadedConfig ParseConfig(std::string_view text, const std::filesystem::path& base,
                         const Environment& environment, Timestamp now) {
  Diagnostics diagnostics;
  LoadedConfig loaded;
  if (const std::optional<YamlNode> tree = ReadYaml(text, diagnostics)) {
    ReadContext context{diagnostics, environment, now, base};
    loaded.config = ReadRoot(ConfigValue(*tree, {}, "", context));
  }
  loaded.errors = diagnostics.Errors();
  loaded.warnings = diagnostics.Warnings();
  if (!loaded.errors.empty()) loaded.config.reset();
  return loaded;
}

LoadedConfig LoadConfig(const std::filesystem::path& path, const Environment& environment,
                        Timestamp now) {
  const Result<std::string> text = ReadFile(path, kMaxConfigBytes);
  if (!text) {
    // The reason without the path, which stands before every diagnostic.
    const std::string name = path.string() + ": ";
    const std::string& message = text.error().message;
    LoadedConfig loaded;
    loaded.errors.push_back(
        {{0, 0}, message.starts_with(name) ? message.substr(name.size()) : message});
    return loaded;
  }
  return ParseConfig(*text, BaseFolder(path), environment, now);
}

std::filesystem::path BaseFolder(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::filesystem::path absolute = std::filesystem::absolute(path, ignored);
  const std::filesystem::path folder = (ignored ? path : absolute).lexically_normal().parent_path();
  return folder.filename() == "config" ? folder.parent_path() : folder;
}

std::vector<std::string> AllConfigKeys() {
  std::vector<std::string> paths;
  AppendKeyPaths<Sections>("", kRootKeys, paths);
  AppendGlobalsKeys(paths);
  AppendOutputsKeys(paths);
  AppendInputsKeys(paths);
  AppendServicesKeys(paths);
  std::vector<std::string> once;
  for (std::string& path : paths) {
    if (std::find(once.begin(), once.end(), path) == once.end()) once.push_back(std::move(path));
  }
  return once;
}

}  // namespace collector
