// KeyPattern: which keys of S3 objects are meant, and what their parts say: a glob whose named
// parts can be read. An immutable value; any thread.
//
//   *            any characters within one level (no "/"), also none
//   **/          any number of whole levels, also none
//   **           any characters, "/" too
//   {name}       one or more characters within one level, to be read under that name
//   {name:0-9A}  the same, of these characters and ranges only
//
//   **/AWSLogs/{account:0-9}/vpcflowlogs/{region}/**
#ifndef COLLECTOR_SOURCES_KEY_PATTERN_H_
#define COLLECTOR_SOURCES_KEY_PATTERN_H_

#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace collector {

// The named parts of a key that matched, as views of it, in the pattern's order.
class KeyParts {
 public:
  void Set(std::string_view name, std::string_view value);
  // Empty when the pattern has no such part.
  std::string_view Get(std::string_view name) const;

 private:
  std::vector<std::pair<std::string_view, std::string_view>> parts_;
};

class KeyPattern {
 public:
  // An error says what is wrong with `text`: a brace without its partner, a part without a name, a
  // name that stands twice.
  static Result<KeyPattern> Parse(std::string_view text);

  // Whether the whole of `key` matches; its parts then are views of `key` and of this pattern.
  std::optional<KeyParts> Match(std::string_view key) const;

  const std::string& text() const { return text_; }
  std::vector<std::string_view> names() const;

  bool operator==(const KeyPattern& other) const { return text_ == other.text_; }

 private:
  enum class Kind { kText, kStar, kLevels, kAny, kPart };
  struct Token {
    Kind kind;
    std::string text;             // kText: itself; kPart: its name
    std::bitset<256> characters;  // kPart
  };

  static Result<Token> ParsePart(std::string_view inside);
  bool MatchFrom(size_t token, std::string_view rest, std::vector<std::string_view>& parts,
                 size_t& steps) const;

  std::string text_;
  std::vector<Token> tokens_;
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_KEY_PATTERN_H_
