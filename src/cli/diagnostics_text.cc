#include "cli/diagnostics_text.h"

#include <algorithm>
#include <iostream>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "observe/events.h"

namespace collector {
namespace {

struct Line {
  Diagnostic diagnostic;
  bool is_error;
};

std::string Severity(bool is_error, bool color) {
  if (!color) return is_error ? "error" : "warning";
  return is_error ? "\x1B[1;31merror\x1B[0m" : "\x1B[1;33mwarning\x1B[0m";
}

}  // namespace

std::string Count(size_t count, std::string_view what) {
  if (count == 0) return fmt::format("no {}s", what);
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

void PrintDiagnostics(const std::filesystem::path& file, const LoadedConfig& loaded,
                      std::ostream& out) {
  std::vector<Line> lines;
  for (const Diagnostic& error : loaded.errors) lines.push_back({error, true});
  for (const Diagnostic& warning : loaded.warnings) lines.push_back({warning, false});
  std::stable_sort(lines.begin(), lines.end(),
                   [](const Line& a, const Line& b) { return a.diagnostic.at < b.diagnostic.at; });
  const bool color = &out == &std::cerr && WantsColor(STDERR_FILENO);
  for (const Line& line : lines) {
    out << FormatDiagnostic(file.string(), Severity(line.is_error, color), line.diagnostic) << '\n';
  }
  if (!loaded.errors.empty()) {
    out << fmt::format("{}: {}, {}\n", file.string(), Count(loaded.errors.size(), "error"),
                       Count(loaded.warnings.size(), "warning"));
  }
}

}  // namespace collector
