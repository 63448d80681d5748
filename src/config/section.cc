#include "config/section.h"

#include <fmt/format.h>

#include "config/nearest.h"
#include "config/text_check.h"

namespace collector {

void WarnUnknownKey(const ConfigValue& section, const std::string& key, const ConfigValue& value,
                    std::span<const std::string_view> known) {
  const std::string where = section.path().empty() ? "" : " in " + section.path();
  value.context().diagnostics.Warn(
      value.key_at(),
      fmt::format("unknown key {}{}, left out{}", Quoted(key), where, DidYouMean(key, known)));
}

}  // namespace collector
