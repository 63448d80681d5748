#include "sources/tag_template.h"

#include <gtest/gtest.h>

namespace collector {
namespace {

TEST(TagTemplate, FillsInEveryPlaceholder) {
  EXPECT_EQ(TagTemplate("my.{a}.app.{b}.{a}").Fill({{"a", "1"}, {"b", "2"}}), "my.1.app.2.1");
  EXPECT_EQ(TagTemplate("my.app").Fill({{"a", "1"}}), "my.app");
}

TEST(TagTemplate, MakesALevelOfAnyValue) {
  EXPECT_EQ(TagTemplate("x.{a}").Fill({{"a", "us-east-1"}}), "x.us-east-1");
  EXPECT_EQ(TagTemplate("x.{a}.y").Fill({{"a", "a.b c:d\n\xc3\xa9"}}), "x.a_b_c_d___.y");
}

TEST(TagTemplate, KeepsThePlacesBehindAnEmptyValue) {
  EXPECT_EQ(TagTemplate("x.{a}.{b}").Fill({{"a", ""}, {"b", "2"}}), "x.unknown.2");
}

TEST(TagTemplate, DoesNotFillInWhatAValueBrings) {
  EXPECT_EQ(TagTemplate("x.{a}").Fill({{"a", "{b}"}, {"b", "2"}}), "x._b_");
}

}  // namespace
}  // namespace collector
