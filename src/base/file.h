// Whole small files: configuration, certificates, credentials. Any thread.
#ifndef COLLECTOR_BASE_FILE_H_
#define COLLECTOR_BASE_FILE_H_

#include <cstddef>
#include <filesystem>
#include <string>

#include "base/result.h"

namespace collector {

// The file's content. An error names the path and the reason: kNotFound when it is missing,
// kRejected when it may not be read, is not a regular file or is larger than `max_bytes`.
Result<std::string> ReadFile(const std::filesystem::path& path, size_t max_bytes = 16 << 20);

// "No space left on device" for an errno, without the shared buffer of strerror.
std::string ErrnoText(int error_number);

}  // namespace collector

#endif  // COLLECTOR_BASE_FILE_H_
