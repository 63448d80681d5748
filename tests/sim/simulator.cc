#include "sim/simulator.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <stdlib.h>

#include "aws/client.h"
#include "aws/credentials/simple.h"
#include "collect/scheduler.h"
#include "fakes/fake_clock.h"
#include "sim/receiver.h"
#include "sim/world.h"
#include "sources/audit_events.h"

namespace collector::sim {
namespace {

const Timestamp kBegin = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);
const std::vector<std::string> kRegions = {"us-east-1", "eu-west-1"};

Faults DrawFaults(Random& random) {
  Faults faults;
  const auto maybe = [&random](double chance, double most) {
    return random.Chance(chance) ? std::uniform_real_distribution<>(0, most)(random.engine) : 0;
  };
  faults.throttle = maybe(0.5, 0.2);
  faults.server_error = maybe(0.5, 0.1);
  faults.reset_before = maybe(0.5, 0.1);
  faults.reset_after = maybe(0.5, 0.1);
  faults.truncated = maybe(0.3, 0.05);
  faults.denied = maybe(0.2, 0.02);
  faults.lost_token = maybe(0.3, 0.05);
  faults.output_fails = maybe(0.3, 0.05);
  faults.store_fails = maybe(0.3, 0.1);
  faults.kill = maybe(0.6, 0.02);
  return faults;
}

struct Shape {
  Seconds life;  // how long events are made
  Milliseconds look_back;
  Milliseconds period;
  Seconds latest;   // how late an event may show up
  Timestamp start;  // start_time
};

Shape DrawShape(Random& random) {
  Shape shape;
  shape.life = Seconds(random.Between(1800, 7200));
  shape.look_back = std::chrono::minutes(random.Between(15, 25));
  shape.period = Seconds(random.Between(20, 300));
  shape.latest = std::chrono::duration_cast<Seconds>(shape.look_back) - Seconds(30);
  shape.start = kBegin - Seconds(random.Chance(0.4) ? random.Between(0, 6 * 3600) : 0);
  return shape;
}

std::string NewUuid(Random& random) {
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", random.engine() & 0xffffffff,
                     random.engine() & 0xffff, random.engine() & 0xffff, random.engine() & 0xffff,
                     random.engine() & 0xffffffffffff);
}

// Events spread over the life, in bursts within one second as well; some show up late.
void MakeEvents(Aws& aws, Random& random, const Shape& shape) {
  for (const std::string& region : kRegions) {
    const int64_t count = random.Between(20, 600);
    const int64_t span =
        std::chrono::duration_cast<Seconds>(kBegin - shape.start).count() + shape.life.count();
    Timestamp time = shape.start;
    for (int64_t i = 0; i < count; ++i) {
      if (!random.Chance(0.3)) time = shape.start + Seconds(random.Between(0, span - 1));
      const Seconds late(random.Chance(0.2) ? random.Between(0, shape.latest.count())
                                            : random.Between(0, 60));
      aws.Add(region, {NewUuid(random), time, time + late});
    }
  }
}

// One life of the process, from start to its death or the end of the simulation.
class Process {
 public:
  Process(FakeClock& clock, Random& random, Aws& aws, Output& output, PositionStore& store,
          const Shape& shape)
      : limiters_(clock), skew_(clock, events_), scheduler_(clock, {}) {
    aws::SessionOptions options;
    aws::Credentials credentials;
    credentials.access_key_id = "AKIDEXAMPLE";
    credentials.secret_access_key = Secret("secret");
    options.credentials = std::make_shared<aws::StaticCredentials>(credentials);
    options.seed = random.engine();
    const auto session = std::make_shared<aws::Session>(
        aws::Runtime{aws, clock, events_, limiters_, skew_}, options);
    for (const std::string& region : kRegions) {
      AuditEventsSettings settings;
      settings.service.name = "audit-events-all";
      settings.service.request_period = shape.period;
      settings.service.start_time = shape.start;
      settings.look_back = shape.look_back;
      for (auto& reader :
           NewAuditEvents({clock, events_, store, claims_, output, ""},
                          std::make_unique<aws::Client>(session, region), settings)) {
        scheduler_.Add(region, std::move(reader));
      }
    }
  }

  void Step() { scheduler_.RunNext({}); }
  void EndAll() { scheduler_.EndAll({}); }

 private:
  Events events_{nullptr};
  aws::RateLimiters limiters_;
  aws::ClockSkew skew_;
  PositionClaims claims_;
  Scheduler scheduler_;
};

struct TemporaryDirectory {
  TemporaryDirectory() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "collector-sim-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

// Lives the account's life, with every fault, and as long after it, without any, as the last event
// needs to become final.
void Live(FakeClock& clock, Random& random, Aws& aws, SimOutput& output, CheckedStore& store,
          const Shape& shape, Faults& faults, Report& report) {
  const Timestamp quiet = kBegin + shape.life + shape.latest;
  std::optional<Process> process;
  while (clock.Now() < quiet) {
    try {
      if (!process) process.emplace(clock, random, aws, output, store, shape);
      process->Step();
      output.Pump();
    } catch (const Killed&) {
      ++report.kills;
      report.in_flight_at_kills += output.Die();
      process.reset();
      clock.Advance(Seconds(random.Between(1, random.Chance(0.1) ? 3600 : 60)));
    }
  }
  faults = {};
  if (!process) process.emplace(clock, random, aws, output, store, shape);
  const Timestamp end = clock.Now() + 2 * shape.look_back + 10 * shape.period;
  while (clock.Now() < end) {
    process->Step();
    output.Pump();
  }
  output.Close({});
  process->EndAll();
}

}  // namespace

Report RunSeed(uint64_t seed, const Plant& plant) {
  Random random(seed);
  FakeClock clock(kBegin);
  Faults faults = DrawFaults(random);
  const bool is_clean = faults.kill == 0 && faults.output_fails == 0;
  const Shape shape = DrawShape(random);
  Aws aws(clock, random, faults);
  MakeEvents(aws, random, shape);
  const TemporaryDirectory directory;
  auto sqlite = OpenSqlitePositionStore(directory.path);
  Arrived arrived;
  SimOutput output(clock, random, faults, arrived);
  output.acknowledges_too_early = plant.acknowledges_too_early;
  CheckedStore store(**sqlite, aws, arrived, random, faults, shape.start);
  Report report;
  Live(clock, random, aws, output, store, shape, faults, report);

  report.violations = store.violations();
  for (const auto& [region, events] : aws.events()) {
    for (const AwsEvent& event : events) {
      ++report.events;
      if (!arrived.times.contains(event.id)) {
        report.violations.push_back(fmt::format("{} of {} never arrived", event.id, region));
      }
    }
  }
  if (aws.limit_violations() > 0) {
    report.violations.push_back(
        fmt::format("{} calls above the API's limit", aws.limit_violations()));
  }
  report.duplicates = arrived.duplicates;
  if (is_clean && arrived.duplicates > 0) {
    report.violations.push_back(
        fmt::format("{} duplicates although nothing was killed", arrived.duplicates));
  }
  if (!is_clean && arrived.duplicates > report.in_flight_at_kills) {
    report.violations.push_back(fmt::format("{} duplicates, but only {} were in flight at kills",
                                            arrived.duplicates, report.in_flight_at_kills));
  }
  report.calls = aws.calls();
  return report;
}

}  // namespace collector::sim
