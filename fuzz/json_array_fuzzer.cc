// Any bytes as JSON: the records are the same however the bytes are cut, each is balanced when it
// is looked at a byte at a time, and a document that lost its last byte is an error. The fields of
// each record are tokens of it. The first byte says how to cut, and which path. Seeds:
// tests/testdata/fuzz/json_array_fuzzer.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "decode/drive.h"
#include "decode/json_fields.h"
#include "decode/json_splitter.h"

namespace {

using namespace collector;

// Whether `text` is one string, one pair of brackets with all between them, or free of both.
bool IsOneValue(std::string_view text) {
  std::string open;
  bool inside = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (inside) {
      if (c == '\\') ++i;
      if (c == '"') inside = false;
    } else if (c == '"') {
      inside = true;
    } else if (c == '{' || c == '[') {
      open += c;
    } else if (c == '}' || c == ']') {
      if (open.empty() || open.back() != (c == '}' ? '{' : '[')) return false;
      open.pop_back();
    }
    // Only the last byte may end it.
    const bool is_container = text[0] == '{' || text[0] == '[' || text[0] == '"';
    if (is_container && open.empty() && !inside && i + 1 < text.size()) return false;
  }
  return open.empty() && !inside && !text.empty();
}

void CheckFields(std::string_view record) {
  static const std::array<JsonPath, 3> paths = {JsonPath("a"), JsonPath("a.b"),
                                                JsonPath("eventTime")};
  std::array<std::string_view, 3> values;
  JsonFields(record, paths, values);
  for (size_t i = 0; i < paths.size(); ++i) {
    if (JsonField(record, paths[i]).value_or("") != values[i]) std::abort();
    if (values[i].empty()) continue;
    if (!IsOneValue(values[i])) std::abort();
    const auto from = static_cast<size_t>(values[i].data() - record.data());
    if (from + values[i].size() > record.size()) std::abort();
    std::string scratch;
    const auto text = JsonText(values[i], scratch);
    if (text && text->size() > values[i].size()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const size_t cut = 1 + data[0] / 4;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  static std::array<JsonSplitter, 4> splitters = {JsonSplitter("Records"), JsonSplitter("a.b"),
                                                  JsonSplitter(""), JsonSplitter::Documents()};
  JsonSplitter& splitter = splitters[data[0] % 4];
  const auto records = SplitAll(splitter, text, Always(text.size() + 1));
  if (SplitAll(splitter, text, Always(cut)) != records) std::abort();
  CheckFields(text);
  if (!records) return 0;
  for (const std::string& record : *records) {
    if (!IsOneValue(record)) std::abort();
    CheckFields(record);
  }
  if (text.empty()) return 0;
  const char last = text.back();
  const bool ends_a_document = last == '}' || last == ']';
  if (ends_a_document && SplitAll(splitter, text.substr(0, text.size() - 1), Always(cut))) {
    std::abort();
  }
  return 0;
}
