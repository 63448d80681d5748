#include "base/json_text.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace collector {
namespace {

constexpr size_t kSlack = 16;             // the size of a vector
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

char* PutUtf8(uint32_t code, char* out) {
  const auto put = [&out](uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
  return out;
}

// Puts what the \uXXXX at `at` stands for; returns its size in `text`, 0 when it is malformed.
size_t PutUnicode(std::string_view text, size_t at, char*& out) {
  const auto unit = ReadUnicodeEscape(text, at);
  if (!unit) return 0;
  if (IsHighSurrogate(*unit)) {
    const auto low = ReadUnicodeEscape(text, at + kUnicodeEscapeSize);
    if (low && IsLowSurrogate(*low)) {
      out = PutUtf8(0x10000 + ((*unit - 0xd800) << 10) + (*low - 0xdc00), out);
      return 2 * kUnicodeEscapeSize;
    }
  }
  if (IsHighSurrogate(*unit) || IsLowSurrogate(*unit)) {
    std::memcpy(out, text.data() + at, kUnicodeEscapeSize);
    out += kUnicodeEscapeSize;
  } else {
    out = PutUtf8(*unit, out);
  }
  return kUnicodeEscapeSize;
}

// Copies up to the first backslash, whose place it returns; the text's end: there is none. May
// write kSlack bytes more than it counts.
size_t CopyToBackslash(std::string_view text, size_t at, char*& out) {
#ifdef __SSE2__
  const __m128i backslash = _mm_set1_epi8('\\');
  for (; at + kSlack <= text.size(); at += kSlack, out += kSlack) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, backslash)));
    if (found == 0) continue;
    const auto before = static_cast<size_t>(std::countr_zero(found));
    out += before;
    return at + before;
  }
#endif
  const size_t end = std::min(text.find('\\', at), text.size());
  std::memcpy(out, text.data() + at, end - at);
  out += end - at;
  return end;
}

// To `out`, which has room for the text and kSlack bytes; its end, or null where it is malformed.
char* Unescape(std::string_view quoted, char* out) {
  if (quoted.size() < 2 || quoted.front() != '"' || quoted.back() != '"') return nullptr;
  const std::string_view text = quoted.substr(1, quoted.size() - 2);
  for (size_t at = CopyToBackslash(text, 0, out); at < text.size();) {
    if (at + 1 == text.size()) return nullptr;
    constexpr std::string_view kEscapes = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const size_t escape = kEscapes.find(text[at + 1]);
    if (escape != std::string_view::npos) {
      *out++ = kMeanings[escape];
      at += 2;
    } else {
      const size_t size = PutUnicode(text, at, out);
      if (size == 0) return nullptr;
      at += size;
    }
    at = CopyToBackslash(text, at, out);
  }
  return out;
}

}  // namespace

std::optional<std::string> UnescapeJsonString(std::string_view quoted) {
  std::string text(quoted.size() + kSlack, '\0');
  const char* const end = Unescape(quoted, text.data());
  if (end == nullptr) return std::nullopt;
  text.resize(static_cast<size_t>(end - text.data()));
  return text;
}

bool AppendJsonString(std::string_view quoted, Buffer& out) {
  const size_t needed = quoted.size() + kSlack;
  if (out.room() < needed) out.Reserve(std::max(out.size() + needed, out.capacity() * 2));
  const char* const end = Unescape(quoted, out.end());
  if (end == nullptr) return false;
  out.Grow(static_cast<size_t>(end - out.end()));
  return true;
}

}  // namespace collector
