#include "config/yaml_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/fixtures.h"

namespace collector {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Read {
  std::optional<YamlNode> root;
  std::vector<std::string> errors;
};

Read ReadText(std::string_view text) {
  Diagnostics diagnostics;
  Read read;
  read.root = ReadYaml(text, diagnostics);
  read.errors = Lines(diagnostics.Errors());
  EXPECT_TRUE(read.root || !read.errors.empty()) << "no tree and no reason";
  return read;
}

TEST(ReadYaml, KeepsThePlaceOfEveryKeyAndValue) {
  const Read read = ReadText("a:\n  - x\n  -\n  - {b: \"c\"}\nd: ~\n");
  ASSERT_TRUE(read.root);
  EXPECT_EQ(read.root->keys.at(1).at, (Position{5, 1}));
  const YamlNode& list = *read.root->Find("a");
  ASSERT_EQ(list.items.size(), 3u);
  EXPECT_EQ(list.items[0].at, (Position{2, 5}));
  EXPECT_EQ(list.items[1].kind, YamlNode::Kind::kNull);
  EXPECT_EQ(list.items[1].at, (Position{3, 3}));
  EXPECT_EQ(list.items[2].Find("b")->at, (Position{4, 9}));
  EXPECT_EQ(list.items[2].Find("b")->text, "c");
}

TEST(ReadYaml, TakesQuotedNullsForTexts) {
  const Read read = ReadText("[null, ~, 'null', \"\", \"~\"]");
  std::vector<YamlNode::Kind> kinds;
  for (const YamlNode& item : read.root->items) kinds.push_back(item.kind);
  using enum YamlNode::Kind;
  EXPECT_THAT(kinds, ElementsAre(kNull, kNull, kScalar, kScalar, kScalar));
}

TEST(ReadYaml, ReportsEqualKeysAndKeepsTheFirst) {
  const Read read = ReadText("a: 1\nb: 2\n\"a\": 3\na: 4\n");
  EXPECT_THAT(read.errors,
              ElementsAre(HasSubstr("3:1: the key \"a\" is here twice, first in line 1"),
                          HasSubstr("4:1: the key \"a\"")));
  EXPECT_EQ(read.root->keys.size(), 2u);
  EXPECT_EQ(read.root->Find("a")->text, "1");
}

TEST(ReadYaml, LetsTheMapsOwnKeysWinOverMergedOnes) {
  const Read read =
      ReadText("x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz: {<<: [*x, *y], a: 0}\nq: {\"<<\": 5}\n");
  ASSERT_TRUE(read.root);
  const YamlNode& z = *read.root->Find("z");
  EXPECT_EQ(z.Find("a")->text, "0");
  EXPECT_EQ(z.Find("b")->text, "1");
  EXPECT_EQ(z.Find("c")->text, "2");
  EXPECT_EQ(z.Find("<<"), nullptr);
  EXPECT_NE(read.root->Find("q")->Find("<<"), nullptr) << "in quotation marks it is a key";
}

TEST(ReadYaml, BoundsNestingWithoutUsingUpTheStack) {
  EXPECT_THAT(ReadText("a: " + std::string(2000, '[') + std::string(2000, ']')).errors,
              ElementsAre(HasSubstr("1:35: not valid YAML: nested deeper than 32 levels")));
  EXPECT_EQ(ReadText(std::string(500'000, '[')).errors.size(), 1u);
  EXPECT_EQ(ReadText(std::string(500'000, '{')).errors.size(), 1u);
  std::string dashes;
  for (int i = 0; i < 100'000; ++i) dashes += "- ";
  EXPECT_THAT(ReadText(dashes).errors, ElementsAre(HasSubstr("deeper")));
  // Nesting through aliases: each holds the one before.
  std::string chain = "a0: &a0 [x]\n";
  for (int i = 1; i < 1000; ++i) {
    chain += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) +
             "]\n";
  }
  EXPECT_THAT(ReadText(chain).errors, ElementsAre(HasSubstr("deeper")));
}

TEST(ReadYaml, BoundsWhatAliasesMultiplyInto) {
  std::string texts = "a: &a " + std::string(500'000, 'x') + "\nb: [";
  for (int i = 0; i < 1000; ++i) texts += "*a, ";
  EXPECT_THAT(ReadText(texts + "]").errors, ElementsAre(HasSubstr("4 MiB of text")));
}

TEST(ReadYaml, RefusesAFileThatEndsInsideOfQuotationMarks) {
  const auto refused = ElementsAre(HasSubstr("a quotation mark without its partner"));
  for (const char* text : {"a: \"b", "a: 'b''", "a: \"b\\\"", "a: \"b\n", "a: 'b''\n\n",
                           "a: \"b\\\"\n", "a: &x \"b # \n", "- \"\n"}) {
    EXPECT_THAT(ReadText(text).errors, refused) << text;
  }
  EXPECT_TRUE(ReadText("a: \"b\\\"\"").root);
  EXPECT_TRUE(ReadText("a: 'b''' # \"").root);
  EXPECT_TRUE(ReadText("a: \"b\"\nc: it's\n").root);
}

TEST(ReadYaml, ShowsNothingOfTheTextInAComplaintAboutAnEscape) {
  const Read read = ReadText("secret: \"a\\qb\"");
  EXPECT_THAT(read.errors, ElementsAre("1:13: not valid YAML: unknown escape character"));
}

}  // namespace
}  // namespace collector
