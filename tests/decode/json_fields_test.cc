#include "decode/json_fields.h"

#include <array>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "decode/packing.h"

namespace collector {
namespace {

std::string Field(std::string_view record, std::string_view path) {
  return std::string(JsonField(record, JsonPath(path)).value_or("(none)"));
}

TEST(JsonField, GivesTheTokenAsItStands) {
  const std::string record =
      R"({"s":"text","e":"a\"b\u00e9","n":-1.50e2 , "t" : true,"o":{"x":[1, 2]},)"
      R"("l":[{}],"z":null})";
  EXPECT_EQ(Field(record, "s"), R"("text")");
  EXPECT_EQ(Field(record, "e"), R"("a\"b\u00e9")");
  EXPECT_EQ(Field(record, "n"), "-1.50e2");
  EXPECT_EQ(Field(record, "t"), "true");
  EXPECT_EQ(Field(record, "o"), R"({"x":[1, 2]})");
  EXPECT_EQ(Field(record, "l"), "[{}]");
  EXPECT_EQ(Field(record, "z"), "null");
  EXPECT_EQ(Field(record, "o.x"), "[1, 2]");
  EXPECT_EQ(Field(record, "missing"), "(none)");
}

TEST(JsonField, NeverMatchesInsideAStringOrAnotherObject) {
  const std::string record =
      R"({"a":{"eventTime":"nested"},"b":[{"eventTime":"in a list"}],"c":"\"eventTime\":\"text\"",)"
      R"("x\"eventTime":"longer","xeventTime":"longer","eventTime2":"longer","eventTime":"right"})";
  EXPECT_EQ(Field(record, "eventTime"), R"("right")");
  EXPECT_EQ(Field(R"({"a":"eventTime","b":"eventTime"})", "eventTime"), "(none)");
  EXPECT_EQ(Field(R"({"a":{"eventTime":1}})", "eventTime"), "(none)");
}

TEST(JsonField, FollowsAPathThroughObjectsOnly) {
  const std::string record =
      R"({"x":{"b":{"c":0}},"a":{"c":1,"b":{"x":{"c":2},"c":3}},"b":{"c":4},"l":[{"c":5}]})";
  EXPECT_EQ(Field(record, "a.b.c"), "3");
  EXPECT_EQ(Field(record, "b.c"), "4");
  EXPECT_EQ(Field(record, "a.b.c.d"), "(none)");
  EXPECT_EQ(Field(record, "a.x.c"), "(none)");
  EXPECT_EQ(Field(record, "l.c"), "(none)");
}

TEST(JsonField, TakesTheFirstOfEqualKeys) { EXPECT_EQ(Field(R"({"a":1,"a":2})", "a"), "1"); }

TEST(JsonField, FindsNothingInWhatIsNoObject) {
  for (const char* text :
       {"", " ", "1", "\"a\":1", R"(["a":1])", R"([{"a":1}])", "{", "{}", "}{", R"({"a)",
        R"({"a":)", R"({"a":"b)", R"({"a":{"b":1)", "{:", "{\"a\":}"}) {
    EXPECT_EQ(Field(text, "a"), "(none)") << text;
  }
  EXPECT_EQ(Field(" \n{ \"a\"\n:\t1 }", "a"), "1");
}

TEST(JsonField, FindsKeysThatAreEmptyOrOddAndCrossABlock) {
  EXPECT_EQ(Field(R"({"":1})", ""), "1");
  for (size_t size = 0; size < 200; ++size) {
    const std::string filler = R"({"f":")" + std::string(size, '\\') + std::string(size, '\\');
    EXPECT_EQ(Field(filler + R"(","key":"value"})", "key"), R"("value")") << size;
  }
}

TEST(JsonFields, FindsSeveralInOneScan) {
  const std::string record =
      R"({"eventTime":"2026","userIdentity":{"accountId":"1","x":{}},"eventID":"id"})";
  const std::array<JsonPath, 5> paths = {JsonPath("eventID"), JsonPath("userIdentity.accountId"),
                                         JsonPath("missing"), JsonPath("userIdentity.x.y"),
                                         JsonPath("eventTime")};
  std::array<std::string_view, 5> values = {"left", "over", "from", "the", "last"};
  JsonFields(record, paths, values);
  EXPECT_EQ(values, (std::array<std::string_view, 5>{R"("id")", R"("1")", "", "", R"("2026")"}));
}

TEST(JsonText, GivesAStringsTextAndOtherTokensAsTheyStand) {
  std::string scratch;
  EXPECT_EQ(JsonText(R"("plain")", scratch), "plain");
  EXPECT_EQ(JsonText(R"("")", scratch), "");
  EXPECT_EQ(JsonText(R"("a\"\u00e9\n")", scratch), "a\"\xC3\xA9\n");
  EXPECT_EQ(JsonText("12", scratch), "12");
  EXPECT_EQ(JsonText("{}", scratch), "{}");
  EXPECT_EQ(JsonText("null", scratch), std::nullopt);
  EXPECT_EQ(JsonText("", scratch), std::nullopt);
  EXPECT_EQ(JsonText(R"("\q")", scratch), std::nullopt);
  EXPECT_EQ(JsonText("\"", scratch), std::nullopt);
}

nlohmann::json RandomObject(Random& random, int depth) {
  constexpr std::array<std::string_view, 6> kKeys = {"a", "b", "ab", "a b", "{", ":"};
  nlohmann::json object = nlohmann::json::object();
  for (size_t i = 0; i < 4; ++i) {
    const std::string key(kKeys[Below(random, kKeys.size())]);
    if (depth > 0 && OneIn(random, 2)) {
      object[key] = RandomObject(random, depth - 1);
    } else if (depth > 0 && OneIn(random, 4)) {
      object[key] = {RandomObject(random, depth - 1), 1};
    } else {
      object[key] = OneIn(random, 2) ? nlohmann::json("\"a\":{\\") : nlohmann::json(random());
    }
  }
  return object;
}

TEST(JsonFields, AgreeWithAParserOnRandomObjects) {
  Random random(5);
  const std::array<JsonPath, 4> paths = {JsonPath("a"), JsonPath("a.b"), JsonPath("a b"),
                                         JsonPath("ab.a.b")};
  const std::array<nlohmann::json::json_pointer, 4> pointers = {
      nlohmann::json::json_pointer("/a"), nlohmann::json::json_pointer("/a/b"),
      nlohmann::json::json_pointer("/a b"), nlohmann::json::json_pointer("/ab/a/b")};
  int found = 0;
  for (int i = 0; i < 5'000; ++i) {
    const nlohmann::json object = RandomObject(random, 3);
    const std::string text = object.dump(OneIn(random, 2) ? 1 : -1);
    std::array<std::string_view, 4> values;
    JsonFields(text, paths, values);
    for (size_t p = 0; p < paths.size(); ++p) {
      ASSERT_EQ(!values[p].empty(), object.contains(pointers[p])) << text;
      ASSERT_EQ(JsonField(text, paths[p]).value_or(""), values[p]);
      if (values[p].empty()) continue;
      ASSERT_EQ(nlohmann::json::parse(values[p]), object[pointers[p]]) << text;
      ++found;
    }
  }
  EXPECT_GT(found, 1'000);
}

TEST(JsonFields, SurviveMutatedObjects) {
  Random random(6);
  const std::array<JsonPath, 2> paths = {JsonPath("a"), JsonPath("ab.a.b")};
  for (int i = 0; i < 5'000; ++i) {
    std::string text = RandomObject(random, 3).dump();
    Mutate(text, random);
    const std::vector<char> exact(text.begin(), text.end());
    std::array<std::string_view, 2> values;
    JsonFields(std::string_view(exact.data(), exact.size()), paths, values);
    for (const std::string_view value : values) {
      ASSERT_TRUE(value.empty() || (value.data() >= exact.data() &&
                                    value.data() + value.size() <= exact.data() + exact.size()));
    }
  }
}

}  // namespace
}  // namespace collector
