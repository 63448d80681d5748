#include "base/utf8.h"

#include <simdjson.h>

namespace collector {
namespace {

struct ByteRange {
  unsigned char first, last;
};

bool In(ByteRange range, char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= range.first && byte <= range.last;
}

// What may follow a lead byte (Unicode 15, table 3-7): how many bytes, and the range of the first
// of them, which leaves out overlong forms, surrogates and what lies past U+10FFFF.
struct Tail {
  size_t size;
  ByteRange second;
};

Tail TailOf(unsigned char lead) {
  constexpr ByteRange kAny{0x80, 0xBF};
  if (lead < 0xC2) return {0, kAny};
  if (lead < 0xE0) return {1, kAny};
  if (lead == 0xE0) return {2, {0xA0, 0xBF}};
  if (lead == 0xED) return {2, {0x80, 0x9F}};
  if (lead < 0xF0) return {2, kAny};
  if (lead == 0xF0) return {3, {0x90, 0xBF}};
  if (lead < 0xF4) return {3, kAny};
  if (lead == 0xF4) return {3, {0x80, 0x8F}};
  return {0, kAny};
}

}  // namespace

bool IsWellFormedUtf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

Utf8Character FirstUtf8Character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {1, true};
  const Tail tail = TailOf(lead);
  ByteRange expected = tail.second;
  size_t size = 1;
  for (; size <= tail.size; ++size, expected = {0x80, 0xBF}) {
    if (size == text.size() || !In(expected, text[size])) return {size, false};
  }
  return {size, tail.size > 0};
}

std::string_view CutUtf8(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  while (end > 0 && In({0x80, 0xBF}, text[end])) --end;
  return text.substr(0, end);
}

bool AppendRepairedUtf8(std::string_view text, size_t max_bytes, std::string& out) {
  size_t room = max_bytes;
  while (!text.empty()) {
    const Utf8Character character = FirstUtf8Character(text);
    const std::string_view bytes =
        character.well_formed ? text.substr(0, character.size) : kReplacementCharacter;
    if (bytes.size() > room) return false;
    out.append(bytes);
    room -= bytes.size();
    text.remove_prefix(character.size);
  }
  return true;
}

}  // namespace collector
