// FakeSqs: SQS's JSON protocol over the queues of a run, long polls included. It answers at once or
// keeps the caller's number until there is an answer for it. The load server's thread owns it; the
// caller says what time it is.
#ifndef COLLECTOR_BENCH_S3_FAKE_SQS_H_
#define COLLECTOR_BENCH_S3_FAKE_SQS_H_

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/clock.h"
#include "s3/http_text.h"
#include "s3/sqs_queue.h"

namespace collector::bench {

inline constexpr std::string_view kAccount = "123456789012";
inline constexpr std::string_view kRegion = "us-east-1";

class FakeSqs {
 public:
  // A long poll that has got its answer, for the caller who waits under this number.
  using Late = std::pair<uint64_t, HttpAnswer>;

  // `wall_offset`: what to add to an Instant's time since its epoch for the time of day.
  FakeSqs(Milliseconds visibility, std::chrono::nanoseconds wall_offset)
      : visibility_(visibility), wall_offset_(wall_offset) {}

  // Answers an operation. Nothing: a long poll; TakeLate() will have the answer for `caller`.
  std::optional<HttpAnswer> Handle(const HttpRequest& request, uint64_t caller, Instant now);
  std::vector<Late> TakeLate(Instant now);
  // When TakeLate() may have something that it does not have yet.
  std::optional<Instant> NextEvent();
  // The caller has gone: what it waits for is given to nobody.
  void Forget(uint64_t caller);

  SqsQueue& Queue(const std::string& name);  // made when it is not there
  const std::map<std::string, std::unique_ptr<SqsQueue>>& queues() const { return queues_; }
  uint64_t calls() const { return calls_; }
  uint64_t failed_calls() const { return failed_calls_; }
  void Clear();  // the messages and the counts; who waits goes on waiting

 private:
  struct Waiter {
    uint64_t caller;
    std::string queue;
    size_t most;
    Milliseconds visibility;
    bool attributes;
    Instant until;
  };

  std::optional<HttpAnswer> Receive(SqsQueue& queue, const nlohmann::json& input, uint64_t caller,
                                    Instant now);
  static HttpAnswer Attributes(SqsQueue& queue, Instant now);
  HttpAnswer Delete(SqsQueue& queue, const nlohmann::json& input, Instant now);
  HttpAnswer ChangeVisibility(SqsQueue& queue, const nlohmann::json& input, Instant now);
  // What a batch answers: each entry "Successful", or "Failed" with the code that `apply` gives.
  HttpAnswer Batch(const nlohmann::json& input,
                   const std::function<const char*(const nlohmann::json&)>& apply);
  HttpAnswer Error(std::string_view code, std::string_view query_code, std::string_view message);
  std::string Messages(const std::vector<SqsQueue::Delivery>& deliveries, bool attributes) const;
  int64_t WallMilliseconds(Instant when) const;

  const Milliseconds visibility_;
  const std::chrono::nanoseconds wall_offset_;
  std::map<std::string, std::unique_ptr<SqsQueue>> queues_;
  std::list<Waiter> waiters_;  // who came first is served first
  uint64_t calls_ = 0;
  uint64_t failed_calls_ = 0;
};

}  // namespace collector::bench

#endif  // COLLECTOR_BENCH_S3_FAKE_SQS_H_
