#include "config/tag_check.h"

#include <algorithm>

#include <fmt/format.h>

#include "config/nearest.h"
#include "config/text_check.h"

namespace collector {
namespace {

bool IsTagLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

// "key.*" admits every name that begins with "key.".
bool IsMeant(std::string_view name, std::string_view known) {
  if (!known.ends_with(".*")) return name == known;
  const std::string_view prefix = known.substr(0, known.size() - 1);
  return name.starts_with(prefix) && name.size() > prefix.size();
}

// Puts one letter in the place of each placeholder.
std::string FillIn(std::string_view tag, std::span<const std::string_view> placeholders,
                   std::string& filled) {
  while (!tag.empty()) {
    const size_t open = tag.find_first_of("{}");
    filled += tag.substr(0, open);
    if (open == std::string_view::npos) break;
    const size_t close = tag.find('}', open);
    if (tag[open] == '}' || close == std::string_view::npos) {
      return "has a brace without its partner; expected placeholders such as {region}";
    }
    const std::string_view name = tag.substr(open + 1, close - open - 1);
    if (std::none_of(placeholders.begin(), placeholders.end(),
                     [name](std::string_view known) { return IsMeant(name, known); })) {
      return fmt::format("has the unknown placeholder {{{}}}; expected {{{}}}{}", Printable(name),
                         fmt::join(placeholders, "}, {"), DidYouMean(name, placeholders));
    }
    filled += 'x';
    tag.remove_prefix(close + 1);
  }
  return "";
}

}  // namespace

std::string TagFault(std::string_view tag, std::span<const std::string_view> placeholders) {
  std::string filled;
  if (std::string fault = FillIn(tag, placeholders, filled); !fault.empty()) return fault;
  if (tag.size() > kMaxTagSize) {
    return fmt::format("has {} characters; expected at most {}", tag.size(), kMaxTagSize);
  }
  const bool has_empty_level =
      filled.starts_with('.') || filled.ends_with('.') || filled.find("..") != std::string::npos;
  if (has_empty_level) return "has an empty level; expected words between the dots";
  const auto bad = std::find_if(filled.begin(), filled.end(),
                                [](char c) { return c != '.' && !IsTagLetter(c); });
  if (bad != filled.end()) {
    const std::string_view rest(&*bad, static_cast<size_t>(filled.end() - bad));
    return fmt::format("has {} in it; expected letters, digits, \"_\", \"-\" and dots",
                       Quoted(rest.substr(0, std::max<size_t>(Utf8CharacterSize(rest), 1))));
  }
  if (filled.find('.') == std::string::npos) {
    return "has one level; expected at least two, such as my.app.aws.audit";
  }
  return "";
}

}  // namespace collector
