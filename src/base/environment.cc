#include "base/environment.h"

#include <algorithm>
#include <string_view>

#include <unistd.h>

#include "base/ascii.h"

namespace collector {

Environment Environment::OfThisProcess() {
  Variables variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return Environment(std::move(variables));
}

std::optional<std::string> Environment::Find(std::string_view name) const {
  const auto found = variables_.find(name);
  if (found == variables_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> Environment::Get(std::string_view name) const {
  std::optional<std::string> value = Find(name);
  if (value && value->empty()) value.reset();
  return value;
}

bool Environment::IsTrue(std::string_view name) const {
  const std::string value = LowerAscii(Get(name).value_or(""));
  return value == "true" || value == "1" || value == "yes" || value == "on";
}

}  // namespace collector
