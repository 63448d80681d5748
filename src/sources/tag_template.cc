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
  std::string filled;
  for (size_t at = 0; at < text_.size();) {
    const size_t open = text_.find('{', at);
    const size_t close = open == std::string::npos ? open : text_.find('}', open);
    if (close == std::string::npos) return filled + text_.substr(at);
    filled.append(text_, at, open - at);
    const std::string_view name = std::string_view(text_).substr(open + 1, close - open - 1);
    for (const auto& [known, value] : values) {
      if (known == name) filled += AsLevel(value);
    }
    at = close + 1;
  }
  return filled;
}

}  // namespace collector
