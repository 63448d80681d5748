// YamlNode: a configuration file as a tree of texts, each with its place: what the readers work on.
// A plain value.
#ifndef COLLECTOR_CONFIG_YAML_NODE_H_
#define COLLECTOR_CONFIG_YAML_NODE_H_

#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.h"

namespace collector {

struct YamlKey {
  std::string text;
  Position at;
  bool plain = true;  // without quotation marks: `<<` is a merge key only then
};

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  Position at;
  std::string text;             // of a scalar
  std::vector<YamlKey> keys;    // of a map; keys[i] belongs to items[i]
  std::vector<YamlNode> items;  // of a list or a map, in file order

  // Of a map; null when there is none.
  const YamlNode* Find(std::string_view key) const {
    for (size_t i = 0; i < keys.size(); ++i) {
      if (keys[i].text == key) return &items[i];
    }
    return nullptr;
  }
};

}  // namespace collector

#endif  // COLLECTOR_CONFIG_YAML_NODE_H_
