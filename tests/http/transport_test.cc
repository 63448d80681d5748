#include "http/transport.h"

#include <gtest/gtest.h>

namespace collector::http {
namespace {

TEST(Headers, AreFoundWhateverTheirCase) {
  Headers headers;
  headers.Add("X-Amz-Target", "one");
  ASSERT_NE(headers.Find("x-amz-TARGET"), nullptr);
  EXPECT_EQ(*headers.Find("x-amz-TARGET"), "one");
}

TEST(Headers, AreNotFoundByAPartOfTheirName) {
  Headers headers;
  headers.Add("X-Amz-Target", "one");
  EXPECT_EQ(headers.Find("X-Amz-Targe"), nullptr);
  EXPECT_EQ(headers.Find("X-Amz-Targets"), nullptr);
  EXPECT_EQ(headers.Find(""), nullptr);
}

TEST(Headers, GiveTheFirstOfSeveralValues) {
  Headers headers;
  headers.Add("a", "1");
  headers.Add("A", "2");
  EXPECT_EQ(*headers.Find("a"), "1");
}

}  // namespace
}  // namespace collector::http
