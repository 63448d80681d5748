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

bool IsStamp(std::string_view text) {
  constexpr std::string_view kForm = "00000000T000000Z";
  const auto fits = [](char c, char form) {
    return form == '0' ? c >= '0' && c <= '9' : c == form;
  };
  return std::equal(text.begin(), text.end(), kForm.begin(), kForm.end(), fits);
}

std::optional<RotatedFile> ParseName(const std::filesystem::path& path, std::string_view prefix) {
  const std::string name = path.filename().string();
  std::string_view rest = name;
  if (!rest.starts_with(prefix)) return std::nullopt;
  rest.remove_prefix(prefix.size());
  RotatedFile file{path, std::string(rest.substr(0, kStampSize))};
  if (!IsStamp(file.stamp)) return std::nullopt;
  rest.remove_prefix(kStampSize);
  if (rest.empty()) return file;
  if (rest.size() < 4 || !rest.starts_with('-')) return std::nullopt;
  const auto [end, error] =
      std::from_chars(rest.data() + 1, rest.data() + rest.size(), file.number);
  if (error != std::errc() || end != rest.data() + rest.size()) return std::nullopt;
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
    return std::tie(a.stamp, a.number) < std::tie(b.stamp, b.number);
  });
  return files;
}

std::filesystem::path NextRotatedName(const std::filesystem::path& path,
                                      const std::vector<RotatedFile>& existing, Timestamp now) {
  const std::string stamp = FormatBasicIso8601(now);
  if (existing.empty() || existing.back().stamp < stamp) {
    return fmt::format("{}.{}", path.string(), stamp);
  }
  const RotatedFile& last = existing.back();
  return fmt::format("{}.{}-{:03}", path.string(), last.stamp, last.number + 1);
}

}  // namespace collector
