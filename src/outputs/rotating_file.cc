#include "outputs/rotating_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "outputs/rotated_files.h"

namespace collector {
namespace {

constexpr mode_t kFileMode = 0640;  // what is collected is not for everybody
constexpr mode_t kFolderMode = 0750;

// What a person can do about it.
std::string_view Remedy(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return "free some space; writing then goes on by itself and nothing is lost";
    case EACCES:
    case EPERM:
    case EROFS:
      return "let the user that runs the collector write there, or set another path";
    case EISDIR:
    case ENOTDIR:
      return "set the path of a file";
    case EFBIG:
      return "raise the limit on the size of files (ulimit -f), or set a smaller rotate_size_in_mb";
    default:
      return "it is tried again, and nothing is lost";
  }
}

// Makes a change of the folder's entries last. What cannot be synced (some network file systems
// refuse) is as lasting as it gets.
void SyncFolder(const std::filesystem::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

std::filesystem::path FolderOf(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : ".";
}

// 0 or an errno.
int MakeFolders(const std::filesystem::path& folder) {
  if (::mkdir(folder.c_str(), kFolderMode) == 0) {
    SyncFolder(FolderOf(folder));
    return 0;
  }
  if (errno == EEXIST) return 0;
  if (errno != ENOENT || !folder.has_relative_path()) return errno;
  if (const int error = MakeFolders(FolderOf(folder)); error != 0) return error;
  return ::mkdir(folder.c_str(), kFolderMode) == 0 || errno == EEXIST ? 0 : errno;
}

int WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR) return errno;
    if (written > 0) text.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

Timestamp ModifiedAt(const struct stat& info) {
  return Timestamp(Seconds(info.st_mtim.tv_sec)) + Milliseconds(info.st_mtim.tv_nsec / 1'000'000);
}

}  // namespace

RotatingFile::RotatingFile(std::filesystem::path path, const Limits& limits)
    : path_(std::move(path)), limits_(limits) {}

RotatingFile::~RotatingFile() { Close(); }

tl::unexpected<Error> RotatingFile::FailOn(std::string_view what, int error_number) const {
  const char* const code = ::strerrorname_np(error_number);
  return Fail(ErrorKind::kRejected,
              fmt::format("{} cannot be {}: {}; {}", path_.string(), what, ErrnoText(error_number),
                          Remedy(error_number)),
              code == nullptr ? "" : code);
}

void RotatingFile::Close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  size_ = synced_size_ = 0;
}

bool RotatingFile::IsStillThere(size_t& size) const {
  struct stat at_path {};
  struct stat opened {};
  if (fd_ < 0 || ::stat(path_.c_str(), &at_path) != 0 || ::fstat(fd_, &opened) != 0) return false;
  size = static_cast<size_t>(opened.st_size);
  return at_path.st_dev == opened.st_dev && at_path.st_ino == opened.st_ino;
}

Result<size_t> RotatingFile::Open() {
  size_t size = 0;
  if (!torn_ && IsStillThere(size)) {
    size_ = synced_size_ = size;
    return 0;
  }
  Close();
  if (Status opened = OpenAnew(); !opened) {
    Close();
    return Propagate(opened);
  }
  auto removed = RemoveUnfinishedLine();
  if (!removed) {
    Close();
    return removed;
  }
  torn_ = false;
  synced_size_ = size_;
  return removed;
}

Status RotatingFile::OpenAnew() {
  constexpr int kFlags = O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK;
  fd_ = ::open(path_.c_str(), kFlags);
  if (fd_ < 0 && errno == ENOENT) {
    if (const int error = MakeFolders(FolderOf(path_)); error != 0) return FailOn("made", error);
    fd_ = ::open(path_.c_str(), kFlags | O_CREAT, kFileMode);
    if (fd_ >= 0) SyncFolder(FolderOf(path_));
  }
  if (fd_ < 0) return FailOn("opened for writing", errno);
  struct stat info {};
  if (::fstat(fd_, &info) != 0) return FailOn("opened for writing", errno);
  if (!S_ISREG(info.st_mode)) {
    return Fail(ErrorKind::kRejected,
                fmt::format("{} is not a regular file; set the path of a file, or use an output of "
                            "type console",
                            path_.string()));
  }
  // File systems without locks answer something else than EWOULDBLOCK; there it goes on without.
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return Fail(ErrorKind::kRejected,
                fmt::format("{} is being written by another process; end that, or set another path",
                            path_.string()));
  }
  size_ = static_cast<size_t>(info.st_size);
  period_ = PeriodOf(ModifiedAt(info));
  return {};
}

Result<size_t> RotatingFile::RemoveUnfinishedLine() {
  char block[64 << 10];
  size_t end = size_;  // of what was not searched yet for the last newline
  while (end > 0) {
    const size_t wanted = std::min(end, sizeof block);
    const ssize_t got = ::pread(fd_, block, wanted, static_cast<off_t>(end - wanted));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 || static_cast<size_t>(got) != wanted) {
      return FailOn("read", got < 0 ? errno : EIO);
    }
    const size_t newline = std::string_view(block, wanted).rfind('\n');
    end -= wanted;
    if (newline == std::string_view::npos) continue;
    end += newline + 1;
    break;
  }
  const size_t unfinished = size_ - end;
  if (unfinished > 0 && ::ftruncate(fd_, static_cast<off_t>(end)) != 0) {
    return FailOn("repaired", errno);
  }
  size_ = end;
  return unfinished;
}

void RotatingFile::TakeBackTo(size_t size) {
  struct stat info {};
  const bool known = ::fstat(fd_, &info) == 0;
  const auto end = static_cast<size_t>(info.st_size);
  // Shorter: somebody has truncated it meanwhile, and what was written since may be torn.
  if (!known || end < size || (end > size && ::ftruncate(fd_, static_cast<off_t>(size)) != 0)) {
    torn_ = true;
  }
  size_ = size;
}

Status RotatingFile::Append(std::string_view lines, Timestamp now) {
  if (size_ == 0) period_ = PeriodOf(now);
  if (const int error = WriteAll(fd_, lines); error != 0) {
    TakeBackTo(size_);
    return FailOn("written", error);
  }
  size_ += lines.size();
  return {};
}

Status RotatingFile::Sync() {
  if (unsynced_bytes() == 0) return {};
  struct stat info {};
  if (::fdatasync(fd_) != 0 || ::fstat(fd_, &info) != 0) {
    auto failed = FailOn("written", errno);
    TakeBackTo(synced_size_);
    Close();
    return failed;
  }
  if (info.st_nlink == 0) {
    Close();
    return Fail(
        ErrorKind::kRetry,
        fmt::format("{} was deleted while it was being written; it is made again", path_.string()));
  }
  synced_size_ = size_;
  return {};
}

Status RotatingFile::Rotate(Timestamp now) {
  auto rotated = RotatedFiles(path_);
  if (!rotated) return Propagate(rotated);
  const std::filesystem::path aside = NextRotatedName(path_, *rotated, now);
  if (::rename(path_.c_str(), aside.c_str()) != 0) return FailOn("moved aside", errno);
  Close();
  SyncFolder(FolderOf(path_));
  return {};
}

Status RotatingFile::DeleteOldest() {
  if (limits_.keep == 0) return {};
  auto rotated = RotatedFiles(path_);
  if (!rotated) return Propagate(rotated);
  const size_t excess = rotated->size() - std::min(rotated->size(), limits_.keep);
  for (size_t i = 0; i < excess; ++i) {
    std::error_code error;
    std::filesystem::remove((*rotated)[i].path, error);
    if (error) {
      return Fail(ErrorKind::kRejected,
                  fmt::format("{} cannot be deleted: {}; the disk fills up until it can",
                              (*rotated)[i].path.string(), error.message()));
    }
  }
  return {};
}

Timestamp RotatingFile::PeriodOf(Timestamp time) const {
  if (limits_.interval <= Milliseconds(0)) return {};
  const auto since = time.time_since_epoch();
  return time - (since % limits_.interval + limits_.interval) % limits_.interval;
}

std::optional<Timestamp> RotatingFile::PeriodEnd() const {
  if (limits_.interval <= Milliseconds(0) || size_ == 0) return std::nullopt;
  return period_ + limits_.interval;
}

}  // namespace collector
