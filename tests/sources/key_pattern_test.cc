#include "sources/key_pattern.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace collector {
namespace {

bool Matches(const std::string& pattern, const std::string& key) {
  const auto parsed = KeyPattern::Parse(pattern);
  EXPECT_TRUE(parsed) << pattern;
  return parsed && parsed->Match(key).has_value();
}

TEST(KeyPattern, MatchesTheWholeOfAKey) {
  EXPECT_TRUE(Matches("a/b", "a/b"));
  EXPECT_FALSE(Matches("a/b", "a/bc"));
  EXPECT_FALSE(Matches("a/b", "xa/b"));
  EXPECT_FALSE(Matches("a", ""));
}

TEST(KeyPattern, TakesOneLevelForAStarAndAnyForTwo) {
  EXPECT_TRUE(Matches("*", ""));
  EXPECT_TRUE(Matches("a/*.gz", "a/b.gz"));
  EXPECT_TRUE(Matches("a/*.gz", "a/.gz.gz"));
  EXPECT_FALSE(Matches("a/*.gz", "a/b/c.gz"));
  EXPECT_TRUE(Matches("a**", "a/b/c"));
  EXPECT_TRUE(Matches("**.gz", "a/b.gz"));
  EXPECT_TRUE(Matches("***", "a/b"));
  EXPECT_TRUE(Matches("**/x", "x"));
  EXPECT_TRUE(Matches("**/x", "a/b/x"));
  EXPECT_FALSE(Matches("**/x", "ax"));
  EXPECT_TRUE(Matches("a/**/x", "a/x"));
  EXPECT_FALSE(Matches("a/**/x", "a/bx"));
}

TEST(KeyPattern, TellsTheNamedPartsOfWhichTheFirstTakesTheMost) {
  const auto pattern = KeyPattern::Parse("{first}-{digits:0-9-}.{letters:A-Zx}/**");
  ASSERT_TRUE(pattern);
  EXPECT_EQ(pattern->names(), (std::vector<std::string_view>{"first", "digits", "letters"}));
  const auto parts = pattern->Match("a-b-12-3.AxZ/c/d");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->Get("first"), "a-b-12");
  EXPECT_EQ(parts->Get("digits"), "3");
  EXPECT_EQ(parts->Get("letters"), "AxZ");
  EXPECT_EQ(parts->Get("other"), "");
  EXPECT_FALSE(pattern->Match("-1.A/"));
  EXPECT_FALSE(pattern->Match("a-x.A/"));
  EXPECT_FALSE(pattern->Match("a/b-1.A/"));
}

TEST(KeyPattern, RefusesWhatCannotBeMeant) {
  for (const char* text : {"", "{", "}", "a{b", "a}b", "{}", "{:0-9}", "{a:}", "{a b}", "{a:9-0}",
                           "{a}{a}", "{a{b}}", "{a/}"}) {
    const auto pattern = KeyPattern::Parse(text);
    ASSERT_FALSE(pattern) << text;
    EXPECT_EQ(pattern.error().kind, ErrorKind::kRejected);
    EXPECT_FALSE(pattern.error().message.empty());
  }
}

TEST(KeyPattern, GivesUpOnAKeyThatCouldTakeForEver) {
  std::string stars;
  for (int i = 0; i < 20; ++i) stars += "**a";
  EXPECT_FALSE(Matches(stars + "b", std::string(1024, 'a')));
}

TEST(KeyPattern, TakesAnyByteForACharacter) {
  EXPECT_TRUE(Matches("{a}/*", "\xC3\xA9\xFF/\n"));
  EXPECT_TRUE(Matches("*", std::string("\0x", 2)));
}

}  // namespace
}  // namespace collector
