// Events: everything worth telling a person: one function per thing, each its log line and its
// count. main() owns it, everything else borrows it. Any thread. Lines go to the sink given at
// construction; no line ever holds a secret.
//
// Levels mean: error = records are held up or a person is needed; warning = it heals by itself but
// somebody should know; info = the course of things; debug = every call.
#ifndef COLLECTOR_OBSERVE_EVENTS_H_
#define COLLECTOR_OBSERVE_EVENTS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace collector {

enum class Level { kDebug, kInfo, kWarning, kError };

// What the lines of one part of the program are about: "audit-events-all 123456789012 us-east-1".
struct Subject {
  std::string text;
};

class Events {
 public:
  // Receives one finished line; called from any thread, one call at a time.
  using Sink = std::function<void(Level, std::string_view line)>;

  // Counts since the start, for the summary at the end and for tests.
  struct Counts {
    std::atomic<uint64_t> aws_calls{0};
    std::atomic<uint64_t> aws_retries{0};
    std::atomic<uint64_t> aws_throttles{0};
    std::atomic<uint64_t> records_read{0};
    std::atomic<uint64_t> records_filtered{0};
    std::atomic<uint64_t> duplicates_dropped{0};
    std::atomic<uint64_t> records_delivered{0};
    std::atomic<uint64_t> records_sent_again{0};
    std::atomic<uint64_t> records_cut{0};
    std::atomic<uint64_t> pulls_given_up{0};
    std::atomic<uint64_t> connections_lost{0};
    std::atomic<uint64_t> other_announcements{0};  // test events, and events of no new object
    std::atomic<uint64_t> objects_read{0};
    std::atomic<uint64_t> objects_left_out{0};
    std::atomic<uint64_t> objects_gone{0};
    std::atomic<uint64_t> objects_not_read{0};  // tries that failed
    std::atomic<uint64_t> messages_deleted{0};
  };

  explicit Events(Sink sink, Level threshold = Level::kInfo);

  // --- the program
  void Started(std::string_view version, std::string_view config_file);
  void Stopping(std::string_view why);
  void Ended(std::chrono::nanoseconds after);
  void ConfigWarning(std::string_view text);

  // --- what is set up in AWS at the start
  void SetupDone(const Subject& subject, std::string_view what);
  void SetupNotDone(const Subject& subject, std::string_view what);
  void SetupNote(const Subject& subject, std::string_view what);

  // --- AWS calls. `where` is "123456789012 us-east-1"; `operation` "cloudtrail:LookupEvents".
  void AwsCall(std::string_view where, std::string_view operation, int status,
               std::chrono::nanoseconds took);
  void AwsCallRetried(std::string_view where, std::string_view operation, const Error& error,
                      int attempt, std::chrono::nanoseconds delay);
  void AwsThrottled(std::string_view where, std::string_view operation, double new_rate);
  void ClockSkewCorrected(std::chrono::seconds skew);

  // --- sources
  void PullGivenUp(const Subject& subject, const Error& error, std::chrono::nanoseconds next_try);
  void PullWorksAgain(const Subject& subject);
  void CatchUpProgress(const Subject& subject, Timestamp reached, Timestamp target,
                       double records_per_second,
                       std::optional<std::chrono::nanoseconds> remaining);
  void CatchUpDone(const Subject& subject, uint64_t records, std::chrono::nanoseconds took);
  void TooBusyForLookup(const Subject& subject, double records_per_second, double ceiling);
  void SourceGone(const Subject& subject);
  void SourcesFound(const Subject& subject, size_t count, std::string_view example);
  void SourcesBehind(const Subject& subject, size_t behind, size_t all, std::string_view worst,
                     std::chrono::nanoseconds lag, std::string_view advice);
  void BeyondRetention(const Subject& subject, std::chrono::nanoseconds lost);

  // --- queues that announce objects. `uri` is "s3://bucket/key".
  void QueueNotInspected(const Subject& subject, const Error& error);
  void QueueWithoutDeadLetters(const Subject& subject);
  void QueueIsFifo(const Subject& subject);
  void QueueKeyBarsSenders(const Subject& subject);
  void QueueDropsObjects(const Subject& subject);
  void MessageNotUnderstood(const Subject& subject, std::string_view message_id, int receive_count,
                            const Error& error);
  void MessagesNotDeleted(const Subject& subject, size_t count, const Error& error);
  void VisibilityNotChanged(const Subject& subject, size_t count, const Error& error);
  void DeliveredNotStored(const Subject& subject, const Error& error);
  void ObjectGone(const Subject& subject, std::string_view uri);
  void ObjectNotRead(const Subject& subject, std::string_view uri, const Error& error);

  void PositionNotStored(const Subject& subject, const Error& error);

  // --- outputs
  void OutputConnected(std::string_view output, std::string_view peer, std::string_view how);
  void OutputDisconnected(std::string_view output, std::string_view why,
                          uint64_t records_to_repeat);
  void OutputIdle(std::string_view output, std::string_view why);
  void OutputUnreachable(std::string_view output, const Error& error, int attempt,
                         std::chrono::nanoseconds next_try);
  void OutputWithoutReceipts(std::string_view output);
  void RecordCut(std::string_view output, std::string_view tag, size_t size, size_t limit);
  void OutputFailed(std::string_view output, const Error& error);
  void OutputWorksAgain(std::string_view output);
  void FileRepaired(std::string_view output, std::string_view path, size_t bytes);

  Counts& counts() { return counts_; }
  const Counts& counts() const { return counts_; }

 private:
  template <typename... Args>
  void Log(Level level, std::string_view format, Args&&... args);

  Sink sink_;
  const Level threshold_;
  Counts counts_;
};

enum class LogFormat {
  kText,  // 2026-11-24T03:05:21.123Z info    text
  kJson,  // {"time":"2026-11-24T03:05:21.123Z","level":"info","msg":"text"}
};

// One line an event on standard error; text is coloured on a terminal (WantsColor).
Events::Sink StandardErrorSink(LogFormat format = LogFormat::kText);

// Whether what is written to `fd` should be coloured: it is a terminal, TERM is not "dumb", and
// NO_COLOR (https://no-color.org) is not set or empty.
bool WantsColor(int fd);

}  // namespace collector

#endif  // COLLECTOR_OBSERVE_EVENTS_H_
