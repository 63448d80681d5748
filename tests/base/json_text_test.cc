#include "base/json_text.h"

#include <gtest/gtest.h>

namespace collector {
namespace {

TEST(UnescapeJsonString, GivesTheTextByteForByte) {
  EXPECT_EQ(UnescapeJsonString(R"("")"), "");
  EXPECT_EQ(UnescapeJsonString(R"("plain")"), "plain");
  EXPECT_EQ(UnescapeJsonString(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(UnescapeJsonString(R"("{\"a\":\"b\\n\"}")"), R"({"a":"b\n"})");
  EXPECT_EQ(UnescapeJsonString("\"\xc3\xa9 raw\""), "\xc3\xa9 raw");
}

TEST(UnescapeJsonString, WritesEscapedCharactersAsUtf8) {
  EXPECT_EQ(UnescapeJsonString(R"("\u0041\u00e9\u20AC")"), "A\xc3\xa9\xe2\x82\xac");
  EXPECT_EQ(UnescapeJsonString(R"("\ud83d\uDE00")"), "\xf0\x9f\x98\x80");
  EXPECT_EQ(UnescapeJsonString(R"("\u0000")"), std::string(1, '\0'));
  EXPECT_EQ(UnescapeJsonString(R"("\uffff\u07ff\u0800\u0080")"),
            "\xef\xbf\xbf\xdf\xbf\xe0\xa0\x80\xc2\x80");
  EXPECT_EQ(UnescapeJsonString(R"("\ud800\udc00\udbff\udfff")"),
            "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
}

TEST(UnescapeJsonString, KeepsHalfASurrogatePairAsItsEscape) {
  EXPECT_EQ(UnescapeJsonString(R"("a\ud83d")"), R"(a\ud83d)");
  EXPECT_EQ(UnescapeJsonString(R"("\uDE00b")"), R"(\uDE00b)");
  EXPECT_EQ(UnescapeJsonString(R"("\ud83d\ud83d\ude00")"), "\\ud83d\xf0\x9f\x98\x80");
  EXPECT_EQ(UnescapeJsonString(R"("\ud83d\n")"), "\\ud83d\n");
  EXPECT_EQ(UnescapeJsonString(R"("\ud83dx\ude00")"), R"(\ud83dx\ude00)");
}

TEST(UnescapeJsonString, RefusesWhatIsNoString) {
  for (const char* text :
       {"", "\"", "null", "\"open", "open\"", R"("\x41")", R"("\u12")", R"("\u12g4")", R"("\")",
        R"("\u")", R"("\ud83d\u")", R"("\u+123")", R"("\u 123")", R"("\u-123")"}) {
    EXPECT_FALSE(UnescapeJsonString(text).has_value()) << text;
  }
}

TEST(UnescapeJsonString, IsTheSameWhereverAnEscapeLies) {
  for (size_t before = 0; before < 40; ++before) {
    for (size_t after = 0; after < 40; ++after) {
      const std::string a(before, 'a');
      const std::string b(after, 'b');
      EXPECT_EQ(UnescapeJsonString("\"" + a + "\\n" + b + "\""), a + "\n" + b);
      EXPECT_EQ(UnescapeJsonString("\"" + a + "\\\\\\u20ac" + b + "\\\"\""),
                a + "\\\xe2\x82\xac" + b + "\"");
    }
  }
}

TEST(AppendJsonString, AppendsTheTextOrNothing) {
  Buffer out;
  std::string expected;
  for (int i = 0; i < 2000; ++i) {
    const std::string text(static_cast<size_t>(i % 70), 'x');
    ASSERT_TRUE(AppendJsonString("\"" + text + "\\t\"", out));
    ASSERT_FALSE(AppendJsonString("\"" + text + "\\q\"", out));
    expected += text + "\t";
  }
  EXPECT_EQ(out.view(), expected);
}

}  // namespace
}  // namespace collector
