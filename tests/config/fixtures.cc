#include "config/fixtures.h"

#include <algorithm>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "base/file.h"
#include "base/time_text.h"

namespace collector {
namespace {

Fixture ReadFixture(const std::filesystem::path& path) {
  Fixture fixture;
  fixture.name = path.filename().string();
  fixture.text = ReadFile(path).value();
  fixture.is_ok = fixture.name.ends_with(".ok.yml");
  constexpr std::string_view kExpect = "# expect: ";
  constexpr std::string_view kWarn = "# warn: ";
  std::istringstream lines(fixture.text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    if (line.ends_with('\r')) line.pop_back();
    if (line.starts_with(kExpect)) fixture.errors.push_back(line.substr(kExpect.size()));
    if (line.starts_with(kWarn)) fixture.warnings.push_back(line.substr(kWarn.size()));
  }
  return fixture;
}

}  // namespace

std::vector<Fixture> AllFixtures() {
  std::vector<Fixture> fixtures;
  const std::filesystem::path folder = COLLECTOR_SOURCE_DIR "/tests/testdata/config";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".yml") fixtures.push_back(ReadFixture(entry.path()));
  }
  std::sort(fixtures.begin(), fixtures.end(),
            [](const Fixture& a, const Fixture& b) { return a.name < b.name; });
  return fixtures;
}

Environment FixtureEnvironment() {
  return Environment({
      {"COLLECTOR_PORT", "8443"},
      {"COLLECTOR_ADDRESS", "eu.example.com"},
      {"COLLECTOR_SECRET", "hunter2-from-the-environment"},
      {"COLLECTOR_NESTED", "${COLLECTOR_PORT}"},
      {"COLLECTOR_EMPTY", ""},
      {"COLLECTOR_CONTROL", "a\ab"},
  });
}

Timestamp FixtureNow() { return *ParseTime("2026-06-15T12:00:00Z"); }

std::vector<std::string> Lines(const std::vector<Diagnostic>& diagnostics) {
  std::vector<std::string> lines;
  for (const Diagnostic& d : diagnostics) {
    lines.push_back(fmt::format("{}:{}: {}", d.at.line, d.at.column, d.text));
  }
  return lines;
}

LoadedConfig LoadFixtureText(std::string_view text) {
  return ParseConfig(text, "/etc/collector", FixtureEnvironment(), FixtureNow());
}

}  // namespace collector
