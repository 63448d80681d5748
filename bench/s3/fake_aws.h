// FakeAws: what the load server answers: STS, SQS and S3 as far as the collector calls them, and
// the run's own calls. It decides by what a request looks like, not by host names. The load
// server's thread owns it; the caller says what time it is.
//
//   POST /_feed?queue=Q&corpus=C&objects=N   N new objects of C, each announced by a message in Q;
//                                            answers with what they hold, as JSON
//   GET  /_keys?queue=Q                      the paths of what was fed into Q, one a line
//   GET  /_stats                             the counts, as JSON
//   POST /_reset                             forgets objects, messages and counts
//   POST /_delay?milliseconds=N              from now on each answer but these comes so much later
#ifndef COLLECTOR_BENCH_S3_FAKE_AWS_H_
#define COLLECTOR_BENCH_S3_FAKE_AWS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/clock.h"
#include "s3/fake_sqs.h"
#include "s3/http_text.h"
#include "s3/object_store.h"

namespace collector::bench {

class FakeAws {
 public:
  struct Options {
    Milliseconds visibility{30'000};
    Milliseconds delay{0};
    // What else belongs into /_stats, as a JSON object's members without braces; may be empty.
    std::function<std::string()> more_stats = {};
    std::function<void()> on_reset = {};
  };

  FakeAws(ObjectStore& store, Options options);

  // As FakeSqs::Handle; `delayed` says whether the answer is one that delay() holds back.
  std::optional<HttpAnswer> Handle(const HttpRequest& request, uint64_t caller, Instant now,
                                   bool& delayed);
  FakeSqs& sqs() { return sqs_; }
  Milliseconds delay() const { return delay_; }

 private:
  struct Transfers {
    uint64_t gets = 0;
    uint64_t failed = 0;
    uint64_t bytes = 0;
    std::optional<Instant> first, last;
  };

  HttpAnswer GetObject(const HttpRequest& request, Instant now);
  HttpAnswer Control(const HttpRequest& request, Instant now);
  HttpAnswer Feed(const HttpRequest& request, Instant now);
  HttpAnswer Keys(const HttpRequest& request) const;
  HttpAnswer Stats(Instant now);
  std::string Notification(const StoredObject& object) const;
  double Wall(Instant when) const;

  ObjectStore& store_;
  const Options options_;
  const std::chrono::nanoseconds wall_offset_;
  Milliseconds delay_;
  FakeSqs sqs_;
  Transfers transfers_;
  uint64_t sts_calls_ = 0;
  std::map<std::string, std::vector<const StoredObject*>> fed_;  // by queue
};

}  // namespace collector::bench

#endif  // COLLECTOR_BENCH_S3_FAKE_AWS_H_
