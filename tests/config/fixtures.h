// What the tests of the configuration share: the fixtures under tests/testdata/config, the
// environment that they expect and the moment at which they are read. Used by one thread.
#ifndef COLLECTOR_TESTS_CONFIG_FIXTURES_H_
#define COLLECTOR_TESTS_CONFIG_FIXTURES_H_

#include <filesystem>
#include <string>
#include <vector>

#include "config/loader.h"

namespace collector {

// In every secret of every fixture, so that a test can look for it where it must not be.
inline constexpr char kSecretMarker[] = "hunter2";

struct Fixture {
  std::string name;  // "region-list-is-empty.bad.yml"
  std::string text;
  std::vector<std::string> errors;    // "7:5: ...", from its `# expect: ` lines
  std::vector<std::string> warnings;  // from its `# warn: ` lines
  bool is_ok = false;                 // .ok.yml
};

// In the order of their names.
std::vector<Fixture> AllFixtures();

// COLLECTOR_PORT=8443, COLLECTOR_ADDRESS=eu.example.com, COLLECTOR_SECRET with the marker in it,
// COLLECTOR_NESTED=${COLLECTOR_PORT}, COLLECTOR_EMPTY empty, COLLECTOR_CONTROL with a bell.
Environment FixtureEnvironment();

// 2026-06-15T12:00:00Z.
Timestamp FixtureNow();

// As `collector_config_tool` and the fixtures write it: "7:5: TEXT".
std::vector<std::string> Lines(const std::vector<Diagnostic>& diagnostics);

LoadedConfig LoadFixtureText(std::string_view text);

}  // namespace collector

#endif  // COLLECTOR_TESTS_CONFIG_FIXTURES_H_
