#include "outputs/frame.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include <fmt/format.h>

#include "base/time_text.h"
#include "base/utf8.h"

namespace collector {
namespace {

constexpr std::string_view kPriority = "<14>";

// The years that a date of four digits can tell.
constexpr Timestamp kFirstTime = std::chrono::sys_days(std::chrono::year(0) / 1 / 1);
constexpr Timestamp kLastTime =
    std::chrono::sys_days(std::chrono::year(10000) / 1 / 1) - Milliseconds(1);

constexpr int64_t kMillisecondsPerDay = 86'400'000;

void WriteTwoDigits(char* out, uint32_t value) {
  out[0] = static_cast<char>('0' + value / 10);
  out[1] = static_cast<char>('0' + value % 10);
}

bool IsTagCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

bool IsHostCharacter(char c) { return c > ' ' && c < '\x7f'; }

template <typename Predicate>
std::string Sanitize(std::string_view text, size_t max_bytes, Predicate keeps,
                     std::string_view if_empty) {
  if (text.empty()) return std::string(if_empty);
  std::string clean(text.substr(0, max_bytes));
  for (char& c : clean) {
    if (!keeps(c)) c = '_';
  }
  return clean;
}

}  // namespace

std::string FrameTag(std::string_view tag) {
  return Sanitize(tag, kMaxTagBytes, IsTagCharacter, "unknown.unknown");
}

std::string FrameHostName(std::string_view host_name) {
  return Sanitize(host_name, kMaxHostNameBytes, IsHostCharacter, "unknown");
}

FrameWriter::FrameWriter(std::string_view host_name, size_t max_record_bytes)
    : host_name_(FrameHostName(host_name)), max_record_bytes_(max_record_bytes) {
  SetTag("");
}

void FrameWriter::SetTag(std::string_view tag) {
  tag_ = tag;
  prefix_ = fmt::format("{}{:{}} {} {}: ", kPriority, "", kDevoTimeSize, host_name_, FrameTag(tag));
  day_ = {};
  WriteDevoTime(day_, prefix_.data() + kPriority.size());
}

void FrameWriter::SetTime(Timestamp time) {
  time = std::clamp(time, kFirstTime, kLastTime);
  char* const text = prefix_.data() + kPriority.size();
  const int64_t past_midnight = (time - day_).count();
  if (past_midnight < 0 || past_midnight >= kMillisecondsPerDay) {
    WriteDevoTime(time, text);
    day_ = std::chrono::floor<std::chrono::days>(time);
    return;
  }
  // Lines of one object lie within minutes, in any order: only the time of day is written anew.
  const auto milliseconds = static_cast<uint32_t>(past_midnight);
  const uint32_t seconds = milliseconds / 1000;
  WriteTwoDigits(text + 11, seconds / 3600);
  WriteTwoDigits(text + 14, seconds / 60 % 60);
  WriteTwoDigits(text + 17, seconds % 60);
  const uint32_t fraction = milliseconds % 1000;
  text[20] = static_cast<char>('0' + fraction / 100);
  WriteTwoDigits(text + 21, fraction % 100);
}

std::string_view FrameWriter::Fit(std::string_view message, bool& cut) {
  if (message.ends_with('\n')) message.remove_suffix(1);
  if (IsWellFormedUtf8(message)) {
    cut = message.size() > max_record_bytes_;
    return CutUtf8(message, max_record_bytes_);
  }
  repaired_.clear();
  cut = !AppendRepairedUtf8(message, max_record_bytes_, repaired_);
  return repaired_;
}

bool FrameWriter::Append(std::string_view tag, const Record& record, std::string& out) {
  if (tag != tag_) SetTag(tag);
  SetTime(record.time);
  if (record.plain && record.message.size() <= max_record_bytes_) {
    out.append(prefix_).append(record.message).push_back('\n');
    return false;
  }
  bool cut = false;
  const std::string_view message = Fit(record.message, cut);
  if (message.find('\n') != std::string_view::npos) {
    fmt::format_to(std::back_inserter(out), "{} ", prefix_.size() + message.size() + 1);
  }
  out.append(prefix_).append(message).push_back('\n');
  return cut;
}

}  // namespace collector
