// The `file` output: a line a record, appended to a file that is rotated by size and by time. A
// record is delivered when fdatasync(2) has put its line on the disk: no kill and no power cut
// takes it away. Batches that wait together share one fdatasync.
#ifndef COLLECTOR_OUTPUTS_FILE_OUTPUT_H_
#define COLLECTOR_OUTPUTS_FILE_OUTPUT_H_

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "collect/output.h"
#include "observe/events.h"
#include "outputs/settings.h"

namespace collector {

// Opens the file, making it and its folders when they are missing. An error, when it cannot be
// written or another process writes it, names the path and the remedy. What goes wrong later (a
// full disk, a file system that turned read-only) is told once through `events` and tried again
// every second until it works or Close() ends it; Submit() blocks meanwhile once the window is
// full.
//
// `clock` gives rotation its time and must be real in its waits. A kernel that hangs in a write (a
// dead NFS server) is the one thing that Close() cannot end.
Result<std::unique_ptr<Output>> NewFileOutput(std::string name, const FileSettings& settings,
                                              const Clock& clock, Events& events);

}  // namespace collector

#endif  // COLLECTOR_OUTPUTS_FILE_OUTPUT_H_
