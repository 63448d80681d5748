// A JSON string as text: for values that are passed on byte for byte, where a general parser would
// refuse or replace what it cannot hold. Pure; any thread.
#ifndef COLLECTOR_BASE_JSON_TEXT_H_
#define COLLECTOR_BASE_JSON_TEXT_H_

#include <optional>
#include <string>
#include <string_view>

#include "base/buffer.h"

namespace collector {

// The text of a JSON string (RFC 8259, 7), given with its quotes: `"a\nb"`. A surrogate without its
// other half, which UTF-8 cannot hold, stays the escape that it was ("\ud83d"): when the text is
// itself a JSON document, it still says there what it said. Bytes are not checked to be UTF-8.
// Nothing: no quotes, an unknown escape, or an end inside one.
std::optional<std::string> UnescapeJsonString(std::string_view quoted);

// The same, at the end of `out`; false and nothing appended where the other gives nothing.
bool AppendJsonString(std::string_view quoted, Buffer& out);

}  // namespace collector

#endif  // COLLECTOR_BASE_JSON_TEXT_H_
