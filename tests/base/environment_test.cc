#include "base/environment.h"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace collector {
namespace {

TEST(Environment, GivesWhatItWasMadeOf) {
  const Environment environment(Environment::Variables{{"A", "1"}, {"EMPTY", ""}});
  EXPECT_EQ(environment.Get("A"), "1");
  EXPECT_EQ(environment.Get("B"), std::nullopt);
}

TEST(Environment, TakesAnEmptyVariableForNone) {
  EXPECT_EQ(Environment(Environment::Variables{{"EMPTY", ""}}).Get("EMPTY"), std::nullopt);
}

TEST(Environment, ReadsTruthAsAwsToolsDo) {
  for (const char* value : {"true", "True", "TRUE", "1", "yes", "on"}) {
    EXPECT_TRUE(Environment(Environment::Variables{{"X", value}}).IsTrue("X")) << value;
  }
  for (const char* value : {"false", "0", "no", "off", "", "truee"}) {
    EXPECT_FALSE(Environment(Environment::Variables{{"X", value}}).IsTrue("X")) << value;
  }
  EXPECT_FALSE(Environment().IsTrue("X"));
}

TEST(Environment, CopiesTheProcesss) {
  ::setenv("COLLECTOR_ENVIRONMENT_TEST", "a=b", 1);
  const Environment environment = Environment::OfThisProcess();
  ::unsetenv("COLLECTOR_ENVIRONMENT_TEST");
  EXPECT_EQ(environment.Get("COLLECTOR_ENVIRONMENT_TEST"), "a=b");
}

}  // namespace
}  // namespace collector
