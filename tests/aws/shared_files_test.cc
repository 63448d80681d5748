// Compared with botocore in tests/oracle/test_credentials.py; here is what needs no botocore.
#include "aws/shared_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace collector::aws {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ParseIni, ReadsSectionsAndKeys) {
  const auto file = ParseIni("\xef\xbb\xbf[a]\nKey = v = w\nother:x\n\n[b c]\n", "f");
  ASSERT_TRUE(file.has_value()) << file.error().message;
  EXPECT_EQ(TextOf(file->at("a"), "key"), "v = w");
  EXPECT_EQ(TextOf(file->at("a"), "other"), "x");
  EXPECT_TRUE(file->at("b c").empty());
  EXPECT_EQ(TextOf(file->at("a"), "missing"), "");
}

TEST(ParseIni, KeepsIndentedBlocksApart) {
  const auto file =
      ParseIni("[a]\ns3 =\n  endpoint_url = u\n\n  # note\n  x = y=z\nregion = r\n", "f");
  ASSERT_TRUE(file.has_value()) << file.error().message;
  const IniValue& block = file->at("a").at("s3");
  EXPECT_EQ(block.text, "");
  EXPECT_EQ(block.block, (std::map<std::string, std::string>{{"endpoint_url", "u"}, {"x", "y=z"}}));
  EXPECT_EQ(TextOf(file->at("a"), "region"), "r");
}

TEST(ParseIni, NamesFileAndLineOfAnErrorButNotItsText) {
  struct Case {
    const char* text;
    const char* where;
  };
  for (const Case& c : {Case{"[a]\nk=v\n\nTOPSECRET\n", "f:4:"}, Case{"TOPSECRET=x\n", "f:1:"},
                        Case{"[a]\n=TOPSECRET\n", "f:2:"}, Case{"[a]\nk=1\nK=2\n", "f:3:"},
                        Case{"[a]\r\n[b]\r\n[a]\r\n", "f:3:"},
                        Case{"[a]\ns3 =\n  TOPSECRET\n", "f:2:"}, Case{"[]\n", "f:1:"}}) {
    const auto file = ParseIni(c.text, "f");
    ASSERT_FALSE(file.has_value()) << c.text;
    EXPECT_EQ(file.error().kind, ErrorKind::kRejected);
    EXPECT_THAT(file.error().message, HasSubstr(c.where));
    EXPECT_THAT(file.error().message, Not(HasSubstr("TOPSECRET")));
  }
}

TEST(ParseIni, TakesAnyBytesWithoutHarm) {
  constexpr std::string_view kBytes("[]=:#; \n\r\tab\"\0", 14);
  uint32_t state = 1;
  for (int round = 0; round < 2'000; ++round) {
    std::string text;
    for (int i = 0; i < 60; ++i) {
      state = state * 1'664'525 + 1'013'904'223;
      text += kBytes[(state >> 16) % kBytes.size()];
    }
    (void)ParseIni(text, "f");
  }
}

TEST(FindSharedFiles, LooksInTheHomeFolderUnlessTold) {
  const auto usual = FindSharedFiles(Environment(Environment::Variables{{"HOME", "/home/u"}}));
  EXPECT_EQ(usual.config, "/home/u/.aws/config");
  EXPECT_EQ(usual.credentials, "/home/u/.aws/credentials");
  const auto told = FindSharedFiles(Environment(
      {{"HOME", "/home/u"}, {"AWS_CONFIG_FILE", "~/c"}, {"AWS_SHARED_CREDENTIALS_FILE", "/s"}}));
  EXPECT_EQ(told.config, "/home/u/c");
  EXPECT_EQ(told.credentials, "/s");
}

TEST(ProfileName, IsTheOneAskedForThenTheVariablesThenDefault) {
  const Environment environment(Environment::Variables{{"AWS_PROFILE", "v"}});
  EXPECT_EQ(ProfileName("p", environment), "p");
  EXPECT_EQ(ProfileName("", environment), "v");
  EXPECT_EQ(ProfileName("", Environment()), "default");
}

TEST(FindSection, WantsTheKindAndTheNameWhole) {
  const auto file =
      ParseIni("[profile a]\n[profile  'b c']\n[profiled]\n[d]\n[default]\nx=1\n", "f");
  ASSERT_TRUE(file.has_value());
  EXPECT_NE(FindSection(*file, "profile", "a"), nullptr);
  EXPECT_NE(FindSection(*file, "profile", "b c"), nullptr);
  EXPECT_NE(FindSection(*file, "profile", "default"), nullptr);
  EXPECT_EQ(FindSection(*file, "services", "default"), nullptr);
  EXPECT_EQ(FindSection(*file, "profile", "d"), nullptr);
  EXPECT_EQ(FindSection(*file, "profile", ""), nullptr);
}

TEST(LoadIni, AMissingFileIsAnEmptyOne) {
  const auto file = LoadIni("/no/such/file");
  ASSERT_TRUE(file.has_value());
  EXPECT_TRUE(file->empty());
}

}  // namespace
}  // namespace collector::aws
