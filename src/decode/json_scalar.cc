#include "decode/json_scalar.h"

namespace collector {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool Skip(std::string_view& text, std::string_view one_of) {
  if (text.empty() || one_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// The number of digits that it steps over.
size_t SkipDigits(std::string_view& text) {
  size_t size = 0;
  while (size < text.size() && IsDigit(text[size])) ++size;
  text.remove_prefix(size);
  return size;
}

}  // namespace

size_t JsonScalarSize(std::string_view data, size_t at) {
  size_t end = at;
  for (; end < data.size(); ++end) {
    const char c = data[end];
    const bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    if (!IsDigit(c) && !is_letter && c != '-' && c != '+' && c != '.') break;
  }
  return end - at;
}

bool IsJsonScalar(std::string_view text) {
  if (text == "true" || text == "false" || text == "null") return true;
  Skip(text, "-");
  const bool starts_with_zero = !text.empty() && text.front() == '0';
  const size_t digits = SkipDigits(text);
  if (digits == 0 || (starts_with_zero && digits > 1)) return false;
  if (Skip(text, ".") && SkipDigits(text) == 0) return false;
  if (Skip(text, "eE")) {
    Skip(text, "+-");
    if (SkipDigits(text) == 0) return false;
  }
  return text.empty();
}

}  // namespace collector
