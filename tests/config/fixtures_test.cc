// Every file of tests/testdata/config gives exactly the errors and warnings that its comments say.
#include "config/fixtures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace collector {
namespace {

class ConfigFixture : public testing::TestWithParam<Fixture> {};

TEST_P(ConfigFixture, GivesExactlyTheExpectedErrorsAndWarnings) {
  const Fixture& fixture = GetParam();
  const LoadedConfig loaded = LoadFixtureText(fixture.text);
  EXPECT_EQ(Lines(loaded.errors), fixture.errors);
  EXPECT_EQ(Lines(loaded.warnings), fixture.warnings);
  EXPECT_EQ(loaded.config.has_value(), fixture.is_ok);
  EXPECT_EQ(fixture.errors.empty(), fixture.is_ok) << "the name says otherwise";
}

TEST_P(ConfigFixture, ShowsNoSecret) {
  const LoadedConfig loaded = LoadFixtureText(GetParam().text);
  for (const auto& list : {Lines(loaded.errors), Lines(loaded.warnings)}) {
    for (const std::string& line : list) {
      EXPECT_THAT(line, testing::Not(testing::HasSubstr(kSecretMarker)));
    }
  }
}

// With each of its texts in turn replaced by a secret, which some reader then finds unfit.
TEST_P(ConfigFixture, ShowsNoSecretThatCameFromTheEnvironment) {
  const std::string& text = GetParam().text;
  for (size_t colon = text.find(": "); colon != std::string::npos;
       colon = text.find(": ", colon + 1)) {
    const size_t end = text.find('\n', colon);
    if (end == std::string::npos) break;
    const std::string changed =
        text.substr(0, colon + 2) + "${COLLECTOR_SECRET}" + text.substr(end);
    const LoadedConfig loaded = LoadFixtureText(changed);
    for (const std::string& line : Lines(loaded.errors)) {
      // Names of the user's own choice and tags, regions and types, which are listed by name, show.
      if (line.find(" holds \"") != std::string::npos) continue;
      EXPECT_THAT(line, testing::Not(testing::HasSubstr("hunter2-from-the-environment")))
          << changed;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, ConfigFixture, testing::ValuesIn(AllFixtures()),
                         [](const testing::TestParamInfo<Fixture>& fixture) {
                           std::string name;
                           for (const char c : fixture.param.name) {
                             name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
                           }
                           return name;
                         });

TEST(ConfigFixtures, AreManyOfBothKinds) {
  size_t ok = 0;
  size_t bad = 0;
  for (const Fixture& fixture : AllFixtures()) {
    EXPECT_TRUE(fixture.name.ends_with(".ok.yml") || fixture.name.ends_with(".bad.yml"))
        << fixture.name;
    ++(fixture.is_ok ? ok : bad);
  }
  EXPECT_GE(ok, 12u);
  EXPECT_GE(bad, 40u);
}

}  // namespace
}  // namespace collector
