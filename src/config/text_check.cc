#include "config/text_check.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

namespace collector {
namespace {

uint8_t Byte(std::string_view text, size_t index) { return static_cast<uint8_t>(text[index]); }

bool IsContinuation(std::string_view text, size_t index, uint8_t low = 0x80, uint8_t high = 0xBF) {
  return index < text.size() && Byte(text, index) >= low && Byte(text, index) <= high;
}

bool IsControl(std::string_view character) {
  const uint8_t first = Byte(character, 0);
  if (first < 0x20) return first != '\t' && first != '\n' && first != '\r';
  if (first == 0x7F) return true;
  // U+0080..U+009F without U+0085 (next line), which YAML allows.
  return first == 0xC2 && Byte(character, 1) < 0xA0 && Byte(character, 1) != 0x85;
}

}  // namespace

size_t Utf8CharacterSize(std::string_view text) {
  if (text.empty()) return 0;
  const uint8_t first = Byte(text, 0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return IsContinuation(text, 1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    // No overlong forms, no surrogates.
    const uint8_t low = first == 0xE0 ? 0xA0 : 0x80;
    const uint8_t high = first == 0xED ? 0x9F : 0xBF;
    return IsContinuation(text, 1, low, high) && IsContinuation(text, 2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const uint8_t low = first == 0xF0 ? 0x90 : 0x80;
    const uint8_t high = first == 0xF4 ? 0x8F : 0xBF;
    const bool sound =
        IsContinuation(text, 1, low, high) && IsContinuation(text, 2) && IsContinuation(text, 3);
    return sound ? 4 : 0;
  }
  return 0;
}

std::string_view WithoutByteOrderMark(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

std::optional<Diagnostic> CheckText(std::string_view text) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    return Diagnostic{{}, "the file is UTF-16; save it as UTF-8"};
  }
  Position at;
  while (!text.empty()) {
    const size_t size = Utf8CharacterSize(text);
    if (size == 0) {
      return Diagnostic{at, fmt::format("the byte 0x{:02x} here is not UTF-8; save the file as "
                                        "UTF-8",
                                        Byte(text, 0))};
    }
    if (IsControl(text)) {
      return Diagnostic{at, fmt::format("the control character 0x{:02x} is not allowed here; is "
                                        "this a text file?",
                                        Byte(text, size - 1))};
    }
    if (text[0] == '\n') {
      ++at.line;
      at.column = 1;
    } else {
      ++at.column;
    }
    text.remove_prefix(size);
  }
  return {};
}

std::string Printable(std::string_view text, size_t most) {
  std::string out;
  size_t characters = 0;
  while (!text.empty()) {
    if (characters++ == most) return out + "...";
    const size_t size = Utf8CharacterSize(text);
    const bool shown = size > 0 && Byte(text, 0) >= 0x20 && !IsControl(text);
    out += shown ? text.substr(0, size) : "?";
    text.remove_prefix(std::max<size_t>(size, 1));
  }
  return out;
}

std::string Quoted(std::string_view text) { return '"' + Printable(text) + '"'; }

}  // namespace collector
