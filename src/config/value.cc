#include "config/value.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "base/ascii.h"
#include "config/nearest.h"
#include "config/text_check.h"

namespace collector {
namespace {

template <typename T>
std::optional<T> ParseNumber(const std::string& text) {
  T number{};
  const char* const end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, number);
  if (fault != std::errc() || stop != end) return {};
  return number;
}

}  // namespace

Position ConfigValue::at() const {
  return node_->kind == YamlNode::Kind::kNull ? key_at_ : node_->at;
}

std::vector<std::pair<std::string, ConfigValue>> ConfigValue::Entries() const {
  std::vector<std::pair<std::string, ConfigValue>> entries;
  for (size_t i = 0; i < node_->keys.size(); ++i) {
    const std::string& key = node_->keys[i].text;
    std::string path = path_.empty() ? Printable(key) : path_ + "." + Printable(key);
    entries.emplace_back(
        key, ConfigValue(node_->items[i], node_->keys[i].at, std::move(path), *context_));
  }
  return entries;
}

std::optional<ConfigValue> ConfigValue::Find(std::string_view key) const {
  for (auto& [name, value] : Entries()) {
    if (name == key) return value;
  }
  return {};
}

void ConfigValue::Error(std::string_view text) const {
  context_->diagnostics.Error(
      at(), path_.empty() ? std::string(text) : fmt::format("{} {}", path_, text));
}

void ConfigValue::Warn(std::string_view text) const {
  context_->diagnostics.Warn(at(),
                             path_.empty() ? std::string(text) : fmt::format("{} {}", path_, text));
}

std::string ConfigValue::Shown() const {
  switch (node_->kind) {
    case YamlNode::Kind::kNull:
      return "empty";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
    case YamlNode::Kind::kScalar:
      break;
  }
  return node_->text.empty() ? "empty" : Quoted(node_->text);
}

void ConfigValue::Expected(std::string_view expected) const {
  const std::string subject = path_.empty() ? "the file" : path_;
  context_->diagnostics.Error(at(),
                              fmt::format("{} is {}; expected {}", subject, Shown(), expected));
}

void ConfigValue::ExpectedInsteadOf(const Expansion& found, std::string_view expected) const {
  if (!found.from_environment) {
    Expected(expected);
    return;
  }
  context_->diagnostics.Error(
      at(), fmt::format("{} is {} with its variables put in ({} bytes, not shown); expected {}",
                        path_, Shown(), found.text.size(), expected));
}

void ConfigValue::Missing(std::string_view key, std::string_view expected) const {
  context_->diagnostics.Error(
      key_at_, fmt::format("{} has no \"{}\"; expected {}", path_.empty() ? "the file" : path_, key,
                           expected));
}

bool ConfigValue::IsMap() const {
  if (node_->kind == YamlNode::Kind::kMap) return true;
  Expected("a map of keys and values");
  return false;
}

std::optional<Expansion> ConfigValue::Scalar(std::string_view expected) const {
  if (node_->kind != YamlNode::Kind::kScalar) {
    Expected(expected);
    return {};
  }
  Expansion expansion = ExpandEnvironment(node_->text, context_->environment);
  if (!expansion.fault.empty()) {
    context_->diagnostics.Error(at(), fmt::format("{}: {}", path_, expansion.fault));
    return {};
  }
  return expansion;
}

std::optional<std::string> ConfigValue::Text(std::string_view expected) const {
  std::optional<Expansion> found = Scalar(expected);
  if (!found) return {};
  // A variable can hold what CheckText keeps out of the file.
  if (found->text.empty() || CheckText(found->text)) {
    ExpectedInsteadOf(*found, expected);
    return {};
  }
  return std::move(found->text);
}

std::optional<Secret> ConfigValue::SecretText() const {
  if (node_->kind == YamlNode::Kind::kNull) {
    Expected("a secret");
    return {};
  }
  if (node_->kind != YamlNode::Kind::kScalar) {
    Expected("a text");
    return {};
  }
  Expansion found = ExpandEnvironment(node_->text, context_->environment);
  if (!found.fault.empty()) {
    // Without the name: it may be a part of a password that holds a dollar sign.
    context_->diagnostics.Error(
        at(), fmt::format("{}: {}", path_,
                          found.unset_name.empty()
                              ? found.fault
                              : "the environment variable named here is not set; write $$ for a "
                                "dollar sign"));
    return {};
  }
  return Secret(std::move(found.text));
}

std::optional<bool> ConfigValue::Bool() const {
  constexpr std::string_view kExpected = "true or false";
  const std::optional<Expansion> found = Scalar(kExpected);
  if (!found) return {};
  // YAML 1.1's words too: the parser behind Devo's collectors reads them as bools.
  const std::string word = LowerAscii(found->text);
  if (word == "true" || word == "yes" || word == "on") return true;
  if (word == "false" || word == "no" || word == "off") return false;
  ExpectedInsteadOf(*found, kExpected);
  return {};
}

std::optional<int64_t> ConfigValue::Integer(int64_t least, int64_t most) const {
  const std::string expected = fmt::format("a whole number from {} to {}", least, most);
  const std::optional<Expansion> found = Scalar(expected);
  if (!found) return {};
  const std::optional<int64_t> number = ParseNumber<int64_t>(found->text);
  if (number && *number >= least && *number <= most) return number;
  ExpectedInsteadOf(*found, expected);
  return {};
}

std::optional<double> ConfigValue::Number(double least, double most) const {
  const std::string expected = fmt::format("a number from {} to {}", least, most);
  const std::optional<Expansion> found = Scalar(expected);
  if (!found) return {};
  const std::optional<double> number = ParseNumber<double>(found->text);
  // Not-a-number compares false to everything.
  if (number && *number >= least && *number <= most) return number;
  ExpectedInsteadOf(*found, expected);
  return {};
}

std::optional<Milliseconds> ConfigValue::SecondsIn(double least, double most) const {
  const std::optional<double> seconds = Number(least, most);
  if (!seconds) return {};
  return Milliseconds(std::llround(*seconds * 1000));
}

std::optional<std::vector<std::pair<std::string, Position>>> ConfigValue::TextList(
    std::string_view expected) const {
  std::vector<std::pair<std::string, Position>> texts;
  if (node_->kind == YamlNode::Kind::kScalar && !node_->text.empty()) {
    std::optional<std::string> text = Text(expected);
    if (!text) return {};
    Warn("is a lone value, read as a list of one; expected a list");
    texts.emplace_back(std::move(*text), at());
    return texts;
  }
  if (node_->kind != YamlNode::Kind::kList) {
    Expected(expected);
    return {};
  }
  if (node_->items.empty()) {
    Error(fmt::format("is an empty list; expected {}", expected));
    return {};
  }
  std::set<std::string> seen;
  for (const YamlNode& item : node_->items) {
    const ConfigValue value(item, item.at, path_, *context_);
    std::optional<std::string> text = value.Text("a text in each item of the list");
    if (!text) continue;
    if (!seen.insert(*text).second) {
      value.Error(fmt::format("holds {} twice; expected each once", value.Shown()));
    } else {
      texts.emplace_back(std::move(*text), item.at);
    }
  }
  return texts;
}

std::optional<size_t> ConfigValue::WordIn(std::span<const std::string_view> words) const {
  const std::string expected =
      fmt::format("{}{}", words.size() > 1 ? "one of " : "", fmt::join(words, ", "));
  const std::optional<Expansion> found = Scalar(expected);
  if (!found) return {};
  const std::string word = LowerAscii(found->text);
  for (size_t i = 0; i < words.size(); ++i) {
    if (LowerAscii(words[i]) == word) return i;
  }
  ExpectedInsteadOf(*found,
                    expected + (found->from_environment ? "" : DidYouMean(found->text, words)));
  return {};
}

}  // namespace collector
