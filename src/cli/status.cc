#include "cli/status.h"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/environment.h"
#include "base/time_text.h"
#include "cli/diagnostics_text.h"
#include "cli/exit_codes.h"
#include "config/config.h"

namespace collector {
namespace {

constexpr char kFile[] = "status.json";
// A collector that runs writes every few seconds.
constexpr Seconds kStale{60};

std::string_view Word(Source::Standing standing) {
  switch (standing) {
    case Source::Standing::kFailed:
      return "failing";
    case Source::Standing::kCaughtUp:
      return "caught up once";
    default:
      return "reading";
  }
}

// Several readers of one name are one line: the worst of what they say.
void JoinNames(std::vector<Scheduler::Standing>& sources) {
  std::sort(sources.begin(), sources.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  std::vector<Scheduler::Standing> joined;
  for (Scheduler::Standing& source : sources) {
    if (joined.empty() || joined.back().name != source.name) {
      joined.push_back(std::move(source));
    } else if (source.standing != Source::Standing::kCaughtUp) {
      joined.back().standing = source.standing;
    }
  }
  sources = std::move(joined);
}

std::optional<nlohmann::json> Read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto status = nlohmann::json::parse(text, nullptr, false);
  if (!status.is_object()) return std::nullopt;
  return status;
}

struct StatusLine {
  std::string name;
  std::string state;
  std::optional<Milliseconds> behind;
};

std::vector<StatusLine> LinesOf(const nlohmann::json& status, Timestamp written) {
  std::vector<StatusLine> lines;
  for (const auto& source : status.value("sources", nlohmann::json::array())) {
    const auto reached = ParseTime(source.value("read_up_to", ""));
    StatusLine line{source.value("name", ""), source.value("state", ""), {}};
    if (reached) line.behind = std::max(written - *reached, Milliseconds(0));
    lines.push_back(std::move(line));
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const StatusLine& a, const StatusLine& b) { return a.behind > b.behind; });
  return lines;
}

}  // namespace

void WriteStatus(const std::filesystem::path& directory, Timestamp now,
                 std::vector<Scheduler::Standing> sources) {
  JoinNames(sources);
  auto list = nlohmann::json::array();
  for (const Scheduler::Standing& source : sources) {
    nlohmann::json entry{{"name", source.name}, {"state", Word(source.standing)}};
    if (source.read_up_to) entry["read_up_to"] = FormatRfc3339(*source.read_up_to);
    list.push_back(std::move(entry));
  }
  const nlohmann::json status{{"written", FormatRfc3339(now)}, {"sources", std::move(list)}};
  const std::filesystem::path fresh = directory / (std::string(kFile) + ".new");
  std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
  file << status.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  file.close();
  std::error_code ignored;
  if (file) std::filesystem::rename(fresh, directory / kFile, ignored);
}

int PrintStatus(const StatusOptions& options, std::ostream& out, std::ostream& err) {
  const Timestamp now = SystemClock().Now();
  const LoadedConfig loaded = LoadConfig(options.config_file, Environment::OfThisProcess(), now);
  if (!loaded.config) {
    PrintDiagnostics(options.config_file, loaded, err);
    return kExitBadConfig;
  }
  const GlobalSettings& globals = loaded.config->globals;
  if (globals.persistence == Persistence::kMemory) {
    err << "there is no status: with globals.persistence.type memory nothing is kept\n";
    return kExitFailed;
  }
  const std::filesystem::path path = globals.state_directory / kFile;
  const auto status = Read(path);
  const auto written =
      status ? ParseTime(status->value("written", "")) : std::optional<Timestamp>();
  if (!written) {
    err << fmt::format("{}: no status; no collector has run with this state folder yet\n",
                       path.string());
    return kExitFailed;
  }
  if (now - *written > kStale) {
    err << fmt::format("no collector has been running with this state folder for {}; as it was:\n",
                       FormatDuration(now - *written));
  }
  if (options.json) {
    out << status->dump(1) << '\n';
    return kExitDone;
  }
  const std::vector<StatusLine> lines = LinesOf(*status, *written);
  size_t width = 6;
  for (const StatusLine& line : lines) width = std::max(width, line.name.size());
  out << fmt::format("{:<{}}  {:<12}  {}\n", "SOURCE", width, "BEHIND", "STATE");
  for (const StatusLine& line : lines) {
    out << fmt::format("{:<{}}  {:<12}  {}\n", line.name, width,
                       line.behind ? FormatDuration(*line.behind) : "-", line.state);
  }
  return kExitDone;
}

}  // namespace collector
