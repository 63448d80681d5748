// Any bytes as a line: header names are words of it, a field is what splitting the line gives, from
// either end, and a time is a time of years 1 to 9999 that reads as the general reader reads it.
// The first byte says which field. Seeds: tests/testdata/fuzz/w3c_fuzzer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/time_text.h"
#include "decode/fields.h"
#include "decode/record_time.h"

namespace {

using namespace collector;

void CheckWithin(std::string_view part, std::string_view whole) {
  const auto from = static_cast<size_t>(part.data() - whole.data());
  if (from > whole.size() || from + part.size() > whole.size()) std::abort();
}

std::vector<std::string_view> SplitSlowly(std::string_view line, char delimiter) {
  std::vector<std::string_view> fields;
  for (;;) {
    const size_t end = line.find(delimiter);
    fields.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return fields;
    line.remove_prefix(end + 1);
  }
}

void CheckNames(std::string_view line) {
  for (const auto& names : {W3cFields(line), FlowLogFields(line)}) {
    if (!names) continue;
    for (const std::string_view name : *names) {
      CheckWithin(name, line);
      if (name.empty() || name.find_first_of(" \t") != std::string_view::npos) std::abort();
    }
  }
}

void CheckFields(std::string_view line, size_t index, size_t joined) {
  for (const char delimiter : {' ', '\t'}) {
    const std::vector<std::string_view> fields = SplitSlowly(line, delimiter);
    const bool is_there = index + joined <= fields.size();
    const FieldAt from_start = {.delimiter = delimiter, .index = index, .joined = joined};
    const auto field = DelimitedField(line, from_start);
    if (field.has_value() != is_there) std::abort();
    for (const bool from_end : {false, true}) {
      const auto quoted = DelimitedField(
          line, {.delimiter = delimiter, .index = index, .from_end = from_end, .quoted = true});
      if (quoted) CheckWithin(*quoted, line);
    }
    if (!is_there) continue;
    const FieldAt from_end = {.delimiter = delimiter,
                              .index = fields.size() - 1 - index,
                              .from_end = true,
                              .joined = joined};
    if (DelimitedField(line, from_end) != field) std::abort();
    if (field->substr(0, fields[index].size()) != fields[index]) std::abort();
    if (joined == 1 && *field != fields[index]) std::abort();
  }
}

void CheckTimes(std::string_view text) {
  static const Timestamp first = *ParseTime("0000-01-01") - std::chrono::hours(24);
  static const Timestamp last = *ParseTime("9999-12-31") + std::chrono::hours(48);
  for (const TimeForm form :
       {TimeForm::kIso8601, TimeForm::kEpochSeconds, TimeForm::kEpochMilliseconds,
        TimeForm::kDateAndTime, TimeForm::kAccessLog}) {
    const auto time = ReadTime(form, text);
    if (time && (*time < first || *time > last)) std::abort();
  }
  if (ReadTime(TimeForm::kIso8601, text) != ParseTime(text)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view line(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t index = data[0] % 32;
  const size_t joined = 1 + data[0] / 32 % 3;
  CheckNames(line);
  CheckFields(line, index, joined);
  CheckTimes(line);
  for (const bool quoted : {false, true}) {
    const auto field = DelimitedField(line, {.delimiter = ' ', .index = index, .quoted = quoted});
    if (field) CheckTimes(*field);
  }
  return 0;
}
