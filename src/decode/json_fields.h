// A few fields of a JSON record, without a tree: the text is scanned once, 64 bytes at a time, and
// only as far as the last field that is wanted. A key matches where it stands at its depth, never
// inside a string or a nested object. Pure; any thread.
//
// The record should be sound in its brackets, as a JsonSplitter's are. Of an unsound one the answer
// may be any part of it, or nothing.
#ifndef COLLECTOR_DECODE_JSON_FIELDS_H_
#define COLLECTOR_DECODE_JSON_FIELDS_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace collector {

// The keys that lead to a field: "userIdentity.accountId". A plain value, made once.
class JsonPath {
 public:
  // Keys joined by dots. A key that holds a dot, a quote or a backslash cannot be asked for.
  explicit JsonPath(std::string_view dotted);

  const std::vector<std::string>& keys() const { return keys_; }

 private:
  std::vector<std::string> keys_;
};

// The most paths of one JsonFields().
inline constexpr size_t kMostJsonFields = 16;

// Sets values[i] to the field at paths[i]: its token as it stands in `record`, with quotes and
// escapes when it is a string, whole when it is an object or array. Empty: there is none (a token
// is never empty), or `record` is no object. Of equal keys the first counts. A key that is written
// with escapes is not found. At most kMostJsonFields paths, as many values.
void JsonFields(std::string_view record, std::span<const JsonPath> paths,
                std::span<std::string_view> values);

// The same for one field; nothing when there is none.
std::optional<std::string_view> JsonField(std::string_view record, const JsonPath& path);

// A token as text: a string without its quotes and with its escapes undone (UnescapeJsonString), a
// number, literal, object or array as it stands. Nothing for null, an empty token, or a string with
// an escape that JSON does not know. It is a part of `token`, or of `scratch` when there were
// escapes, which is overwritten.
std::optional<std::string_view> JsonText(std::string_view token, std::string& scratch);

}  // namespace collector

#endif  // COLLECTOR_DECODE_JSON_FIELDS_H_
