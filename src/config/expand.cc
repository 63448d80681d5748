#include "config/expand.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace collector {
namespace {

bool IsName(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && is_letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
  });
}

// What stands between `${` and `}` put into `out`.
void ExpandOne(std::string_view inside, const Environment& environment, Expansion& out) {
  const size_t colon = inside.find(":-");
  const std::string name(inside.substr(0, colon));
  if (!IsName(name)) {
    out.fault =
        "a \"${\" that begins no variable; expected ${NAME}, ${NAME:-default}, or $$ for a "
        "dollar sign";
    return;
  }
  const std::optional<std::string> value = environment.Find(name);
  if (value && (!value->empty() || colon == std::string_view::npos)) {
    out.text += *value;
    out.from_environment = true;
  } else if (colon != std::string_view::npos) {
    out.text += inside.substr(colon + 2);
  } else {
    out.unset_name = name;
    out.fault = fmt::format("the environment variable {} is not set", name);
  }
}

}  // namespace

Expansion ExpandEnvironment(std::string_view text, const Environment& environment) {
  Expansion out;
  while (out.fault.empty()) {
    const size_t dollar = text.find('$');
    out.text += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar);
    if (text.starts_with("$$")) {
      out.text += '$';
      text.remove_prefix(2);
    } else if (text.starts_with("${")) {
      const size_t end = text.find('}');
      if (end == std::string_view::npos) {
        out.fault = "a \"${\" without its \"}\"; write $$ for a dollar sign";
        break;
      }
      ExpandOne(text.substr(2, end - 2), environment, out);
      text.remove_prefix(end + 1);
    } else {
      out.text += '$';
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace collector
