#include "base/file.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace collector {
namespace {

tl::unexpected<Error> FailOnFile(const std::filesystem::path& path, int error_number) {
  return Fail(error_number == ENOENT ? ErrorKind::kNotFound : ErrorKind::kRejected,
              fmt::format("{}: {}", path.string(), ErrnoText(error_number)));
}

}  // namespace

std::string ErrnoText(int error_number) {
  return std::error_code(error_number, std::generic_category()).message();
}

Result<std::string> ReadFile(const std::filesystem::path& path, size_t max_bytes) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return FailOnFile(path, errno);
  struct Closer {
    int fd;
    ~Closer() { ::close(fd); }
  } closer{fd};
  struct stat info {};
  if (::fstat(fd, &info) != 0) return FailOnFile(path, errno);
  if (S_ISDIR(info.st_mode)) {
    return Fail(ErrorKind::kRejected, fmt::format("{}: is a folder, not a file", path.string()));
  }
  std::string content;
  char buffer[16 << 10];
  for (;;) {
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FailOnFile(path, errno);
    if (got == 0) return content;
    content.append(buffer, static_cast<size_t>(got));
    if (content.size() > max_bytes) {
      return Fail(ErrorKind::kRejected,
                  fmt::format("{}: larger than {} bytes", path.string(), max_bytes));
    }
  }
}

}  // namespace collector
