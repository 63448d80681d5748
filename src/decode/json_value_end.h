// JsonValueEnd: finds where a JSON string, object or array ends, over data that grows. Brackets
// must match in kind, and backslashes be in strings; what else stands between them (commas, colons,
// numbers) is not checked. A plain value of about 1 KiB inside the scanners of src/decode; one
// thread at a time.
#ifndef COLLECTOR_DECODE_JSON_VALUE_END_H_
#define COLLECTOR_DECODE_JSON_VALUE_END_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "decode/json_blocks.h"

namespace collector {

class JsonValueEnd {
 public:
  enum class Outcome { kMore, kEnd, kMangled };

  // Deeper values are taken for mangled; the deepest that AWS writes are a tenth of it.
  static constexpr size_t kDeepest = 1024;

  // A new value, which begins with `first`: one of " { [.
  void Begin(char first) {
    blocks_ = JsonBlocks();
    is_string_ = first == '"';
    opened_ = false;
    depth_ = 0;
    mismatch_ = 0;
  }

  // Goes on at data[at], which Begin()'s first byte is at first. Moves `at` behind the value (kEnd)
  // or to the end of the data (kMore).
  Outcome Find(std::string_view data, size_t& at);

 private:
  Outcome FindInBlock(const JsonMarks& marks, const char* block, size_t size, size_t& at);

  JsonBlocks blocks_;
  bool is_string_ = false;
  bool opened_ = false;  // the string's first quote was seen
  size_t depth_ = 0;
  uint64_t mismatch_ = 0;  // not 0: brackets of two kinds met, or a backslash outside strings
  std::array<uint8_t, kDeepest> kinds_{};  // of the brackets that are open
};

}  // namespace collector

#endif  // COLLECTOR_DECODE_JSON_VALUE_END_H_
