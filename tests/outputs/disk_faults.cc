#include "outputs/disk_faults.h"

#include <cerrno>

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace collector::disk_faults {

Fault fdatasync_fault;
Fault ftruncate_fault;
std::atomic<int64_t> synced_size;
std::atomic<int> syncs;
std::atomic<int> truncations;
std::function<void()> before_fdatasync;

namespace {

bool Fails(Fault& fault) {
  if (fault.failures <= 0) return false;
  --fault.failures;
  errno = fault.error;
  return true;
}

}  // namespace

void Reset() {
  fdatasync_fault.failures = 0;
  ftruncate_fault.failures = 0;
  synced_size = 0;
  syncs = 0;
  truncations = 0;
  before_fdatasync = nullptr;
}

}  // namespace collector::disk_faults

using namespace collector::disk_faults;

// Stand in for libc's in this program.
extern "C" int fdatasync(int fd) {
  if (before_fdatasync) before_fdatasync();
  if (Fails(fdatasync_fault)) return -1;
  struct stat info {};
  ::fstat(fd, &info);  // before: what comes during the call is not promised
  const int result = static_cast<int>(::syscall(SYS_fdatasync, fd));
  if (result == 0) {
    synced_size = info.st_size;
    ++syncs;
  }
  return result;
}

extern "C" int ftruncate(int fd, off_t size) noexcept {
  ++truncations;
  if (Fails(ftruncate_fault)) return -1;
  return static_cast<int>(::syscall(SYS_ftruncate, fd, size));
}
