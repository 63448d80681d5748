#include "decode/fields.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace collector {
namespace {

constexpr size_t kNone = std::string_view::npos;

size_t Next(std::string_view text, char c, size_t from) {
  const void* found =
      from < text.size() ? std::memchr(text.data() + from, c, text.size() - from) : nullptr;
  return found == nullptr ? kNone
                          : static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

// The end of the field that begins at `begin`: its delimiter, or the end of the line.
size_t EndOf(std::string_view line, char delimiter, size_t begin) {
  return std::min(Next(line, delimiter, begin), line.size());
}

// The beginning of the field that ends at `end`.
size_t BeginOf(std::string_view line, char delimiter, size_t end) {
  while (end > 0 && line[end - 1] != delimiter) --end;
  return end;
}

// The mark that ends a field that begins with `first`, and the other way round; 0: it is not
// quoted.
char Closing(char first) { return first == '"' ? '"' : first == '[' ? ']' : '\0'; }
char Opening(char last) { return last == '"' ? '"' : last == ']' ? '[' : '\0'; }

size_t EndOfQuoted(std::string_view line, char delimiter, size_t begin) {
  const char mark = begin < line.size() ? Closing(line[begin]) : '\0';
  if (mark != '\0') {
    for (size_t at = begin; (at = Next(line, mark, at + 1)) != kNone;) {
      if (at + 1 == line.size() || line[at + 1] == delimiter) return at + 1;
    }
  }
  return EndOf(line, delimiter, begin);
}

size_t BeginOfQuoted(std::string_view line, char delimiter, size_t end) {
  const char mark = end > 0 ? Opening(line[end - 1]) : '\0';
  if (mark != '\0') {
    for (size_t at = end - 1; at-- > 0;) {
      if (line[at] == mark && (at == 0 || line[at - 1] == delimiter)) return at;
    }
  }
  return BeginOf(line, delimiter, end);
}

std::string_view WithoutQuotes(std::string_view field) {
  if (field.size() < 2 || Closing(field.front()) != field.back()) return field;
  return field.substr(1, field.size() - 2);
}

std::string_view FromStart(std::string_view line, const FieldAt& at) {
  const auto end_of = at.quoted ? EndOfQuoted : EndOf;
  size_t begin = 0;
  for (size_t i = 0; i < at.index; ++i) {
    const size_t end = end_of(line, at.delimiter, begin);
    if (end == line.size()) return {};
    begin = end + 1;
  }
  size_t end = end_of(line, at.delimiter, begin);
  for (size_t i = 1; i < at.joined; ++i) {
    if (end == line.size()) return {};
    end = end_of(line, at.delimiter, end + 1);
  }
  return line.substr(begin, end - begin);
}

// Bit i: whether block[i] is `c`; 64 bytes.
uint64_t EqualBits(const char* block, char c) {
  uint64_t bits = 0;
#if defined(__SSE2__)
  for (int i = 0; i < 64; i += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + i));
    const int equal = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
    bits |= uint64_t{static_cast<uint32_t>(equal)} << i;
  }
#else
  for (int i = 0; i < 64; ++i) bits |= uint64_t{block[i] == c} << i;
#endif
  return bits;
}

// A field that lies in the last 64 bytes of a line, as a flow log's `start` does: all delimiters of
// these at a glance. Nothing: it may begin before them.
std::string_view FromEndQuickly(std::string_view line, const FieldAt& at) {
  constexpr size_t kBlock = 64;
  if (line.size() < kBlock || at.quoted || at.joined != 1) return {};
  const size_t block = line.size() - kBlock;
  uint64_t delimiters = EqualBits(line.data() + block, at.delimiter);
  size_t end = line.size();
  for (size_t i = 0; i < at.index; ++i) {
    if (delimiters == 0) return {};
    const auto last = static_cast<size_t>(63 - std::countl_zero(delimiters));
    delimiters ^= uint64_t{1} << last;
    end = block + last;
  }
  if (delimiters == 0) return {};
  const size_t begin = block + static_cast<size_t>(64 - std::countl_zero(delimiters));
  return line.substr(begin, end - begin);
}

std::string_view FromEnd(std::string_view line, const FieldAt& at) {
  if (const auto quick = FromEndQuickly(line, at); quick.data() != nullptr) return quick;
  const auto begin_of = at.quoted ? BeginOfQuoted : BeginOf;
  if (at.index + 1 < at.joined) return {};
  size_t end = line.size();
  for (size_t i = 0; i < at.index + 1 - at.joined; ++i) {
    const size_t begin = begin_of(line, at.delimiter, end);
    if (begin == 0) return {};
    end = begin - 1;
  }
  size_t begin = begin_of(line, at.delimiter, end);
  for (size_t i = 1; i < at.joined; ++i) {
    if (begin == 0) return {};
    begin = begin_of(line, at.delimiter, begin - 1);
  }
  return line.substr(begin, end - begin);
}

std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  for (size_t at = 0; (at = line.find_first_not_of(" \t", at)) != kNone;) {
    const size_t end = std::min(line.find_first_of(" \t", at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

// Names that every version and custom format draws on, and that are no field's value.
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
constexpr std::array<std::string_view, 38> kFlowLogNames = {"version",
                                                            "account-id",
                                                            "interface-id",
                                                            "srcaddr",
                                                            "dstaddr",
                                                            "srcport",
                                                            "dstport",
                                                            "protocol",
                                                            "packets",
                                                            "bytes",
                                                            "start",
                                                            "end",
                                                            "action",
                                                            "log-status",
                                                            "vpc-id",
                                                            "subnet-id",
                                                            "instance-id",
                                                            "tcp-flags",
                                                            "type",
                                                            "pkt-srcaddr",
                                                            "pkt-dstaddr",
                                                            "region",
                                                            "az-id",
                                                            "sublocation-type",
                                                            "sublocation-id",
                                                            "pkt-src-aws-service",
                                                            "pkt-dst-aws-service",
                                                            "flow-direction",
                                                            "traffic-path",
                                                            "ecs-cluster-arn",
                                                            "ecs-cluster-name",
                                                            "ecs-service-name",
                                                            "ecs-task-arn",
                                                            "reject-reason",
                                                            "resource-type",
                                                            "tgw-id",
                                                            "tgw-attachment-id",
                                                            "encryption-status"};

bool IsName(std::string_view word) {
  const auto is_name_byte = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return word.front() >= 'a' && word.front() <= 'z' &&
         std::all_of(word.begin(), word.end(), is_name_byte);
}

}  // namespace

std::string_view FindField(std::string_view line, const FieldAt& at) {
  const std::string_view field = at.from_end ? FromEnd(line, at) : FromStart(line, at);
  return at.quoted ? WithoutQuotes(field) : field;
}

std::optional<std::vector<std::string_view>> W3cFields(std::string_view line) {
  constexpr std::string_view kStart = "#Fields:";
  if (line.substr(0, kStart.size()) != kStart) return std::nullopt;
  return Words(line.substr(kStart.size()));
}

std::optional<std::vector<std::string_view>> FlowLogFields(std::string_view line) {
  std::vector<std::string_view> words = Words(line);
  const auto is_known = [](std::string_view word) {
    return std::find(kFlowLogNames.begin(), kFlowLogNames.end(), word) != kFlowLogNames.end();
  };
  if (!std::all_of(words.begin(), words.end(), IsName) ||
      std::none_of(words.begin(), words.end(), is_known)) {
    return std::nullopt;
  }
  return words;
}

}  // namespace collector
