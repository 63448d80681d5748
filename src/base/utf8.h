// UTF-8: what promises to be text is well-formed, whatever bytes a source found.
// What is ill-formed becomes U+FFFD, one per maximal subpart, as Unicode 15 (chapter 3.9,
// "U+FFFD Substitution of Maximal Subparts") and the WHATWG's decoder do it. Pure functions; any
// thread.
#ifndef COLLECTOR_BASE_UTF8_H_
#define COLLECTOR_BASE_UTF8_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace collector {

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

// Many GB/s: what nearly every message goes through.
bool IsWellFormedUtf8(std::string_view text);

// The first character of `text`, which is not empty: its bytes, or the maximal subpart of an
// ill-formed one (1 to 3 bytes), to be replaced as a whole.
struct Utf8Character {
  size_t size;
  bool well_formed;
};
Utf8Character FirstUtf8Character(std::string_view text);

// The longest start of the well-formed `text` that is at most `max_bytes` long and ends with a
// whole character.
std::string_view CutUtf8(std::string_view text, size_t max_bytes);

// Appends `text` with its ill-formed parts replaced, as many whole characters as fit in
// `max_bytes`; false when not all did. Replacing never makes a text shorter.
bool AppendRepairedUtf8(std::string_view text, size_t max_bytes, std::string& out);

}  // namespace collector

#endif  // COLLECTOR_BASE_UTF8_H_
