// YAML (and so JSON) text to a YamlNode: the one place that calls yaml-cpp and catches what it
// throws. Stricter than yaml-cpp, which keeps one of two equal keys without a word, and bounded:
// nesting, and what aliases multiply into. Pure; any thread.
#ifndef COLLECTOR_CONFIG_YAML_READER_H_
#define COLLECTOR_CONFIG_YAML_READER_H_

#include <cstddef>
#include <optional>
#include <string_view>

#include "config/diagnostics.h"
#include "config/yaml_node.h"

namespace collector {

inline constexpr size_t kMaxConfigBytes = 1 << 20;
inline constexpr int kMaxYamlDepth = 32;
inline constexpr size_t kMaxYamlNodes = 20'000;  // aliases and merge keys counted as written out
inline constexpr size_t kMaxYamlText = 4 << 20;  // bytes of all keys and values, likewise

// The file's one document, with aliases replaced by what they stand for and merge keys (`<<`)
// merged: a key of the map itself wins, then the first of several. Equal keys in one map are
// reported and the first is kept. Nothing when the text could not be read; then at least one error
// is reported.
std::optional<YamlNode> ReadYaml(std::string_view text, Diagnostics& diagnostics);

}  // namespace collector

#endif  // COLLECTOR_CONFIG_YAML_READER_H_
