#include "cli/collect.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "aws/client.h"
#include "aws/clock_skew.h"
#include "aws/rate_limiters.h"
#include "aws/session.h"
#include "base/environment.h"
#include "base/mutex.h"
#include "cli/autoconfig.h"
#include "cli/sessions.h"
#include "cli/status.h"
#include "collect/output.h"
#include "collect/position_claims.h"
#include "collect/position_store.h"
#include "collect/scheduler.h"
#include "http/curl_transport.h"
#include "outputs/registry.h"
#include "sources/audit_events.h"
#include "sources/log_group.h"
#include "sources/s3_logs.h"
#include "sources/service_events.h"

namespace collector {
namespace {

// How long the outputs may take to deliver what they hold when the program ends. What is left then
// is collected again by the next start.
constexpr Seconds kCloseTimeout{60};
// How long an object that is being read may go on when the program is told to stop: what is begun
// and not finished is read again by the next start.
constexpr Seconds kFinishReading{20};
constexpr Seconds kTrimEvery{1};
constexpr Seconds kStatusEvery{5};
// How long sources may then take to give back what they hold of AWS's.
constexpr Seconds kEndTimeout{10};

Result<std::unique_ptr<PositionStore>> OpenPositions(const GlobalSettings& globals) {
  if (globals.persistence == Persistence::kMemory) return NewMemoryPositionStore();
  return OpenSqlitePositionStore(globals.state_directory);
}

// An output that cannot go on ends the program; the first one's error is the program's.
class FirstFailure {
 public:
  explicit FirstFailure(std::stop_source ended) : ended_(std::move(ended)) {}

  void Set(const Error& error) {
    {
      MutexLock lock(mutex_);
      if (!error_) error_ = error;
    }
    ended_.request_stop();
  }
  std::optional<Error> Get() const {
    MutexLock lock(mutex_);
    return error_;
  }

 private:
  std::stop_source ended_;
  mutable Mutex mutex_;
  std::optional<Error> error_ GUARDED_BY(mutex_);
};

Result<std::unique_ptr<Output>> OpenOutputs(const Config& config, Clock& clock, Events& events,
                                            FirstFailure& failure) {
  std::vector<std::unique_ptr<Output>> outputs;
  for (const OutputSettings& settings : config.outputs) {
    auto output =
        NewOutput(settings, clock, events, [&failure](const Error& error) { failure.Set(error); });
    if (!output) return Propagate(output);
    outputs.push_back(*std::move(output));
  }
  if (outputs.size() == 1) return std::move(outputs.front());
  return std::make_unique<FanOut>(std::move(outputs));
}

// A lane for each queue: its workers are many, and a queue's long polls should hold up no other.
void AddLane(const InputSettings& input, const std::string& region, const std::string& queue,
             std::vector<std::unique_ptr<Source>> workers, Scheduler& scheduler) {
  const size_t threads = workers.size();
  for (auto& worker : workers) {
    scheduler.Add(fmt::format("{} {} {}", input.name, region, queue), std::move(worker), threads);
  }
}

// Where the queue's URL names a region, it is read there only.
bool IsIn(const std::string& region, const std::string& queue) {
  const std::string of_queue = RegionOfQueue(queue);
  return of_queue.empty() || of_queue == region;
}

void AddEventQueues(const InputSettings& input, const ServiceEventsSettings& settings,
                    const std::shared_ptr<aws::Session>& session, const SourceContext& context,
                    Scheduler& scheduler) {
  for (const std::string& region : settings.service.regions) {
    if (!IsIn(region, settings.queue)) continue;
    auto client = std::make_unique<aws::Client>(session, region);
    AddLane(input, region, settings.queue, NewServiceEvents(context, std::move(client), settings),
            scheduler);
  }
}

void AddQueues(const InputSettings& input, const S3LogsSettings& logs,
               const std::shared_ptr<aws::Session>& session, const SourceContext& context,
               Scheduler& scheduler) {
  for (const std::string& region : logs.service.regions) {
    for (const QueueSettings& queue : logs.queues) {
      const bool elsewhere = !queue.region.empty() && queue.region != region;
      if (elsewhere || !IsIn(region, queue.queue)) continue;
      auto client = std::make_unique<aws::Client>(session, region);
      AddLane(input, region, queue.queue, NewS3Logs(context, std::move(client), logs, queue),
              scheduler);
    }
  }
}

// Blocks that live for milliseconds stand in the heap among ids that live for minutes, so that it
// gets holes which only a look at all of it finds. Without this the resident memory of a busy
// collector grows to three times what is in use (bench/s3/soak).
void GiveBackFreedMemory(Clock& clock, const std::stop_token& stop) {
#if defined(__GLIBC__)
  while (clock.WaitFor(kTrimEvery, stop)) malloc_trim(0);
#else
  (void)clock, (void)stop;
#endif
}

// Lets `aws-collector status` see how far the sources are.
void KeepStatus(const GlobalSettings& globals, Clock& clock, const Scheduler& scheduler,
                const std::stop_token& stop) {
  if (globals.persistence == Persistence::kMemory) return;
  while (clock.WaitFor(kStatusEvery, stop)) {
    WriteStatus(globals.state_directory, clock.Now(), scheduler.Standings());
  }
  WriteStatus(globals.state_directory, clock.Now(), scheduler.Standings());
}

// The sources of all inputs: one lane a region and input, and one a queue.
void AddSources(const Config& config, const aws::Runtime& runtime, const Environment& environment,
                const SourceContext& shared, Scheduler& scheduler) {
  for (const InputSettings& input : config.inputs) {
    if (!input.enabled) continue;
    SourceContext context = shared;
    context.input_id = input.id;
    const auto keys = CredentialsOf(input, environment, runtime.clock);
    const auto open = [&](const ServiceSettings& service) {
      return OpenSession(input, service.name, service.pull_retries, runtime, keys, environment);
    };
    for (const AuditEventsSettings& audit : input.audit_events) {
      const auto session = open(audit.service);
      for (const std::string& region : audit.service.regions) {
        for (auto& reader :
             NewAuditEvents(context, std::make_unique<aws::Client>(session, region), audit)) {
          scheduler.Add(fmt::format("{} {}", input.name, region), std::move(reader));
        }
      }
    }
    for (const S3LogsSettings& logs : input.s3_logs) {
      const auto session = open(logs.service);
      AddQueues(input, logs, session, context, scheduler);
    }
    std::map<std::string, std::shared_ptr<LogGroups>> groups;  // by region
    for (const LogGroupSettings& group : input.log_groups) {
      const auto session = open(group.service);
      for (const std::string& region : group.service.regions) {
        const std::string lane = fmt::format("{} {} logs", input.name, region);
        auto& of_region = groups.try_emplace(region).first->second;
        if (of_region == nullptr) {
          of_region = std::make_shared<LogGroups>(context.clock, context.events, lane);
        }
        for (auto& source : NewLogGroups(context, std::make_shared<aws::Client>(session, region),
                                         group, of_region)) {
          scheduler.Add(lane, std::move(source));
        }
      }
    }
    for (const ServiceEventsSettings& events : input.service_events) {
      const auto session = open(events.service);
      AddEventQueues(input, events, session, context, scheduler);
    }
  }
}

}  // namespace

Status Collect(const Config& config, Clock& clock, Events& events, std::stop_token stop,
               bool once) {
  // Destroyed from the last to the first: sources before what they borrow.
  auto positions = OpenPositions(config.globals);
  if (!positions) return Propagate(positions);
  std::stop_source ended;
  const std::stop_callback pass_on(stop, [&ended] { ended.request_stop(); });
  FirstFailure failure(ended);
  auto output = OpenOutputs(config, clock, events, failure);
  if (!output) return Propagate(output);
  const Environment environment = Environment::OfThisProcess();
  http::CurlTransport transport(environment, "aws-collector/" COLLECTOR_VERSION);
  aws::RateLimiters limiters(clock);
  aws::ClockSkew skew(clock, events);
  PositionClaims claims;
  Scheduler scheduler(clock, {.once = once});
  std::stop_source give_up;
  const aws::Runtime runtime{transport, clock, events, limiters, skew};
  Autoconfigure(config, runtime, environment, **positions, ended.get_token());
  AddSources(config, runtime, environment,
             {clock, events, **positions, claims, **output, "", give_up.get_token(), once},
             scheduler);

  std::jthread patience([&](std::stop_token done) {
    (void)clock.WaitUntil(Instant::max(), ended.get_token());
    if (clock.WaitFor(kFinishReading, std::move(done))) give_up.request_stop();
  });
  const std::jthread trimmer(
      [&clock](const std::stop_token& done) { GiveBackFreedMemory(clock, done); });
  std::jthread status(
      [&](const std::stop_token& done) { KeepStatus(config.globals, clock, scheduler, done); });
  scheduler.Run(ended.get_token());
  status.request_stop();
  status.join();
  ended.request_stop();
  patience.request_stop();
  patience.join();
  const Status closed = (*output)->Close(clock.MonotonicNow() + kCloseTimeout);
  scheduler.EndAll(clock.MonotonicNow() + kEndTimeout);
  if (const auto failed = failure.Get()) return tl::unexpected(*failed);
  if (!closed) return closed;
  const std::vector<std::string> failed = scheduler.FailedSources();
  if (!once || failed.empty()) return {};
  return Fail(ErrorKind::kRetry,
              fmt::format("not all was collected: {} failed (see above)", fmt::join(failed, ", ")));
}

}  // namespace collector
