// Letters and white space of ASCII, whatever the locale: what protocols and configuration files
// compare by. Pure functions; any thread.
#ifndef COLLECTOR_BASE_ASCII_H_
#define COLLECTOR_BASE_ASCII_H_

#include <algorithm>
#include <string>
#include <string_view>

namespace collector {

inline constexpr std::string_view kAsciiSpace = " \t\r\n\v\f";

constexpr char LowerAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

inline std::string LowerAscii(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return LowerAscii(c); });
  return lower;
}

// Without the white space at both ends.
inline std::string_view TrimAscii(std::string_view text) {
  const size_t begin = text.find_first_not_of(kAsciiSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kAsciiSpace) - begin + 1);
}

}  // namespace collector

#endif  // COLLECTOR_BASE_ASCII_H_
