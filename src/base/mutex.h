// Mutex, MutexLock and CondVar: the standard ones with the attributes that clang's thread safety
// analysis reads (-Wthread-safety), so that a field marked GUARDED_BY cannot be touched without
// its lock. https://releases.llvm.org/14.0.0/tools/clang/docs/ThreadSafetyAnalysis.html
#ifndef COLLECTOR_BASE_MUTEX_H_
#define COLLECTOR_BASE_MUTEX_H_

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

#include "base/clock.h"

#if defined(__clang__)
#define COLLECTOR_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define COLLECTOR_THREAD_ATTRIBUTE(x)
#endif

#define CAPABILITY(x) COLLECTOR_THREAD_ATTRIBUTE(capability(x))
#define SCOPED_CAPABILITY COLLECTOR_THREAD_ATTRIBUTE(scoped_lockable)
#define GUARDED_BY(x) COLLECTOR_THREAD_ATTRIBUTE(guarded_by(x))
#define REQUIRES(...) COLLECTOR_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) COLLECTOR_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) COLLECTOR_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define RELEASE(...) COLLECTOR_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS COLLECTOR_THREAD_ATTRIBUTE(no_thread_safety_analysis)

namespace collector {

class CAPABILITY("mutex") Mutex {
 public:
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Every Wait may return early: call it in a loop over the condition.
class CondVar {
 public:
  void Wait(Mutex& mutex) REQUIRES(mutex) NO_THREAD_SAFETY_ANALYSIS { cond_.wait(mutex); }

  // Returns when notified, at `when`, or when `stop` is requested.
  void WaitUntil(Mutex& mutex, Instant when, std::stop_token stop)
      REQUIRES(mutex) NO_THREAD_SAFETY_ANALYSIS {
    bool waited = false;
    cond_.wait_until(mutex, std::move(stop), when, [&] { return std::exchange(waited, true); });
  }

  void NotifyOne() { cond_.notify_one(); }
  void NotifyAll() { cond_.notify_all(); }

 private:
  std::condition_variable_any cond_;
};

}  // namespace collector

#endif  // COLLECTOR_BASE_MUTEX_H_
