// What the tests of outputs share: a folder of their own, batches whose outcome one can wait for,
// and events that one can read.
#ifndef COLLECTOR_TESTS_OUTPUTS_TEXT_OUTPUT_SUPPORT_H_
#define COLLECTOR_TESTS_OUTPUTS_TEXT_OUTPUT_SUPPORT_H_

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <stdlib.h>

#include "collect/batch.h"
#include "observe/events.h"

namespace collector {

// The longest that a test waits for what must happen: only a failing one gets there.
inline constexpr std::chrono::seconds kPatience{60};

class TempFolder {
 public:
  TempFolder() {
    std::string path = (std::filesystem::temp_directory_path() / "collector-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) std::abort();
    path_ = path;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string Content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// Counts outcomes; outlives the outputs that it gave shares to.
class Outcomes {
 public:
  Ack Expect() {
    return Ack::Create([this](Outcome outcome) {
      std::lock_guard lock(mutex_);
      ++(outcome == Outcome::kDelivered ? delivered_ : failed_);
      changed_.notify_all();
    });
  }

  // False when it has not come to that in all patience.
  bool WaitFor(size_t delivered, size_t failed = 0) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience,
                             [&] { return delivered_ >= delivered && failed_ >= failed; });
  }
  size_t delivered() const {
    std::lock_guard lock(mutex_);
    return delivered_;
  }
  size_t failed() const {
    std::lock_guard lock(mutex_);
    return failed_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  size_t delivered_ = 0;
  size_t failed_ = 0;
};

inline std::shared_ptr<const Records> MakeRecords(const std::vector<std::string>& messages,
                                                  Timestamp time = {}) {
  auto records = std::make_shared<Records>("my.app.a.b");
  for (const std::string& message : messages) records->Add(time, message);
  return records;
}

// Lines said, by level; may be read while others write.
class Said {
 public:
  Events::Sink Sink() {
    return [this](Level level, std::string_view line) {
      std::lock_guard lock(mutex_);
      lines_.emplace_back(level, line);
    };
  }
  std::vector<std::string> At(Level level) const {
    std::lock_guard lock(mutex_);
    std::vector<std::string> out;
    for (const auto& [at, line] : lines_) {
      if (at == level) out.push_back(line);
    }
    return out;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<Level, std::string>> lines_;
};

// Looks until `condition` holds; false when all patience is gone.
inline bool Eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// Real in its waits, but the time of the world is what the test says.
class SettableClock : public Clock {
 public:
  explicit SettableClock(Timestamp now) : now_(now.time_since_epoch().count()) {}
  Timestamp Now() const override { return Timestamp(Milliseconds(now_.load())); }
  Instant MonotonicNow() const override { return real_.MonotonicNow(); }
  bool WaitUntil(Instant when, std::stop_token stop) override {
    return real_.WaitUntil(when, std::move(stop));
  }
  void Set(Timestamp now) { now_ = now.time_since_epoch().count(); }

 private:
  SystemClock real_;
  std::atomic<int64_t> now_;
};

}  // namespace collector

#endif  // COLLECTOR_TESTS_OUTPUTS_TEXT_OUTPUT_SUPPORT_H_
