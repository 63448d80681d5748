#include "outputs/text_format.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

#include "base/time_text.h"
#include "base/utf8.h"

namespace collector {
namespace {

constexpr char kHexEscape = 'u';

// What follows the backslash for a byte that JSON escapes; 0 for one that stands for itself.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> escapes{};
  for (size_t c = 0; c < 0x20; ++c) escapes[c] = kHexEscape;
  escapes['\b'] = 'b';
  escapes['\f'] = 'f';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  return escapes;
}();

void AppendEscaped(std::string_view text, std::string& out) {
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const char escape = kEscapes[byte];
    if (escape == 0) continue;
    out.append(text, begin, i - begin);
    begin = i + 1;
    out.push_back('\\');
    out.push_back(escape);
    if (escape == kHexEscape) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      out.append("00").push_back(kDigits[byte >> 4]);
      out.push_back(kDigits[byte & 0xF]);
    }
  }
  out.append(text, begin);
}

void AppendJsonText(std::string_view text, std::string& out) {
  if (IsWellFormedUtf8(text)) {
    AppendEscaped(text, out);
    return;
  }
  std::string repaired;
  AppendRepairedUtf8(text, std::numeric_limits<size_t>::max(), repaired);
  AppendEscaped(repaired, out);
}

void AppendTime(Timestamp time, std::string& out) {
  char text[kDevoTimeSize];
  WriteDevoTime(time, text);
  text[10] = 'T';
  out.append(text, kDevoTimeSize).push_back('Z');
}

}  // namespace

void AppendLine(TextFormat format, std::string_view tag, const Record& record, std::string& out) {
  if (format == TextFormat::kJson) {
    out.append(R"({"time":")");
    AppendTime(record.time, out);
    out.append(R"(","tag":")");
    AppendJsonText(tag, out);
    out.append(R"(","message":")");
    AppendJsonText(record.message, out);
    out.append("\"}\n");
    return;
  }
  const auto begin = static_cast<std::ptrdiff_t>(out.size());
  out.append(record.message);
  if (record.message.ends_with('\n')) out.pop_back();
  std::replace(out.begin() + begin, out.end(), '\n', ' ');
  out.push_back('\n');
}

}  // namespace collector
