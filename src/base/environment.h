// Environment: the variables of the process as they stood when it started, so that nothing below
// main() calls getenv() and tests give their own. A plain value; any thread may read it.
#ifndef COLLECTOR_BASE_ENVIRONMENT_H_
#define COLLECTOR_BASE_ENVIRONMENT_H_

#include <map>
#include <optional>
#include <string>
#include <utility>

namespace collector {

class Environment {
 public:
  using Variables = std::map<std::string, std::string, std::less<>>;

  Environment() = default;
  explicit Environment(Variables variables) : variables_(std::move(variables)) {}

  // A copy of the process's variables. Call it once, in main(), before any thread starts.
  static Environment OfThisProcess();

  // As it stands; nothing when the variable is not set.
  std::optional<std::string> Find(std::string_view name) const;

  // Nothing when the variable is not set, or set to nothing: AWS's tools treat both alike.
  std::optional<std::string> Get(std::string_view name) const;

  // "true", "1", "yes" or "on", in any case.
  bool IsTrue(std::string_view name) const;

 private:
  Variables variables_;
};

}  // namespace collector

#endif  // COLLECTOR_BASE_ENVIRONMENT_H_
