// The fields of a line that are set off by a blank or a tab, and the header lines that name them.
// Pure; any thread.
#ifndef COLLECTOR_DECODE_FIELDS_H_
#define COLLECTOR_DECODE_FIELDS_H_

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace collector {

// Where a field stands in a line: one row of a table of log formats.
struct FieldAt {
  char delimiter = ' ';
  size_t index = 0;  // from 0; with from_end 0 is the last
  // Count from the end of the line: the nearer end is the faster one.
  bool from_end = false;
  // "..." and [...] are one field, whatever they hold, as in the access logs of S3 and of load
  // balancers. Such a field begins behind a delimiter and ends at the first quote or bracket that
  // stands before one (from the end: the other way round); it is given without them.
  bool quoted = false;
  // So many fields as one, with what is between them: CloudFront's date and time. Not with
  // `quoted`.
  size_t joined = 1;
};

// A view without data (data() is null) when the line has fewer fields. Two delimiters in a row have
// an empty field between them. No std::optional, which GCC 12 copies through memory in pieces that
// do not fit, and so waits for: called for each line, that is several percent of everything.
std::string_view FindField(std::string_view line, const FieldAt& at);

// The same for those who call it seldom.
inline std::optional<std::string_view> DelimitedField(std::string_view line, const FieldAt& at) {
  const std::string_view field = FindField(line, at);
  if (field.data() == nullptr) return std::nullopt;
  return field;
}

// The names in a header of W3C's extended log format, "#Fields: date time cs-method", or nothing
// when `line` is no such header. CloudFront's lines set names off by blanks and fields by tabs.
std::optional<std::vector<std::string_view>> W3cFields(std::string_view line);

// The names in the first line of a VPC or transit gateway flow log file, "version account-id ...",
// or nothing when `line` is none. It takes lines of names, also ones of later versions, of which
// one at least is a name that it knows and no field's value.
std::optional<std::vector<std::string_view>> FlowLogFields(std::string_view line);

}  // namespace collector

#endif  // COLLECTOR_DECODE_FIELDS_H_
