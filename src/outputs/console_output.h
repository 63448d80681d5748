// The `console` and `stdout` outputs: a line a record on a descriptor, standard output in the
// program. A record is delivered when write(2) has taken its line. Lines of batches never mix.
#ifndef COLLECTOR_OUTPUTS_CONSOLE_OUTPUT_H_
#define COLLECTOR_OUTPUTS_CONSOLE_OUTPUT_H_

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "collect/output.h"
#include "observe/events.h"
#include "outputs/settings.h"

namespace collector {

// Writes to `fd`, which may be blocking or not and stays the caller's; SIGPIPE must be ignored.
//
// A reader that is slow holds the sources up. One that has gone (`aws-collector run | head`), or
// any other error of write(2), cannot heal: Events says it once, the shares of what was not written
// fail, Submit() answers kCancelled from then on, and `on_failed` is called once, on the output's
// own thread, so that the program can end with what happened. It must not block.
Result<std::unique_ptr<Output>> NewConsoleOutput(std::string name, const ConsoleSettings& settings,
                                                 const Clock& clock, Events& events, int fd,
                                                 std::function<void(const Error&)> on_failed);

}  // namespace collector

#endif  // COLLECTOR_OUTPUTS_CONSOLE_OUTPUT_H_
