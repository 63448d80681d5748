#include "config/nearest.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include <fmt/format.h>

#include "base/ascii.h"

namespace collector {
namespace {

constexpr size_t kLongestWord = 100;

// Distances are counted in halves, so that a wrong case is nearer than a wrong letter.
constexpr size_t kWhole = 2;

size_t ChangeCost(char a, char b) {
  if (a == b) return 0;
  return LowerAscii(a) == LowerAscii(b) ? kWhole / 2 : kWhole;
}

}  // namespace

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j * kWhole;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i * kWhole;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min(
          {last[j] + kWhole, row[j - 1] + kWhole, last[j - 1] + ChangeCost(a[i - 1], b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + kWhole);
      }
    }
    before_last.swap(last);
    last.swap(row);
  }
  return (last[b.size()] + 1) / kWhole;
}

std::string_view Nearest(std::string_view word, std::span<const std::string_view> known) {
  if (word.size() > kLongestWord) return {};
  std::string_view best;
  size_t best_distance = 0;
  for (const std::string_view candidate : known) {
    const size_t distance = EditDistance(word, candidate);
    if (distance > std::max(word.size(), candidate.size()) / 3) continue;
    if (best.empty() || distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string DidYouMean(std::string_view word, std::span<const std::string_view> known) {
  const std::string_view near = Nearest(word, known);
  return near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near);
}

}  // namespace collector
