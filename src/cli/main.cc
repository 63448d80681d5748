#include <cerrno>
#include <iostream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <malloc.h>
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

// Blocks of some hundred KiB go from thread to thread thousands of times a second. They are kept
// rather than mapped and unmapped each time, and in few arenas, since what one thread frees another
// one needs next.
void KeepFreedMemory() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  mallopt(M_TRIM_THRESHOLD, 32 << 20);
  mallopt(M_ARENA_MAX, 2);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  KeepFreedMemory();
  OpenMissingStandardStreams();
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return collector::RunCommandLine(arguments, collector::Collect, std::cout, std::cerr);
}
