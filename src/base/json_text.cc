#include "base/json_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace collector {
namespace {

constexpr size_t kUnicodeEscapeSize = 6;  // \u1234

// The number of a \uXXXX that begins at `at`.
std::optional<uint32_t> ReadUnicodeEscape(std::string_view text, size_t at) {
  if (at + kUnicodeEscapeSize > text.size() || text[at] != '\\' || text[at + 1] != 'u') return {};
  uint32_t unit = 0;
  const char* const begin = text.data() + at + 2;
  const auto [end, error] = std::from_chars(begin, begin + 4, unit, 16);
  if (error != std::errc{} || end != begin + 4) return {};
  return unit;
}

bool IsHighSurrogate(uint32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool IsLowSurrogate(uint32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }

void AppendUtf8(uint32_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

// Appends what the \uXXXX at `at` stands for; returns its size in `text`, 0 when it is malformed.
size_t AppendUnicode(std::string_view text, size_t at, std::string& out) {
  const auto unit = ReadUnicodeEscape(text, at);
  if (!unit) return 0;
  if (IsHighSurrogate(*unit)) {
    const auto low = ReadUnicodeEscape(text, at + kUnicodeEscapeSize);
    if (low && IsLowSurrogate(*low)) {
      AppendUtf8(0x10000 + ((*unit - 0xd800) << 10) + (*low - 0xdc00), out);
      return 2 * kUnicodeEscapeSize;
    }
  }
  if (IsHighSurrogate(*unit) || IsLowSurrogate(*unit)) {
    out += text.substr(at, kUnicodeEscapeSize);
  } else {
    AppendUtf8(*unit, out);
  }
  return kUnicodeEscapeSize;
}

}  // namespace

std::optional<std::string> UnescapeJsonString(std::string_view quoted) {
  if (quoted.size() < 2 || quoted.front() != '"' || quoted.back() != '"') return std::nullopt;
  const std::string_view text = quoted.substr(1, quoted.size() - 2);
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t backslash = std::min(text.find('\\', at), text.size());
    out += text.substr(at, backslash - at);
    at = backslash;
    if (at == text.size()) break;
    if (at + 1 == text.size()) return std::nullopt;
    constexpr std::string_view kEscapes = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const size_t escape = kEscapes.find(text[at + 1]);
    if (escape != std::string_view::npos) {
      out += kMeanings[escape];
      at += 2;
      continue;
    }
    const size_t size = AppendUnicode(text, at, out);
    if (size == 0) return std::nullopt;
    at += size;
  }
  return out;
}

}  // namespace collector
