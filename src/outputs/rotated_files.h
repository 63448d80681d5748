// The names of files that were moved aside: PATH.20230602T083115Z, PATH.20230602T083115Z-001 up to
// -999: the time of the move and, when that is taken, a number. Names made here sort in the order
// of their making, in a shell too. Any thread.
#ifndef COLLECTOR_OUTPUTS_ROTATED_FILES_H_
#define COLLECTOR_OUTPUTS_ROTATED_FILES_H_

#include <filesystem>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace collector {

struct RotatedFile {
  std::filesystem::path path;
  Timestamp time;
  unsigned number = 0;  // 0: without a number
};

// Those of `path` that exist, oldest first. What has another name (PATH.20230602T083115Z.gz) is
// somebody else's.
Result<std::vector<RotatedFile>> RotatedFiles(const std::filesystem::path& path);

// A name for the next one, which sorts after all of `existing`, even if the clock was set back.
std::filesystem::path NextRotatedName(const std::filesystem::path& path,
                                      const std::vector<RotatedFile>& existing, Timestamp now);

}  // namespace collector

#endif  // COLLECTOR_OUTPUTS_ROTATED_FILES_H_
