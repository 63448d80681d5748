// The WHATWG's UTF-8 decoder, step by step as its text has it (https://encoding.spec.whatwg.org,
// "UTF-8 decoder"), and an encoder: the slow, obvious model that the fast code is held against.
#ifndef COLLECTOR_TESTS_OUTPUTS_SLOW_UTF8_H_
#define COLLECTOR_TESTS_OUTPUTS_SLOW_UTF8_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace collector::slow {

inline std::string Encode(uint32_t code_point) {
  std::string out;
  const auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
  return out;
}

inline std::vector<uint32_t> Decode(std::string_view bytes) {
  std::vector<uint32_t> out;
  uint32_t code_point = 0;
  int seen = 0;
  int needed = 0;
  uint8_t lower = 0x80;
  uint8_t upper = 0xBF;
  for (size_t i = 0; i < bytes.size();) {
    const auto byte = static_cast<uint8_t>(bytes[i]);
    if (needed == 0) {
      ++i;
      if (byte <= 0x7F) {
        out.push_back(byte);
      } else if (byte >= 0xC2 && byte <= 0xDF) {
        needed = 1;
        code_point = byte & 0x1F;
      } else if (byte >= 0xE0 && byte <= 0xEF) {
        if (byte == 0xE0) lower = 0xA0;
        if (byte == 0xED) upper = 0x9F;
        needed = 2;
        code_point = byte & 0xF;
      } else if (byte >= 0xF0 && byte <= 0xF4) {
        if (byte == 0xF0) lower = 0x90;
        if (byte == 0xF4) upper = 0x8F;
        needed = 3;
        code_point = byte & 0x7;
      } else {
        out.push_back(0xFFFD);
      }
      continue;
    }
    const bool fits = byte >= lower && byte <= upper;
    lower = 0x80;
    upper = 0xBF;
    if (!fits) {  // "restore byte to ioQueue": the same byte is looked at again
      out.push_back(0xFFFD);
      seen = needed = 0;
      continue;
    }
    ++i;
    code_point = code_point << 6 | (byte & 0x3F);
    if (++seen == needed) {
      out.push_back(code_point);
      seen = needed = 0;
    }
  }
  if (needed != 0) out.push_back(0xFFFD);
  return out;
}

// The characters of `bytes`, well-formed, in order.
inline std::vector<std::string> Characters(std::string_view bytes) {
  std::vector<std::string> out;
  for (const uint32_t code_point : Decode(bytes)) out.push_back(Encode(code_point));
  return out;
}

}  // namespace collector::slow

#endif  // COLLECTOR_TESTS_OUTPUTS_SLOW_UTF8_H_
