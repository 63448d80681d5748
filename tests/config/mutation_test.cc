// Damaged configuration files: whatever a finger, an editor or a disk does to one, the loader gives
// a configuration or says what is wrong, and never crashes.
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "config/fixtures.h"

namespace collector {
namespace {

std::vector<std::string> SplitLines(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    lines.back() += c;
    if (c == '\n') lines.emplace_back();
  }
  return lines;
}

class Mutator {
 public:
  explicit Mutator(uint32_t seed) : random_(seed) {}

  std::string Mutate(std::string text, const std::string& other) {
    const size_t changes = 1 + Below(4);
    for (size_t i = 0; i < changes && !text.empty(); ++i) Change(text, other);
    return text;
  }

 private:
  size_t Below(size_t bound) {
    return std::uniform_int_distribution<size_t>(0, bound - 1)(random_);
  }

  void Change(std::string& text, const std::string& other) {
    // What the grammar is made of hits more than a random byte does.
    static const std::string kGrammar = "{}[]:,-#&*!|>'\"%@`?~\t\n \\$<=.\xC3";
    switch (Below(7)) {
      case 0:
        text[Below(text.size())] ^= static_cast<char>(1 << Below(8));
        break;
      case 1:
        text.resize(Below(text.size()));
        break;
      case 2:
        text.insert(Below(text.size()), 1, kGrammar[Below(kGrammar.size())]);
        break;
      case 3:
        text.erase(Below(text.size()), 1 + Below(20));
        break;
      case 4:
        SwapLines(text);
        break;
      case 5: {
        const size_t from = Below(text.size());
        text.insert(Below(text.size()), text.substr(from, 1 + Below(80)));
        break;
      }
      case 6:
        if (!other.empty()) {
          text.insert(Below(text.size()), other.substr(Below(other.size()), 1 + Below(200)));
        }
        break;
    }
  }

  void SwapLines(std::string& text) {
    std::vector<std::string> lines = SplitLines(text);
    std::swap(lines[Below(lines.size())], lines[Below(lines.size())]);
    text.clear();
    for (const std::string& line : lines) text += line;
  }

  std::mt19937 random_;
};

TEST(LoadConfig, SurvivesFiveThousandDamagedFiles) {
  std::vector<std::string> texts;
  for (const Fixture& fixture : AllFixtures()) {
    if (fixture.is_ok) texts.push_back(fixture.text);
  }
  ASSERT_FALSE(texts.empty());
  size_t accepted = 0;
  for (uint32_t seed = 0; seed < 5000; ++seed) {
    const std::string damaged =
        Mutator(seed).Mutate(texts[seed % texts.size()], texts[(seed * 7 + 3) % texts.size()]);
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const LoadedConfig loaded = LoadFixtureText(damaged);
    ASSERT_EQ(loaded.config.has_value(), loaded.errors.empty());
    if (loaded.config) {
      ASSERT_FALSE(loaded.config->outputs.empty());
      ASSERT_FALSE(loaded.config->inputs.empty());
      ++accepted;
    }
  }
  // Otherwise this would test the parser's first lines only.
  EXPECT_GT(accepted, 300u);
  EXPECT_LT(accepted, 4700u);
}

}  // namespace
}  // namespace collector
