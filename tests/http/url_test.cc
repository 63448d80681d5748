#include "http/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace collector::http {
namespace {

TEST(ParseUrl, TakesAUrlApart) {
  const auto url = ParseUrl("https://h.example:8443/a%20b/c?x=1&y=a/b?c#fragment");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->authority, "h.example:8443");
  EXPECT_EQ(url->path, "/a%20b/c");
  EXPECT_EQ(url->query, "x=1&y=a/b?c");
}

TEST(ParseUrl, MakesAPathWhereThereIsNone) {
  EXPECT_EQ(ParseUrl("http://h")->path, "/");
  const auto with_query = ParseUrl("http://h?q");
  EXPECT_EQ(with_query->path, "/");
  EXPECT_EQ(with_query->query, "q");
}

TEST(ParseUrl, LeavesOutTheSchemesOwnPortOnly) {
  EXPECT_EQ(ParseUrl("https://h:443/")->authority, "h");
  EXPECT_EQ(ParseUrl("http://h:80/")->authority, "h");
  EXPECT_EQ(ParseUrl("https://h:80/")->authority, "h:80");
  EXPECT_EQ(ParseUrl("http://h:443/")->authority, "h:443");
  EXPECT_EQ(ParseUrl("https://[::1]:443/")->authority, "[::1]");
}

TEST(ParseUrl, PutsTheHostInLowerCaseAndNothingElse) {
  const auto url = ParseUrl("HTTPS://Bucket.S3.Amazonaws.COM/Key%2F");
  EXPECT_EQ(url->authority, "bucket.s3.amazonaws.com");
  EXPECT_EQ(url->path, "/Key%2F");
}

TEST(ParseUrl, RefusesWhatIsNoUrlToCall) {
  for (const char* text :
       {"", "h", "//h/", "ftp://h/", "https://", "https:///x", "https://h:/", "https://h:port/",
        "https://h:123456/", "http://a b/", "http://h/a b", "http://h/\n", "http://h/\xc3\xbc",
        "http://[::1", "http://[]/", "http://[::1]x/", "http://h\\x/", "file:///etc/passwd"}) {
    const auto url = ParseUrl(text);
    ASSERT_FALSE(url.has_value()) << text;
    EXPECT_EQ(url.error().kind, ErrorKind::kRejected);
    EXPECT_THAT(url.error().message, testing::HasSubstr("is not a URL to call"));
  }
}

TEST(ParseUrl, DoesNotRepeatAPassword) {
  for (const char* text : {"https://user:hunter2@h/", "user:hunter2@h", "ftp://u:hunter2@h?x"}) {
    const auto url = ParseUrl(text);
    ASSERT_FALSE(url.has_value());
    EXPECT_THAT(url.error().message, testing::Not(testing::HasSubstr("hunter2")));
  }
}

TEST(PercentEncode, LeavesExactlyTheUnreservedBytes) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const std::string encoded = PercentEncode(all);
  constexpr size_t kUnreserved = 26 + 26 + 10 + 4;
  EXPECT_EQ(encoded.size(), kUnreserved + (256 - kUnreserved) * 3);
  EXPECT_EQ(PercentEncode("-._~"), "-._~");
  EXPECT_EQ(PercentEncode(" +%/\xff"), "%20%2B%25%2F%FF");
}

TEST(PercentEncode, KeepsSlashesOnRequest) {
  EXPECT_EQ(PercentEncode("/a/b c", Slash::kKeep), "/a/b%20c");
}

}  // namespace
}  // namespace collector::http
