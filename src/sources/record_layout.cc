#include "sources/record_layout.h"

#include <algorithm>
#include <charconv>

namespace collector {
namespace {

// The fields of a flow log in the default format, for files that were cut or joined on the way and
// have lost their header. https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
constexpr std::string_view kDefaultFlowLogFields[] = {
    "version",  "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport",
    "protocol", "packets",    "bytes",        "start",   "end",     "action",  "log-status"};

}  // namespace

void RecordLayout::Begin(const ObjectFormat& format, const std::vector<FieldFilter>& filters,
                         const std::vector<std::string>& tag_fields) {
  format_ = &format;
  filters_ = &filters;
  tag_fields_ = &tag_fields;
  first_line_ = true;
  header_.clear();
  names_.clear();
  if (format.header == Header::kFieldNames) {
    names_.assign(std::begin(kDefaultFlowLogFields), std::end(kDefaultFlowLogFields));
  }
  FindAll();
}

bool RecordLayout::TakeHeader(std::string_view line) {
  const bool is_first = std::exchange(first_line_, false);
  std::optional<std::vector<std::string_view>> names;
  switch (format_->header) {
    case Header::kNone:
      return false;
    case Header::kFieldNames:
      if (!is_first || !(names = FlowLogFields(line))) return false;
      break;
    case Header::kW3c:
      if (!line.starts_with('#')) return false;
      names = W3cFields(line);
      break;
  }
  if (names && header_ != line) {
    header_ = line;
    names_.assign(names->begin(), names->end());
    FindAll();
  }
  return true;
}

std::optional<FieldAt> RecordLayout::FindInLine(std::string_view name) const {
  FieldAt at;
  at.delimiter = format_->header == Header::kW3c ? '\t' : ' ';
  at.quoted = format_->header == Header::kNone;
  if (format_->header == Header::kNone) {
    size_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc() || end != name.data() + name.size() || number == 0) {
      return std::nullopt;
    }
    at.index = number - 1;
    return at;
  }
  const size_t plus = name.find('+');
  const auto found = std::find(names_.begin(), names_.end(), name.substr(0, plus));
  if (found == names_.end()) return std::nullopt;
  at.index = static_cast<size_t>(found - names_.begin());
  if (plus != std::string_view::npos) {
    // A date and the time of day behind it.
    if (found + 1 == names_.end() || *(found + 1) != name.substr(plus + 1)) return std::nullopt;
    at.joined = 2;
    return at;
  }
  const size_t behind = names_.size() - 1 - at.index;
  if (behind < at.index) {
    at.index = behind;
    at.from_end = true;
  }
  return at;
}

RecordLayout::Field RecordLayout::Find(const std::string& name) const {
  Field field;
  if (name.empty()) return field;
  if (format_->split == Split::kLines) field.at = FindInLine(name);
  const size_t plus = name.find('+');
  field.path.emplace(std::string_view(name).substr(0, plus));
  if (plus != std::string::npos) field.path2.emplace(std::string_view(name).substr(plus + 1));
  return field;
}

void RecordLayout::FindAll() {
  time_ = Find(format_->time.name);
  json_time_ = Find(format_->json_time.name);
  filter_fields_.clear();
  for (const FieldFilter& filter : *filters_) filter_fields_.push_back(Find(filter.field));
  tag_places_.clear();
  for (const std::string& name : *tag_fields_) tag_places_.push_back(Find(name));
}

bool RecordLayout::IsJson(std::string_view record) const {
  return format_->split != Split::kLines ||
         (!format_->json_time.name.empty() && record.starts_with('{'));
}

std::optional<Timestamp> RecordLayout::JsonTime(const Field& field, TimeForm form,
                                                std::string_view record) {
  if (!field.path) return std::nullopt;
  std::string scratch;
  const auto token = JsonField(record, *field.path);
  if (!token) return std::nullopt;
  const auto text = JsonText(*token, scratch);
  if (!text) return std::nullopt;
  if (!field.path2) return ReadTime(form, *text);
  std::string second_scratch;
  const auto second = JsonField(record, *field.path2);
  const auto time_of_day = second ? JsonText(*second, second_scratch) : std::nullopt;
  if (!time_of_day) return std::nullopt;
  return ReadTime(form, std::string(*text) + '\t' + std::string(*time_of_day));
}

Timestamp RecordLayout::TimeOf(std::string_view record, Timestamp otherwise) const {
  if (format_->split != Split::kLines) {
    return JsonTime(time_, format_->time.form, record).value_or(otherwise);
  }
  if (IsJson(record)) {
    return JsonTime(json_time_, format_->json_time.form, record).value_or(otherwise);
  }
  if (!time_.at) return otherwise;
  const std::string_view text = FindField(record, *time_.at);
  return text.data() == nullptr ? otherwise : ReadTimeOr(format_->time.form, text, otherwise);
}

std::string_view RecordLayout::Text(const Field& field, std::string_view record) {
  if (!IsJson(record)) {
    return field.at ? DelimitedField(record, *field.at).value_or("") : std::string_view();
  }
  if (!field.path) return {};
  const auto token = JsonField(record, *field.path);
  return token ? JsonText(*token, scratch_).value_or("") : std::string_view();
}

bool RecordLayout::IsDropped(std::string_view record) {
  for (size_t i = 0; i < filter_fields_.size(); ++i) {
    const std::string_view text = Text(filter_fields_[i], record);
    const std::vector<std::string>& values = (*filters_)[i].values;
    if (std::find(values.begin(), values.end(), text) != values.end()) return true;
  }
  return false;
}

std::string_view RecordLayout::TagField(std::string_view record, size_t i) {
  return Text(tag_places_[i], record);
}

}  // namespace collector
