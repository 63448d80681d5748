// JSON's numbers and literals (RFC 8259, 3 and 6). Pure; any thread.
#ifndef COLLECTOR_DECODE_JSON_SCALAR_H_
#define COLLECTOR_DECODE_JSON_SCALAR_H_

#include <cstddef>
#include <string_view>

namespace collector {

inline bool IsJsonBlank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// How many bytes from data[at] on can belong to a number or a literal.
size_t JsonScalarSize(std::string_view data, size_t at);

// Whether it is a number, true, false or null.
bool IsJsonScalar(std::string_view text);

}  // namespace collector

#endif  // COLLECTOR_DECODE_JSON_SCALAR_H_
