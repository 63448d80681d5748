#include "decode/json_blocks.h"

#include <string>

#include <gtest/gtest.h>

#include "decode/packing.h"

namespace collector {
namespace {

std::string RandomJsonBytes(Random& random, size_t size) {
  constexpr std::string_view kBytes = "\"\"\"\\\\{}[]:,a ";
  std::string text(size, ' ');
  for (char& c : text) {
    c = OneIn(random, 8) ? static_cast<char>(random() & 0xFF)
                         : kBytes[Below(random, kBytes.size())];
  }
  return text;
}

// What the marks mean, byte by byte.
struct SlowMarks {
  std::string kinds;  // ' ' nothing, else the byte that is marked

  explicit SlowMarks(std::string_view text) {
    bool inside = false;
    bool escaped = false;
    for (const char c : text) {
      const bool is_escaped = escaped;
      escaped = c == '\\' && !is_escaped;
      char kind = ' ';
      if (c == '"' && !is_escaped) {
        inside = !inside;
        kind = c;
      } else if (!inside && std::string_view("{}[]:").find(c) != std::string_view::npos) {
        kind = c;
      }
      kinds += kind;
    }
  }
};

TEST(JsonBlocks, ClassifyAlikeWithAndWithoutVectors) {
  Random random(1);
  for (int i = 0; i < 20'000; ++i) {
    const std::string block = RandomJsonBytes(random, kJsonBlockSize);
    const JsonBytes bytes = json_blocks::ClassifyPortable<true>(block.data());
    ASSERT_EQ(bytes, json_blocks::Classify<true>(block.data())) << block;
    const JsonBytes few = json_blocks::ClassifyPortable<false>(block.data());
    ASSERT_EQ(few, json_blocks::Classify<false>(block.data())) << block;
    for (size_t at = 0; at < kJsonBlockSize; ++at) {
      const char c = block[at];
      ASSERT_EQ(bytes.quotes >> at & 1, c == '"' ? 1 : 0);
      ASSERT_EQ(bytes.backslashes >> at & 1, c == '\\' ? 1 : 0);
      ASSERT_EQ(bytes.colons >> at & 1, c == ':' ? 1 : 0);
      ASSERT_EQ(bytes.brackets >> at & 1, c == '{' || c == '}' || c == '[' || c == ']' ? 1 : 0);
    }
  }
}

TEST(JsonBlocks, KnowEveryByteFromEveryOther) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string block(kJsonBlockSize, static_cast<char>(byte));
    ASSERT_EQ(json_blocks::ClassifyPortable<true>(block.data()),
              json_blocks::Classify<true>(block.data()))
        << byte;
  }
}

TEST(JsonBlocks, MarkAsTheSlowWayDoesHoweverTheTextIsCut) {
  Random random(2);
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = RandomJsonBytes(random, 1 + Below(random, 300));
    std::string kinds(text.size(), ' ');
    JsonBlocks blocks;
    for (size_t at = 0; at < text.size();) {
      const size_t left = text.size() - at;
      const size_t size = OneIn(random, 2) ? std::min<size_t>(left, 1 + Below(random, 63))
                                           : std::min(left, kJsonBlockSize);
      const JsonMarks marks = size == kJsonBlockSize ? blocks.Next<true>(&text[at])
                                                     : blocks.NextShort<true>(&text[at], size);
      for (size_t bit = 0; bit < size; ++bit) {
        if (((marks.quotes | marks.brackets | marks.colons) >> bit & 1) != 0) {
          kinds[at + bit] = text[at + bit];
        }
      }
      at += size;
    }
    ASSERT_EQ(kinds, SlowMarks(text).kinds) << text;
  }
}

}  // namespace
}  // namespace collector
