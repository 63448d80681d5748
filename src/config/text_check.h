// What a text file must be before it is given to the YAML parser: UTF-8 without control characters.
// Also how text of unknown origin is shown to a person. Pure functions; any thread.
#ifndef COLLECTOR_CONFIG_TEXT_CHECK_H_
#define COLLECTOR_CONFIG_TEXT_CHECK_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "config/diagnostics.h"

namespace collector {

// The length of the well-formed UTF-8 character at the start of `text` (Unicode 15, table 3-7),
// 0 when there is none.
size_t Utf8CharacterSize(std::string_view text);

// Without the byte order mark that some editors put in front.
std::string_view WithoutByteOrderMark(std::string_view text);

// The first thing that keeps `text` from being YAML at all: UTF-16, bytes that are no UTF-8, a
// control character (YAML 1.2.2, 5.1); nothing when it is sound.
std::optional<Diagnostic> CheckText(std::string_view text);

// `text` in one line: control characters and broken UTF-8 as `?`, cut after `most` characters.
std::string Printable(std::string_view text, size_t most = 60);

// As Printable, in quotation marks.
std::string Quoted(std::string_view text);

}  // namespace collector

#endif  // COLLECTOR_CONFIG_TEXT_CHECK_H_
