// TagTemplate: a Devo tag with placeholders in braces, "my.app.audit.{account}.{region}", filled in
// for each record. An immutable value; any thread.
#ifndef COLLECTOR_SOURCES_TAG_TEMPLATE_H_
#define COLLECTOR_SOURCES_TAG_TEMPLATE_H_

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace collector {

class TagTemplate {
 public:
  explicit TagTemplate(std::string text) : text_(std::move(text)) {}

  using Values = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // Each "{name}" replaced by its value, in which a character that cannot stand in one level of a
  // tag (letters, digits, `_`, `-` can) becomes `_`; an empty value becomes "unknown", so that the
  // levels behind it keep their places. The configuration loader has refused unknown names.
  std::string Fill(Values values) const;
  // The same with a function that gives the value for a name.
  std::string Fill(const std::function<std::string_view(std::string_view)>& value_of) const;

  // The names in braces, in their order.
  std::vector<std::string_view> names() const;

 private:
  std::string text_;
};

// The field of the record that a placeholder "record.FIELD" names; nothing: it names none.
std::optional<std::string_view> RecordField(std::string_view placeholder);

}  // namespace collector

#endif  // COLLECTOR_SOURCES_TAG_TEMPLATE_H_
