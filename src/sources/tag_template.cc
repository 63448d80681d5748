#include "sources/tag_template.h"

namespace collector {
namespace {

bool MayStandInALevel(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

std::string AsLevel(std::string_view value) {
  if (value.empty()) return "unknown";
  std::string level(value);
  for (char& c : level) {
    if (!MayStandInALevel(c)) c = '_';
  }
  return level;
}

}  // namespace

std::string TagTemplate::Fill(Values values) const {
  return Fill([&values](std::string_view name) {
    for (const auto& [known, value] : values) {
      if (known == name) return value;
    }
    return std::string_view();
  });
}

std::string TagTemplate::Fill(
    const std::function<std::string_view(std::string_view)>& value_of) const {
  std::string filled;
  for (size_t at = 0; at < text_.size();) {
    const size_t open = text_.find('{', at);
    const size_t close = open == std::string::npos ? open : text_.find('}', open);
    if (close == std::string::npos) return filled + text_.substr(at);
    filled.append(text_, at, open - at);
    filled += AsLevel(value_of(std::string_view(text_).substr(open + 1, close - open - 1)));
    at = close + 1;
  }
  return filled;
}

std::vector<std::string_view> TagTemplate::names() const {
  std::vector<std::string_view> names;
  for (size_t at = 0;;) {
    const size_t open = text_.find('{', at);
    const size_t close = open == std::string::npos ? open : text_.find('}', open);
    if (close == std::string::npos) return names;
    names.push_back(std::string_view(text_).substr(open + 1, close - open - 1));
    at = close + 1;
  }
}

std::optional<std::string_view> RecordField(std::string_view placeholder) {
  constexpr std::string_view kPrefix = "record.";
  if (placeholder.starts_with(kPrefix)) return placeholder.substr(kPrefix.size());
  return std::nullopt;
}

}  // namespace collector
