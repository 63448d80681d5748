#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/time_text.h"
#include "sim/event_history.h"
#include "sim/process.h"
#include "sim/receiver.h"
#include "sim/simulator.h"
#include "sources/audit_events.h"

namespace collector::sim {
namespace {

const Timestamp kAuditBegin = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);
const std::vector<std::string> kAuditRegions = {"us-east-1", "eu-west-1"};

Faults DrawAuditFaults(Random& random) {
  Faults faults;
  faults.throttle = random.Rate(0.5, 0.2);
  faults.server_error = random.Rate(0.5, 0.1);
  faults.reset_before = random.Rate(0.5, 0.1);
  faults.reset_after = random.Rate(0.5, 0.1);
  faults.truncated = random.Rate(0.3, 0.05);
  faults.denied = random.Rate(0.2, 0.02);
  faults.lost_token = random.Rate(0.3, 0.05);
  faults.output_fails = random.Rate(0.3, 0.05);
  faults.store_fails = random.Rate(0.3, 0.1);
  faults.kill = random.Rate(0.6, 0.02);
  return faults;
}

struct AuditShape {
  Seconds life;  // how long events are made
  Milliseconds look_back;
  Milliseconds period;
  Seconds latest;   // how late an event may show up
  Timestamp start;  // start_time
};

AuditShape DrawAuditShape(Random& random) {
  AuditShape shape;
  shape.life = Seconds(random.Between(1800, 7200));
  shape.look_back = std::chrono::minutes(random.Between(15, 25));
  shape.period = Seconds(random.Between(20, 300));
  shape.latest = std::chrono::duration_cast<Seconds>(shape.look_back) - Seconds(30);
  shape.start = kAuditBegin - Seconds(random.Chance(0.4) ? random.Between(0, 6 * 3600) : 0);
  return shape;
}

std::string NewUuid(Random& random) {
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", random.engine() & 0xffffffff,
                     random.engine() & 0xffff, random.engine() & 0xffff, random.engine() & 0xffff,
                     random.engine() & 0xffffffffffff);
}

// Events spread over the life, in bursts within one second as well; some show up late.
void MakeEvents(EventHistory& aws, Random& random, const AuditShape& shape) {
  for (const std::string& region : kAuditRegions) {
    const int64_t count = random.Between(20, 600);
    const int64_t span =
        std::chrono::duration_cast<Seconds>(kAuditBegin - shape.start).count() + shape.life.count();
    Timestamp time = shape.start;
    for (int64_t i = 0; i < count; ++i) {
      if (!random.Chance(0.3)) time = shape.start + Seconds(random.Between(0, span - 1));
      const Seconds late(random.Chance(0.2) ? random.Between(0, shape.latest.count())
                                            : random.Between(0, 60));
      aws.Add(region, {NewUuid(random), time, time + late});
    }
  }
}

// What arrived, by eventID.
class AuditFarEnd : public FarEnd {
 public:
  AuditFarEnd(const EventHistory& aws, Timestamp first) : aws_(aws), first_(first) {}

  void Arrive(const Record& record, bool again) override;
  void Check(const std::string& key, const PositionChange& change) override;
  void Stored(const std::string& key, const PositionChange& change) override;
  int EndLife() override {
    const auto count = static_cast<int>(not_stored_.size());
    not_stored_.clear();
    return count;
  }
  // At the end of all.
  void CheckThatAllArrived(int& events);

 private:
  // Arrived, but the store does not know it yet: what a kill now may send again.
  struct NotStored {
    Timestamp time;
    std::string region;
  };

  const EventHistory& aws_;
  const Timestamp first_;
  std::map<std::string, int> times_;
  std::set<RecordId> ids_;
  std::map<RecordId, NotStored> not_stored_;
};

// A position's key is "account/region/kind".
std::string RegionOfPosition(const std::string& key) {
  return key.substr(key.find('/') + 1, key.rfind('/') - key.find('/') - 1);
}

void AuditFarEnd::Arrive(const Record& record, bool) {
  const auto document = nlohmann::json::parse(record.message);
  const auto id = document.at("eventID").get<std::string>();
  if (++times_[id] > 1) ++duplicates_;
  ids_.insert(RecordId::From(id));
  not_stored_[RecordId::From(id)] = {record.time, document.at("awsRegion")};
}

void AuditFarEnd::Check(const std::string& key, const PositionChange& change) {
  for (const SeenRecord& record : change.seen) {
    if (!ids_.contains(record.id)) Violate("an id was stored before its record arrived");
  }
  if (!change.position) return;
  const auto position = nlohmann::json::parse(*change.position);
  const Timestamp until = *ParseTime(position.at("until").get<std::string>());
  std::vector<TimeRange> pending;
  for (const auto& pair : position.at("pending")) {
    pending.push_back(
        {*ParseTime(pair.at(0).get<std::string>()), *ParseTime(pair.at(1).get<std::string>())});
  }
  const std::string region = RegionOfPosition(key);
  const auto events = aws_.events().find(region);
  if (events == aws_.events().end()) return;
  for (const AwsEvent& event : events->second) {
    const bool open = event.time < first_ || event.time >= until ||
                      std::any_of(pending.begin(), pending.end(), [&event](const TimeRange& range) {
                        return event.time >= range.from && event.time < range.to;
                      });
    if (!open && !times_.contains(event.id)) {
      Violate(fmt::format("the position of {} passed event {} of {}, which has not arrived", region,
                          event.id, FormatRfc3339(event.time)));
    }
  }
}

void AuditFarEnd::Stored(const std::string& key, const PositionChange& change) {
  for (const SeenRecord& record : change.seen) not_stored_.erase(record.id);
  for (const TimeRange& range : change.forget) {
    std::erase_if(not_stored_, [&range, region = RegionOfPosition(key)](const auto& record) {
      return record.second.region == region && record.second.time >= range.from &&
             record.second.time < range.to;
    });
  }
}

void AuditFarEnd::CheckThatAllArrived(int& events) {
  for (const auto& [region, all] : aws_.events()) {
    for (const AwsEvent& event : all) {
      ++events;
      if (!times_.contains(event.id)) {
        Violate(fmt::format("{} of {} never arrived", event.id, region));
      }
    }
  }
}

struct AuditWorld {
  FakeClock& clock;
  Random& random;
  EventHistory& aws;
  SimOutput& output;
  CheckedStore& store;
  AuditFarEnd& far_end;
  const AuditShape& shape;
};

void StartAudit(std::optional<Process>& process, const AuditWorld& world) {
  process.emplace(world.clock, world.clock, world.random, world.aws, world.output, world.store);
  for (const std::string& region : kAuditRegions) {
    AuditEventsSettings settings;
    settings.service.name = "audit-events-all";
    settings.service.request_period = world.shape.period;
    settings.service.start_time = world.shape.start;
    settings.look_back = world.shape.look_back;
    for (auto& reader : NewAuditEvents(process->context(), process->NewClient(region), settings)) {
      process->scheduler().Add(region, std::move(reader));
    }
  }
}

// Lives the account's life, with every fault, and as long after it, without any, as the last event
// needs to become final.
void LiveAudit(const AuditWorld& world, Faults& faults, Report& report) {
  FakeClock& clock = world.clock;
  const Timestamp quiet = kAuditBegin + world.shape.life + world.shape.latest;
  std::optional<Process> process;
  while (clock.Now() < quiet) {
    try {
      if (!process) StartAudit(process, world);
      process->scheduler().RunNext({});
      world.output.Pump();
    } catch (const Killed&) {
      ++report.kills;
      world.output.Die();
      report.in_flight_at_kills += world.far_end.EndLife();
      process.reset();
      clock.Advance(Seconds(world.random.Between(1, world.random.Chance(0.1) ? 3600 : 60)));
    }
  }
  faults = {};
  if (!process) StartAudit(process, world);
  const Timestamp end = clock.Now() + 2 * world.shape.look_back + 10 * world.shape.period;
  while (clock.Now() < end) {
    process->scheduler().RunNext({});
    world.output.Pump();
  }
  world.output.Close(Instant::max());
  process->scheduler().EndAll({});
}

}  // namespace

Report RunAuditSeed(uint64_t seed, const Plant& plant) {
  Random random(seed);
  FakeClock clock(kAuditBegin);
  Faults faults = DrawAuditFaults(random);
  const bool is_clean = faults.kill == 0 && faults.output_fails == 0;
  const AuditShape shape = DrawAuditShape(random);
  EventHistory aws(clock, random, faults);
  MakeEvents(aws, random, shape);
  const TemporaryDirectory directory;
  auto sqlite = OpenSqlitePositionStore(directory.path);
  AuditFarEnd far_end(aws, shape.start);
  SimOutput output(clock, random, faults, far_end);
  output.acknowledges_too_early = plant.acknowledges_too_early;
  CheckedStore store(**sqlite, far_end, random, faults);
  Report report;
  LiveAudit({clock, random, aws, output, store, far_end, shape}, faults, report);

  far_end.CheckThatAllArrived(report.records);
  report.violations = far_end.violations();
  if (aws.limit_violations() > 0) {
    report.violations.push_back(
        fmt::format("{} calls above the API's limit", aws.limit_violations()));
  }
  report.duplicates = far_end.duplicates();
  if (is_clean && report.duplicates > 0) {
    report.violations.push_back(
        fmt::format("{} duplicates although nothing was killed", report.duplicates));
  }
  if (!is_clean && report.duplicates > report.in_flight_at_kills) {
    report.violations.push_back(fmt::format("{} duplicates, but only {} were in flight at kills",
                                            report.duplicates, report.in_flight_at_kills));
  }
  report.calls = aws.calls();
  return report;
}

}  // namespace collector::sim
