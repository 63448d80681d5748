// A section of the configuration as a table: its keys, and for each the function that reads it. The
// documentation, the JSON Schema and the tests are held against the same tables.
#ifndef COLLECTOR_CONFIG_SECTION_H_
#define COLLECTOR_CONFIG_SECTION_H_

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/value.h"

namespace collector {

template <typename T>
struct Key {
  std::string_view name;
  // Checks the value and puts it into the section's settings.
  void (*read)(const ConfigValue& value, T& into);
  // Why a key of Devo's collector changes nothing here: the end of "has no effect here: ..."; empty
  // when it has its effect.
  std::string_view no_effect = {};
};

template <typename T>
using KeyTable = std::span<const Key<T>>;

// Reports a key that no table knows, with the nearest that one does.
void WarnUnknownKey(const ConfigValue& section, const std::string& key, const ConfigValue& value,
                    std::span<const std::string_view> known);

// `to` becomes what was read; without a value it keeps its default.
template <typename To, typename From>
void Assign(To& to, std::optional<From> from) {
  if (from) to = static_cast<To>(std::move(*from));
}

// Reads every key of `section` by the tables; false when it is no map. A section without any value
// (all of its keys commented out) is an empty map.
template <typename T>
bool ReadSection(const ConfigValue& section, T& into, std::initializer_list<KeyTable<T>> tables) {
  if (section.node().kind == YamlNode::Kind::kNull) return true;
  if (!section.IsMap()) return false;
  std::vector<std::string_view> names;
  for (const KeyTable<T>& table : tables) {
    for (const Key<T>& key : table) names.push_back(key.name);
  }
  const auto find = [&](std::string_view name) -> const Key<T>* {
    for (const KeyTable<T>& table : tables) {
      for (const Key<T>& key : table) {
        if (key.name == name) return &key;
      }
    }
    return nullptr;
  };
  for (const auto& [name, value] : section.Entries()) {
    const Key<T>* const key = find(name);
    if (key == nullptr) {
      WarnUnknownKey(section, name, value, names);
      continue;
    }
    const size_t errors_before = section.context().diagnostics.error_count();
    key->read(value, into);
    const bool sound = section.context().diagnostics.error_count() == errors_before;
    if (sound && !key->no_effect.empty())
      value.Warn("has no effect here: " + std::string(key->no_effect));
  }
  return true;
}

// "PREFIX.NAME" for each key of `table` to `paths`.
template <typename T>
void AppendKeyPaths(std::string_view prefix, KeyTable<T> table, std::vector<std::string>& paths) {
  for (const Key<T>& key : table) {
    paths.push_back(prefix.empty() ? std::string(key.name)
                                   : std::string(prefix) + "." + std::string(key.name));
  }
}

}  // namespace collector

#endif  // COLLECTOR_CONFIG_SECTION_H_
