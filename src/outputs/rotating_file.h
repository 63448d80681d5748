// RotatingFile: a file of lines that is appended to and, when it is full or its time is over, moved
// aside. Lines are never split over two files and never torn: what a crash or a full disk left of
// one is removed. Owned and used by one thread; without buffers of its own.
#ifndef COLLECTOR_OUTPUTS_ROTATING_FILE_H_
#define COLLECTOR_OUTPUTS_ROTATING_FILE_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/clock.h"
#include "base/result.h"

namespace collector {

class RotatingFile {
 public:
  struct Limits {
    size_t bytes = 0;          // 0: never full
    Milliseconds interval{0};  // periods counted from 1970, so a day is a day of UTC; 0: no end
    size_t keep = 0;           // rotated files that stay; 0: all
  };

  RotatingFile(std::filesystem::path path, const Limits& limits);
  ~RotatingFile();
  RotatingFile(const RotatingFile&) = delete;
  RotatingFile& operator=(const RotatingFile&) = delete;

  // Sees to it that the file at the path is the one that is open, to be called before writing:
  // makes it and its folders when they are missing, opens it anew when somebody (logrotate) has
  // moved or removed it, takes note when it was truncated. Holds a lock (flock) against a second
  // writer. Returns how many bytes of an unfinished last line were removed: nothing that was
  // synced, as every line here ends in a newline.
  Result<size_t> Open();

  // Appends whole lines, all or none: what was written of them before an error is taken back.
  Status Append(std::string_view lines, Timestamp now);

  // Puts what was appended on the disk. After an error nothing that was appended since the last
  // Sync() counts: it is taken back, as far as the disk lets it, and has to be appended again after
  // an Open(). (A second fdatasync may succeed without having written what the first could not:
  // fsync(2), "EIO".) A file that was deleted meanwhile is an error too.
  Status Sync();

  // Moves the synced file aside as PATH.20230602T083115Z, the time being `now`, with -001, -002 ...
  // when that is taken; later names always sort later. The next Open() begins a new file.
  Status Rotate(Timestamp now);

  // Deletes the oldest rotated files beyond those to be kept.
  Status DeleteOldest();

  // Whether `bytes` more, after `queued` that are not appended yet, still belong into this file.
  bool Fits(size_t queued, size_t bytes) const {
    return limits_.bytes == 0 || size_ + queued == 0 || size_ + queued + bytes <= limits_.bytes;
  }
  // When the file's period ends; nothing for one that is empty or has no end.
  std::optional<Timestamp> PeriodEnd() const;

  size_t unsynced_bytes() const { return size_ - synced_size_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  bool IsStillThere(size_t& size) const;
  Status OpenAnew();
  Result<size_t> RemoveUnfinishedLine();
  void TakeBackTo(size_t size);
  void Close();
  Timestamp PeriodOf(Timestamp time) const;
  tl::unexpected<Error> FailOn(std::string_view what, int error_number) const;

  const std::filesystem::path path_;
  const Limits limits_;
  int fd_ = -1;
  size_t size_ = 0;
  size_t synced_size_ = 0;
  bool torn_ = false;  // may end in a part of a line, which Open() removes
  Timestamp period_;   // the begin of the period whose lines the file holds
};

}  // namespace collector

#endif  // COLLECTOR_OUTPUTS_ROTATING_FILE_H_
