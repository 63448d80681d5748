#include "outputs/text_format.h"

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/time_text.h"
#include "outputs/slow_utf8.h"

namespace collector {
namespace {

using namespace std::string_view_literals;

std::string Line(TextFormat format, std::string_view message,
                 std::string_view time = "2023-06-02T08:31:15.123Z",
                 std::string_view tag = "my.app.a.b") {
  std::string out;
  AppendLine(format, tag, {ParseTime(time).value(), message}, out);
  return out;
}

TEST(TextFormat, JsonHoldsTimeTagAndMessageInThisOrder) {
  EXPECT_EQ(Line(TextFormat::kJson, R"({"a":1})"),
            R"({"time":"2023-06-02T08:31:15.123Z","tag":"my.app.a.b","message":"{\"a\":1}"})"
            "\n");
}

TEST(TextFormat, JsonTimeIsAlwaysEquallyLong) {
  EXPECT_EQ(Line(TextFormat::kJson, "", "2023-06-02T08:31:15Z"),
            R"({"time":"2023-06-02T08:31:15.000Z","tag":"my.app.a.b","message":""})"
            "\n");
}

TEST(TextFormat, JsonEscapesWhatItMustAndNothingElse) {
  EXPECT_EQ(
      Line(TextFormat::kJson, "\"\\/\b\f\n\r\t\x01\x1f\0\x7fé\u2028😀"sv, "2023-06-02", "a\"b"),
      R"({"time":"2023-06-02T00:00:00.000Z","tag":"a\"b","message":)"
      R"("\"\\/\b\f\n\r\t\u0001\u001f\u0000)"
      "\x7fé\u2028😀\"}\n");
}

// A strict parser gets back what a slow decoder makes of the bytes, final newlines too.
TEST(TextFormat, JsonIsReadBackForAnyBytes) {
  std::mt19937_64 random(7);
  static constexpr std::string_view kPieces[] = {
      "\"",       "\\",      "\n",         "é",    "😀",       "\xED\xA0\x80",
      "\xF0\x9F", "\\u0000", "plain text", "\x80", "\xC0\xAF"};
  for (int i = 0; i < 50'000; ++i) {
    std::string message;
    for (size_t pieces = random() % 10; pieces > 0; --pieces) {
      if (random() % 2 == 0) {
        message.push_back(static_cast<char>(random()));
      } else {
        message.append(kPieces[random() % std::size(kPieces)]);
      }
    }
    const std::string line = Line(TextFormat::kJson, message);
    ASSERT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
    ASSERT_EQ(line.back(), '\n');
    std::string expected;
    for (const std::string& character : slow::Characters(message)) expected += character;
    const auto parsed = nlohmann::json::parse(line);
    ASSERT_EQ(parsed.at("message").get<std::string>(), expected);
    ASSERT_EQ(parsed.size(), 3u);
  }
}

TEST(TextFormat, PlainIsTheMessageAndOneNewline) {
  EXPECT_EQ(Line(TextFormat::kPlain, "2 123456789012 eni-1 ACCEPT OK"),
            "2 123456789012 eni-1 ACCEPT OK\n");
  EXPECT_EQ(Line(TextFormat::kPlain, "m\n"), "m\n");
  EXPECT_EQ(Line(TextFormat::kPlain, ""), "\n");
  EXPECT_EQ(Line(TextFormat::kPlain, "\n"), "\n");
}

TEST(TextFormat, PlainKeepsOneRecordALineAndJsonJson) {
  EXPECT_EQ(Line(TextFormat::kPlain, "{\n  \"a\": \"x\\ny\"\n}\n"), "{   \"a\": \"x\\ny\" }\n");
  EXPECT_EQ(Line(TextFormat::kPlain, "a\n\n"), "a \n");
}

TEST(TextFormat, PlainLeavesEveryOtherByteAsItIs) {
  EXPECT_EQ(Line(TextFormat::kPlain, "\xff\0\r\x1b\xC3"sv), "\xff\0\r\x1b\xC3\n"sv);
}

TEST(TextFormat, AppendsWithoutTouchingWhatIsThere) {
  std::string out = "one\ntwo\n";
  AppendLine(TextFormat::kPlain, "t", {Timestamp(), "three\nthree"}, out);
  EXPECT_EQ(out, "one\ntwo\nthree three\n");
}

}  // namespace
}  // namespace collector
