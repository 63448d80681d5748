#include "config/diagnostics.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace collector {

std::string FormatDiagnostic(std::string_view file, std::string_view severity,
                             const Diagnostic& diagnostic) {
  const std::string text =
      severity.empty() ? diagnostic.text : fmt::format("{}: {}", severity, diagnostic.text);
  if (diagnostic.at.line == 0) return fmt::format("{}: {}", file, text);
  return fmt::format("{}:{}:{}: {}", file, diagnostic.at.line, diagnostic.at.column, text);
}

void Diagnostics::Error(Position at, std::string text) {
  if (demotions_ > 0) {
    Warn(at, std::move(text));
  } else {
    Add(errors_, errors_left_out_, {at, std::move(text)});
  }
}

void Diagnostics::Warn(Position at, std::string text) {
  Add(warnings_, warnings_left_out_, {at, std::move(text)});
}

void Diagnostics::Add(std::vector<Diagnostic>& to, size_t& left_out, Diagnostic diagnostic) {
  // An alias puts one piece of text in several places: what is wrong in it is said once.
  if (std::find(to.begin(), to.end(), diagnostic) != to.end()) return;
  if (to.size() < kMost) {
    to.push_back(std::move(diagnostic));
  } else {
    ++left_out;
  }
}

std::vector<Diagnostic> Diagnostics::InOrder(std::vector<Diagnostic> found, size_t left_out) {
  std::stable_sort(found.begin(), found.end(),
                   [](const Diagnostic& a, const Diagnostic& b) { return a.at < b.at; });
  if (left_out > 0) {
    const Position at = found.back().at;
    found.push_back({at, fmt::format("and {} more; mend these first", left_out)});
  }
  return found;
}

}  // namespace collector
