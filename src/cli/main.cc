#include <cerrno>
#include <iostream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "cli/collect.h"
#include "cli/command_line.h"

namespace {

// A program started with one of these closed (`>&-`) would get its descriptor for a file of its
// own, and then write log lines or records into that.
void OpenMissingStandardStreams() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) == -1 && errno == EBADF) ::open("/dev/null", O_RDWR);
  }
}

}  // namespace

int main(int argc, char** argv) {
  OpenMissingStandardStreams();
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return collector::RunCommandLine(arguments, collector::Collect, std::cout, std::cerr);
}
