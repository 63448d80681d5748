// collector_config_tool: without arguments the path of every key that the loader knows, one a line,
// for the tests of the schema and the documentation; with files, what the loader says of each, in
// the form that the fixtures expect: `# expect: LINE:COLUMN: TEXT` and `# warn: ...`.
#include <fmt/format.h>

#include "base/file.h"
#include "config/fixtures.h"
#include "config/loader.h"

int main(int argc, char** argv) {
  if (argc == 1) {
    for (const std::string& key : collector::AllConfigKeys()) fmt::print("{}\n", key);
    return 0;
  }
  for (int i = 1; i < argc; ++i) {
    const auto text = collector::ReadFile(argv[i]);
    if (!text) {
      fmt::print(stderr, "{}\n", text.error().message);
      return 2;
    }
    const collector::LoadedConfig loaded = collector::LoadFixtureText(*text);
    for (const auto& line : collector::Lines(loaded.errors)) fmt::print("# expect: {}\n", line);
    for (const auto& line : collector::Lines(loaded.warnings)) fmt::print("# warn: {}\n", line);
  }
  return 0;
}
