#include "base/secret.h"

#include <gtest/gtest.h>

namespace collector {
namespace {

TEST(Secret, PrintsAsItsLength) {
  EXPECT_EQ(Secret("wJalrXUtnFEMI").ToString(), "(secret, 13 characters)");
  EXPECT_EQ(Secret().ToString(), "(no secret)");
}

TEST(Secret, GivesItsTextOnlyWhenAskedForIt) {
  EXPECT_EQ(Secret("wJalrXUtnFEMI").Reveal(), "wJalrXUtnFEMI");
}

}  // namespace
}  // namespace collector
