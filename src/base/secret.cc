#include "base/secret.h"

#include <fmt/format.h>

namespace collector {

std::string Secret::ToString() const {
  if (text_.empty()) return "(no secret)";
  return fmt::format("(secret, {} characters)", text_.size());
}

}  // namespace collector
