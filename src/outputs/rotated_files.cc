#include "outputs/rotated_files.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/time_text.h"

namespace collector {
namespace {

constexpr size_t kStampSize = std::string_view("20230602T083115Z").size();
constexpr unsigned kLastNumber = 999;

// The time of a stamp, if it is one.
std::optional<Timestamp> ParseStamp(std::string_view stamp) {
  if (stamp.size() != kStampSize) return std::nullopt;
  const auto time = ParseTime(
      fmt::format("{}-{}-{}T{}:{}:{}Z", stamp.substr(0, 4), stamp.substr(4, 2), stamp.substr(6, 2),
                  stamp.substr(9, 2), stamp.substr(11, 2), stamp.substr(13, 2)));
  if (!time || FormatBasicIso8601(*time) != stamp) return std::nullopt;
  return time;
}

std::optional<RotatedFile> ParseName(const std::filesystem::path& path, std::string_view prefix) {
  const std::string name = path.filename().string();
  std::string_view rest = name;
  if (!rest.starts_with(prefix)) return std::nullopt;
  rest.remove_prefix(prefix.size());
  const auto time = ParseStamp(rest.substr(0, kStampSize));
  if (!time) return std::nullopt;
  RotatedFile file{path, *time};
  rest.remove_prefix(kStampSize);
  if (rest.empty()) return file;
  if (rest.size() != 4 || rest[0] != '-') return std::nullopt;
  const auto [end, error] = std::from_chars(rest.data() + 1, rest.data() + 4, file.number);
  if (error != std::errc() || end != rest.data() + 4) return std::nullopt;
  return file;
}

}  // namespace

Result<std::vector<RotatedFile>> RotatedFiles(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const std::string prefix = path.filename().string() + ".";
  std::vector<RotatedFile> files;
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    if (auto file = ParseName(entries->path(), prefix)) files.push_back(std::move(*file));
  }
  if (error) {
    return Fail(
        ErrorKind::kRejected,
        fmt::format("the folder {} cannot be read: {}; let the user that runs the collector "
                    "read it",
                    folder.string(), error.message()));
  }
  std::sort(files.begin(), files.end(), [](const RotatedFile& a, const RotatedFile& b) {
    return std::tie(a.time, a.number) < std::tie(b.time, b.number);
  });
  return files;
}

std::filesystem::path NextRotatedName(const std::filesystem::path& path,
                                      const std::vector<RotatedFile>& existing, Timestamp now) {
  Timestamp time = std::chrono::floor<Seconds>(now);
  unsigned number = 0;
  if (!existing.empty() && existing.back().time >= time) {
    time = existing.back().time;
    number = existing.back().number + 1;
  }
  if (number > kLastNumber) {
    time += Seconds(1);
    number = 0;
  }
  const std::string name = fmt::format("{}.{}", path.string(), FormatBasicIso8601(time));
  return number == 0 ? name : fmt::format("{}-{:03}", name, number);
}

}  // namespace collector
