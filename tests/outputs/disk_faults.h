// A disk that fails on order: this program's fdatasync(2) and ftruncate(2) go through here.
#ifndef COLLECTOR_TESTS_OUTPUTS_DISK_FAULTS_H_
#define COLLECTOR_TESTS_OUTPUTS_DISK_FAULTS_H_

#include <atomic>
#include <cstdint>
#include <functional>

namespace collector::disk_faults {

// The next calls fail with the error, as many as `failures` says; then all is well again.
struct Fault {
  std::atomic<int> failures = 0;
  std::atomic<int> error = 0;
};
extern Fault fdatasync_fault;
extern Fault ftruncate_fault;

// The size of the file at the last fdatasync that succeeded, and how many did.
extern std::atomic<int64_t> synced_size;
extern std::atomic<int> syncs;
extern std::atomic<int> truncations;  // tried

// Called before an fdatasync; set it only while no output is open.
extern std::function<void()> before_fdatasync;

void Reset();

}  // namespace collector::disk_faults

#endif  // COLLECTOR_TESTS_OUTPUTS_DISK_FAULTS_H_
