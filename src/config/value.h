// ConfigValue: one value of the file with its path ("outputs.devo.config.port"), read as what a key
// wants. Every reader reports what is wrong itself and then returns nothing, so that its caller
// goes on to the next key. Borrows the tree and the context; lives while one file is read; one
// thread.
#ifndef COLLECTOR_CONFIG_VALUE_H_
#define COLLECTOR_CONFIG_VALUE_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "config/diagnostics.h"
#include "config/expand.h"
#include "config/yaml_node.h"

namespace collector {

// What the readers of one file share.
struct ReadContext {
  Diagnostics& diagnostics;
  const Environment& environment;
  Timestamp now;
  std::filesystem::path base;  // relative paths begin here
};

class ConfigValue {
 public:
  // One word of a fixed set, and what it stands for.
  template <typename T>
  struct Choice {
    std::string_view word;
    T value;
  };

  ConfigValue(const YamlNode& node, Position key_at, std::string path, ReadContext& context)
      : node_(&node), key_at_(key_at), path_(std::move(path)), context_(&context) {}

  const YamlNode& node() const { return *node_; }
  const std::string& path() const { return path_; }
  ReadContext& context() const { return *context_; }
  Position at() const;  // of the value; of its key when it has none
  Position key_at() const { return key_at_; }

  // The map's values in file order, and one of them.
  std::vector<std::pair<std::string, ConfigValue>> Entries() const;
  std::optional<ConfigValue> Find(std::string_view key) const;

  // Complaints about this value: "PATH TEXT", and "PATH is VALUE; expected EXPECTED".
  void Error(std::string_view text) const;
  void Warn(std::string_view text) const;
  void Expected(std::string_view expected) const;
  // PATH has no KEY; at this value's key.
  void Missing(std::string_view key, std::string_view expected) const;

  bool IsMap() const;  // complains otherwise

  // Text that is not empty. `expected` completes "expected ...".
  std::optional<std::string> Text(std::string_view expected) const;
  // Text that is never shown in a complaint, and may be empty.
  std::optional<Secret> SecretText() const;
  std::optional<bool> Bool() const;
  std::optional<int64_t> Integer(int64_t least, int64_t most) const;
  std::optional<double> Number(double least, double most) const;
  // A number of seconds, with fractions, to the millisecond.
  std::optional<Milliseconds> SecondsIn(double least, double most) const;
  // A list of texts without repetition, not empty; a lone text counts as a list of one, with a
  // warning. Each with its place; without those that were complained about.
  std::optional<std::vector<std::pair<std::string, Position>>> TextList(
      std::string_view expected) const;

  template <typename T>
  std::optional<T> OneOf(std::span<const Choice<T>> choices) const {
    std::vector<std::string_view> words;
    for (const Choice<T>& choice : choices) words.push_back(choice.word);
    const std::optional<size_t> index = WordIn(words);
    return index ? std::optional<T>(choices[*index].value) : std::nullopt;
  }
  // The place of this text among `words`, whatever its case.
  std::optional<size_t> WordIn(std::span<const std::string_view> words) const;

 private:
  // The scalar with its variables put in.
  std::optional<Expansion> Scalar(std::string_view expected) const;
  void ExpectedInsteadOf(const Expansion& found, std::string_view expected) const;
  std::string Shown() const;

  const YamlNode* node_;
  Position key_at_;
  std::string path_;
  ReadContext* context_;
};

}  // namespace collector

#endif  // COLLECTOR_CONFIG_VALUE_H_
