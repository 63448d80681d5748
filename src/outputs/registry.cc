#include "outputs/registry.h"

#include <utility>
#include <variant>

#include <unistd.h>

#include "outputs/console_output.h"
#include "outputs/devo_output.h"
#include "outputs/file_output.h"

namespace collector {
namespace {

struct Make {
  const std::string& name;
  Clock& clock;
  Events& events;
  std::function<void(const Error&)> on_failed;

  Result<std::unique_ptr<Output>> operator()(const DevoSettings& settings) {
    return NewDevoOutput(name, settings, clock, events);
  }
  Result<std::unique_ptr<Output>> operator()(const ConsoleSettings& settings) {
    return NewConsoleOutput(name, settings, clock, events, STDOUT_FILENO, std::move(on_failed));
  }
  Result<std::unique_ptr<Output>> operator()(const FileSettings& settings) {
    return NewFileOutput(name, settings, clock, events);
  }
};

}  // namespace

Result<std::unique_ptr<Output>> NewOutput(const OutputSettings& settings, Clock& clock,
                                          Events& events,
                                          std::function<void(const Error&)> on_failed) {
  auto output = std::visit(Make{settings.name, clock, events, std::move(on_failed)}, settings.kind);
  if (output) return output;
  return Fail(output.error().kind, "output " + settings.name + ": " + output.error().message);
}

}  // namespace collector
