// RecordLayout: where the fields of one object's records are: by their names in a header, by
// number, or by path in JSON; and with that a record's time, what filters say of it, and its tag.
// Without I/O; owned by an ObjectDecoder, one thread, for one object after the other.
#ifndef COLLECTOR_SOURCES_RECORD_LAYOUT_H_
#define COLLECTOR_SOURCES_RECORD_LAYOUT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "decode/fields.h"
#include "decode/json_fields.h"
#include "sources/services.h"
#include "sources/settings.h"

namespace collector {

class RecordLayout {
 public:
  // `tag_fields`: the fields that the tag names. What is given must live until the next Begin().
  void Begin(const ObjectFormat& format, const std::vector<FieldFilter>& filters,
             const std::vector<std::string>& tag_fields);

  // Whether the line is a header, which is no record; it then says where the fields are.
  bool TakeHeader(std::string_view line);

  // `otherwise`: when the record has no time that can be read.
  Timestamp TimeOf(std::string_view record, Timestamp otherwise) const;
  bool IsDropped(std::string_view record);
  // The i-th of the tag's fields; empty when the record has none. Valid until the next call.
  std::string_view TagField(std::string_view record, size_t i);

 private:
  struct Field {
    std::optional<FieldAt> at;      // in a line; nothing: the header does not name it
    std::optional<JsonPath> path;   // in JSON
    std::optional<JsonPath> path2;  // of a time of day, beside a date
  };

  Field Find(const std::string& name) const;
  std::optional<FieldAt> FindInLine(std::string_view name) const;
  void FindAll();
  bool IsJson(std::string_view record) const;
  std::string_view Text(const Field& field, std::string_view record);
  static std::optional<Timestamp> JsonTime(const Field& field, TimeForm form,
                                           std::string_view record);

  const ObjectFormat* format_ = nullptr;
  const std::vector<FieldFilter>* filters_ = nullptr;
  const std::vector<std::string>* tag_fields_ = nullptr;
  bool first_line_ = true;
  std::string header_;              // the text that names_ are of
  std::vector<std::string> names_;  // of the fields; empty: no header was seen
  Field time_;
  Field json_time_;
  std::vector<Field> filter_fields_;
  std::vector<Field> tag_places_;
  std::string scratch_;
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_RECORD_LAYOUT_H_
