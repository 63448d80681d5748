// Arrays and documents as streams, against nlohmann as the oracle: T-1, T-2, L-15, S-13, S-25.
#include "decode/json_splitter.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "decode/drive.h"
#include "decode/packing.h"

namespace collector {
namespace {

using Records = std::vector<std::string>;
using nlohmann::json;

// In many cuts, with the same outcome.
std::optional<Records> Split(JsonSplitter splitter, std::string_view text) {
  const std::optional<Records> whole = SplitAll(splitter, text, Always(text.size() + 1));
  for (const size_t cut : {1, 2, 3, 5, 63, 64, 65}) {
    EXPECT_EQ(SplitAll(splitter, text, Always(cut)), whole) << cut << " " << text;
  }
  return whole;
}

std::optional<Records> SplitArray(std::string_view path, std::string_view text) {
  return Split(JsonSplitter(path), text);
}

std::string ErrorOf(std::string_view path, std::string_view text) {
  JsonSplitter splitter(path);
  std::vector<Slice> records;
  const Result<size_t> done = splitter.Split(text, true, records);
  return done ? "no error" : done.error().message;
}

// T-1, T-10: what is passed on is what AWS wrote, byte for byte.
TEST(JsonSplitter, GivesTheElementsOfAnArrayAsTheyStand) {
  EXPECT_EQ(SplitArray("Records", R"({"Records":[{"a":1},{"b": [ {} ] } , {}]})"),
            Records({R"({"a":1})", R"({"b": [ {} ] })", "{}"}));
  EXPECT_EQ(SplitArray("Records", " {\n\"Records\" : [ ] } \n"), Records());
}

TEST(JsonSplitter, TakesElementsOfEveryKind) {
  EXPECT_EQ(SplitArray("r", R"({"r":["a\"]",-1.5e+3,true,null, [1,[2]],"",{"x":"}"}]})"),
            Records({R"("a\"]")", "-1.5e+3", "true", "null", "[1,[2]]", R"("")", R"({"x":"}"})"}));
}

TEST(JsonSplitter, IsNotMisledByBracketsAndQuotesInStrings) {
  EXPECT_EQ(SplitArray("r", R"({"x":"{\"r\":[1,","r":[{"k":"]}\\\""},{"}":"["}],"y":"\\"})"),
            Records({R"({"k":"]}\\\""})", R"({"}":"["})"}));
}

// T-2: digests and Insights have other shapes.
TEST(JsonSplitter, FindsTheArrayAtItsPathOnly) {
  const std::string text =
      R"({"findings":[0],"a":{"detail":{"findings":[1]}},"detail":{"x":[2],"findings":[3,4]}})";
  EXPECT_EQ(SplitArray("detail.findings", text), Records({"3", "4"}));
  EXPECT_EQ(SplitArray("findings", text), Records({"0"}));
  EXPECT_EQ(SplitArray("a.detail.findings", text), Records({"1"}));
  EXPECT_EQ(SplitArray("a.b", R"({"\u0061":{"\u0062":[7]}})"), Records({"7"}));
}

TEST(JsonSplitter, RefusesADocumentWithoutTheArray) {
  EXPECT_EQ(ErrorOf("Records", R"({"digestStartTime":"2026","logFiles":[]})"),
            "this is not the JSON expected: a document has no array at \"Records\", at byte 40");
  EXPECT_EQ(ErrorOf("a.b", R"({"a":{"c":[]}})"),
            "this is not the JSON expected: a document has no array at \"a.b\", at byte 14");
  for (const char* text : {"{}", R"({"Records":null})", R"({"Records":{}})", R"({"Records":"[]"})",
                           "[]", "1", R"({"a":{"Records":[]}})", R"("Records")"}) {
    EXPECT_EQ(SplitArray("Records", text), std::nullopt) << text;
  }
  EXPECT_EQ(SplitArray("a.Records", R"({"a":[{"Records":[]}]})"), std::nullopt);
}

// L-15
TEST(JsonSplitter, ReadsDocumentsThatFollowEachOtherAndEachMustHoldTheArray) {
  EXPECT_EQ(SplitArray("r", "{\"r\":[1]}{\"r\":[]}\n {\"r\":[2,3]}\n"), Records({"1", "2", "3"}));
  EXPECT_EQ(SplitArray("r", R"({"r":[1]}{"s":[2]})"), std::nullopt);
  EXPECT_EQ(SplitArray("", "[1,2][] [3]"), Records({"1", "2", "3"}));
  EXPECT_EQ(SplitArray("", "[1,2]{}"), std::nullopt);
}

TEST(JsonSplitter, HasNoRecordsInNothing) {
  EXPECT_EQ(SplitArray("Records", ""), Records());
  EXPECT_EQ(SplitArray("", " \n"), Records());
  EXPECT_EQ(Split(JsonSplitter::Documents(), "\r\n\t"), Records());
}

TEST(JsonSplitter, RefusesWhatIsNotJsonAroundTheRecords) {
  for (const char* text :
       {R"({"r":[1 2]})",       R"({"r":[1,]})",       R"({"r":[,1]})",
        R"({"r":[1,,2]})",      R"({"r" [1]})",        R"({"r":[1],})",
        R"({"r":[1] "x":2})",   R"({"r":[1]}x)",       R"({"r":[1]}])",
        R"({"r":[1]},)",        R"({r:[1]})",          R"({"r":[tru]})",
        R"({"r":[01]})",        R"({"r":[1.]})",       R"({"r":[-]})",
        R"({"r":[+1]})",        R"({"r":[1e]})",       R"({"r":[nulls]})",
        R"({"r":['a']})",       R"({"r":[1}})",        R"({"r":[1]])",
        R"({"r":[{]}]})",       R"({"r":[{"a":[}]]})", R"({"x":[{]},"r":[1]})",
        R"({"x":,"r":[1]})",    R"({"r":[{\"}]"}]})",  R"({"r":[{"a":\\1}]})",
        R"({"x":1 2,"r":[1]})", R"({"x","r":[1]})",    "\xEF\xBB\xBF{\"r\":[]}"}) {
    EXPECT_EQ(SplitArray("r", text), std::nullopt) << text;
  }
}

// S-13: never silently fewer records.
TEST(JsonSplitter, TakesNoTruncatedDocumentForAWholeOne) {
  const std::string document =
      R"({"a":{"x":["\\",1]},"Records":[{"k":"v\"]}"},[2],"three",4,true ],"z":-0.5})";
  ASSERT_EQ(SplitArray("Records", document)->size(), 5);
  for (size_t size = 1; size < document.size(); ++size) {
    EXPECT_EQ(SplitArray("Records", document.substr(0, size)), std::nullopt) << size;
  }
}

TEST(JsonSplitter, RefusesMoreLevelsThanItHoldsAndTakesAsManyAsItSays) {
  const auto nested = [](size_t levels) {
    return "[" + std::string(levels, '[') + std::string(levels, ']') + "]";
  };
  EXPECT_EQ(SplitArray("", nested(JsonValueEnd::kDeepest - 1))->size(), 1);
  EXPECT_EQ(SplitArray("", nested(JsonValueEnd::kDeepest)), std::nullopt);
  EXPECT_EQ(SplitArray("", nested(1'000'000)), std::nullopt);
}

// L-15: documents one a line, or with nothing between.
TEST(JsonSplitter, SplitsDocumentsByTheirDepth) {
  const auto split = [](std::string_view text) { return Split(JsonSplitter::Documents(), text); };
  EXPECT_EQ(split("{\"a\":1}{\"b\":\"}{\"}\n[1]\r\n 12 \"x\"null\n"),
            Records({"{\"a\":1}", "{\"b\":\"}{\"}", "[1]", "12", "\"x\"", "null"}));
  EXPECT_EQ(split("12"), Records({"12"}));
  for (const char* text :
       {"{", "{}}", "{\"a\":1},{\"b\":2}", "{}garbage", "\"x", "{]", "tru", "}"}) {
    EXPECT_EQ(split(text), std::nullopt) << text;
  }
}

// S-25: a record that has begun is all that must be held; what is stepped over is let go.
TEST(JsonSplitter, HoldsNoMoreThanTheRecordThatHasBegun) {
  const std::string text = R"({"skipped":")" + std::string(10'000, 'x') + R"(","Records":[)" +
                           R"({"a":")" + std::string(100, 'y') + R"("}]})";
  JsonSplitter splitter("Records");
  std::vector<Slice> records;
  size_t begin = 0;
  for (size_t end = 1; end <= text.size(); ++end) {
    const std::string_view data = std::string_view(text).substr(begin, end - begin);
    ASSERT_LE(data.size(), 110);
    const Result<size_t> done = splitter.Split(data, end == text.size(), records);
    ASSERT_TRUE(done);
    begin += *done;
  }
  EXPECT_EQ(records.size(), 1);
}

TEST(JsonSplitter, DoesNotLookTwiceAtARecordThatGrows) {
  // Quadratic, this would be 2^20 bytes looked at 2^14 times: minutes.
  const std::string text = "[\"" + std::string(1 << 20, 'x') + "\"]";
  JsonSplitter splitter("");
  std::vector<Slice> records;
  ASSERT_EQ(splitter.Split(std::string_view(text).substr(0, 64), false, records), 1);
  for (size_t size = 128; size < text.size(); size += 64) {
    ASSERT_EQ(splitter.Split(std::string_view(text).substr(1, size), false, records), 0);
  }
  EXPECT_EQ(splitter.Split(std::string_view(text).substr(1), true, records), text.size() - 1);
  EXPECT_EQ(records, std::vector<Slice>({{0, text.size() - 2}}));
}

TEST(JsonSplitter, StaysInErrorUntilItIsReset) {
  JsonSplitter splitter("r");
  std::vector<Slice> records;
  EXPECT_FALSE(splitter.Split("{]", false, records));
  EXPECT_FALSE(splitter.Split(R"({"r":[1]})", true, records));
  splitter.Reset();
  EXPECT_EQ(splitter.Split(R"({"r":[1]})", true, records), 9);
}

std::string RandomText(Random& random) {
  constexpr std::array<std::string_view, 10> kParts = {"a",    "{", "]",  "\"",       "\\",
                                                       "\\\"", ":", "\n", "\xC3\xA9", "Records"};
  std::string text;
  for (size_t parts = Below(random, 8); parts > 0; --parts) {
    text += kParts[Below(random, kParts.size())];
  }
  return text;
}

json RandomJson(Random& random, int depth) {
  switch (Below(random, depth > 0 ? 7 : 4)) {
    case 0:
      return RandomText(random);
    case 1:
      return static_cast<int64_t>(random()) % 100'000;
    case 2:
      return static_cast<double>(random() % 1'000'000) / 1024;
    case 3:
      return OneIn(random, 2) ? json(nullptr) : json(OneIn(random, 2));
    case 4: {
      json array = json::array();
      for (size_t i = Below(random, 4); i > 0; --i) array.push_back(RandomJson(random, depth - 1));
      return array;
    }
    default: {
      json object = json::object();
      for (size_t i = Below(random, 5); i > 0; --i) {
        object[RandomText(random)] = RandomJson(random, depth - 1);
      }
      return object;
    }
  }
}

// A document as the random source writes it: compact or indented, with ASCII escapes or without.
std::string Dump(const json& document, Random& random) {
  return document.dump(OneIn(random, 3) ? 2 : -1, ' ', OneIn(random, 2));
}

#if defined(NDEBUG)
constexpr int kDocuments = 20'000;
#else
constexpr int kDocuments = 2'000;
#endif

TEST(JsonSplitter, AgreesWithAParserOnRandomDocuments) {
  Random random(3);
  JsonSplitter array("Records");
  JsonSplitter nested("Records.a");
  JsonSplitter documents = JsonSplitter::Documents();
  const Sizes cuts = [&random] { return 1 + Below(random, OneIn(random, 2) ? 8 : 200); };
  for (int i = 0; i < kDocuments; ++i) {
    json document = RandomJson(random, 3);
    if (!document.is_object()) document = {{"x", document}};
    const json other = RandomJson(random, 4);
    if (OneIn(random, 2)) document["Records"] = other;
    const std::string text = Dump(document, random);
    for (const auto& [splitter, path] : {std::pair{&array, json::json_pointer("/Records")},
                                         std::pair{&nested, json::json_pointer("/Records/a")}}) {
      const std::optional<Records> records = SplitAll(*splitter, text, cuts);
      const bool has_array = document.contains(path) && document[path].is_array();
      ASSERT_EQ(records.has_value(), has_array) << text;
      if (!records) continue;
      ASSERT_EQ(records->size(), document[path].size()) << text;
      for (size_t r = 0; r < records->size(); ++r) {
        ASSERT_EQ(json::parse((*records)[r]), document[path][r]) << text;
      }
    }
    const std::string gap = OneIn(random, 2) ? "\n" : "";
    ASSERT_EQ(SplitAll(documents, text + gap + text, cuts), Records({text, text}));
  }
}

// Whatever a parser takes the splitter takes as well, and it gives the same records; what it takes
// beyond that is wrong only inside a record or a value that it steps over.
TEST(JsonSplitter, MissesNothingInMutatedDocuments) {
  Random random(4);
  JsonSplitter splitter("Records");
  const Sizes cuts = [&random] { return 1 + Below(random, OneIn(random, 2) ? 8 : 200); };
  int sound = 0;
  for (int i = 0; i < 5 * kDocuments; ++i) {
    json records = RandomJson(random, 3);
    if (!records.is_array()) records = json::array({records});
    std::string text = Dump({{"Records", records}, {"z", RandomJson(random, 2)}}, random);
    Mutate(text, random);
    const std::optional<Records> split = SplitAll(splitter, text, cuts);
    const json parsed = json::parse(text, nullptr, false);
    if (!parsed.is_object() || !parsed.contains("Records") || !parsed["Records"].is_array()) {
      continue;
    }
    ++sound;
    ASSERT_TRUE(split) << text;
    ASSERT_EQ(split->size(), parsed["Records"].size()) << text;
    for (size_t r = 0; r < split->size(); ++r) {
      ASSERT_EQ(json::parse((*split)[r]), parsed["Records"][r]) << text;
    }
  }
  EXPECT_GT(sound, kDocuments / 10);
}

}  // namespace
}  // namespace collector
