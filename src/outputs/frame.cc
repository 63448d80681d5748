#include "outputs/frame.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include <fmt/format.h>

#include "base/time_text.h"
#include "outputs/utf8.h"

namespace collector {
namespace {

constexpr std::string_view kPriority = "<14>";

// The years that a date of four digits can tell.
constexpr Timestamp kFirstTime = std::chrono::sys_days(std::chrono::year(0) / 1 / 1);
constexpr Timestamp kLastTime =
    std::chrono::sys_days(std::chrono::year(10000) / 1 / 1) - Milliseconds(1);

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
  second_ = {};
  WriteDevoTime(second_, prefix_.data() + kPriority.size());
}

void FrameWriter::SetTime(Timestamp time) {
  time = std::clamp(time, kFirstTime, kLastTime);
  char* const text = prefix_.data() + kPriority.size();
  const auto past_second = (time - second_).count();
  if (past_second < 0 || past_second > 999) {
    WriteDevoTime(time, text);
    second_ = std::chrono::floor<Seconds>(time);
    return;
  }
  const auto millisecond = static_cast<uint32_t>(past_second);
  text[20] = static_cast<char>('0' + millisecond / 100);
  text[21] = static_cast<char>('0' + millisecond / 10 % 10);
  text[22] = static_cast<char>('0' + millisecond % 10);
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
  bool cut = false;
  const std::string_view message = Fit(record.message, cut);
  if (message.find('\n') != std::string_view::npos) {
    fmt::format_to(std::back_inserter(out), "{} ", prefix_.size() + message.size() + 1);
  }
  out.append(prefix_).append(message).push_back('\n');
  return cut;
}

}  // namespace collector
