// Any bytes as a configuration file: a configuration or at least one error, no crash, and no secret
// of the environment in what is said. Seeds: tests/testdata/config.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/time_text.h"
#include "config/loader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace collector;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Environment environment({{"COLLECTOR_PORT", "8443"}, {"A", "hunter2-environment"}});
  static const Timestamp now = *ParseTime("2026-06-15T12:00:00Z");
  const LoadedConfig loaded = ParseConfig(text, "/etc/collector", environment, now);
  if (loaded.config.has_value() != loaded.errors.empty()) std::abort();
  if (loaded.errors.size() > Diagnostics::kMost + 1) std::abort();
  for (const Diagnostic& error : loaded.errors) {
    if (error.at.line < 1 || error.at.column < 1) std::abort();
    if (error.text.find('\n') != std::string::npos) std::abort();
  }
  return 0;
}
