#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/time_text.h"
#include "sim/log_service.h"
#include "sim/process.h"
#include "sim/receiver.h"
#include "sim/simulator.h"
#include "sources/log_group.h"

namespace collector::sim {
namespace {

const Timestamp kLogBegin = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);
const std::vector<std::string> kLogRegions = {"us-east-1", "eu-west-1"};

Faults DrawLogFaults(Random& random) {
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

struct LogShape {
  Seconds life;    // how long events are made
  Seconds latest;  // how late an event may show up
  Milliseconds period;
  bool activity;    // is asked for
  bool adaptive;    // nobody says how late events are: it has to be seen
  Timestamp start;  // of the collector, which begins "now"
};

LogShape DrawLogShape(Random& random) {
  LogShape shape;
  shape.life = Seconds(random.Between(600, 2400));
  shape.latest = Seconds(random.Chance(0.7) ? random.Between(10, 280) : random.Between(280, 3600));
  shape.period = Seconds(random.Between(60, 240));
  shape.adaptive = random.Chance(0.4);
  shape.activity = random.Chance(0.3);
  shape.start = kLogBegin;
  return shape;
}

// Where nobody says how late events are, all are about as late, so that a look at the past tells.
Seconds DrawDelay(Random& random, const LogShape& shape) {
  const int64_t latest = shape.latest.count();
  if (shape.adaptive) return Seconds(random.Between(latest * 6 / 10, latest));
  return Seconds(random.Chance(0.3) ? random.Between(0, latest) : random.Between(0, 10));
}

void MakeItems(SimLogGroup& group, Random& random, const LogShape& shape, int& number) {
  const bool is_old = group.made < shape.start;
  const Timestamp first = is_old ? shape.start - std::chrono::hours(3) : group.made;
  const int64_t span = (shape.start + shape.life - first) / Milliseconds(1);
  const int64_t count = random.Between(0, 100);
  Timestamp time = first;
  for (int64_t i = 0; i < count; ++i) {
    if (!random.Chance(0.3)) time = first + Milliseconds(random.Between(0, span - 1));
    LogItem item{time, time + DrawDelay(random, shape), fmt::format("s{}", random.Between(1, 3)),
                 fmt::format("{:056}", number), fmt::format("event {} \"\n\u00fc", number)};
    ++number;
    group.items.push_back(item);
    // Only a stream's own writer can say the very same twice at once.
    if (group.is_infrequent && random.Chance(0.2)) group.items.push_back(item);
  }
}

void MakeAccount(LogService& aws, Random& random, const LogShape& shape) {
  int number = 0;
  for (const std::string& region : kLogRegions) {
    const int64_t groups = random.Between(1, 5);
    for (int64_t i = 0; i < groups; ++i) {
      SimLogGroup group;
      group.is_infrequent = random.Chance(0.25);
      group.made = shape.start - std::chrono::hours(24);
      if (i >= 1 && random.Chance(0.4)) {
        group.made = shape.start + Seconds(random.Between(1, shape.life.count() / 2));
      }
      if (i >= 1 && random.Chance(0.2)) {
        group.gone =
            shape.start + Seconds(random.Between(shape.life.count() / 2, shape.life.count()));
      }
      MakeItems(group, random, shape, number);
      aws.groups(region)[fmt::format("app/{}", i)] = std::move(group);
    }
  }
  aws.Sort();
}

// What arrived, by message.
class LogFarEnd : public FarEnd {
 public:
  LogFarEnd(const LogService& aws, const LogShape& shape) : aws_(aws), shape_(shape) {}

  void Arrive(const Record& record, bool again) override;
  void Check(const std::string& key, const PositionChange& change) override;
  void Stored(const std::string& key, const PositionChange& change) override;
  int EndLife() override {
    const int count = not_stored_;
    not_stored_ = 0;
    return count;
  }
  // At the end of all.
  void CheckThatAllArrived(int& events);

 private:
  // The event is one that has to arrive: it is of after the start, and its group stays.
  bool Counts(const SimLogGroup& group, const LogItem& item) const {
    return item.time >= shape_.start && group.gone == Timestamp::max();
  }

  const LogService& aws_;
  const LogShape& shape_;
  std::map<std::string, int> times_;
  // Arrived, but the store does not know it yet, what a kill now may send again: an upper bound,
  // for a stretch that is settled has its ids not stored at all.
  int not_stored_ = 0;
};

void LogFarEnd::Arrive(const Record& record, bool) {
  ++times_[std::string(record.message)];
  ++not_stored_;
}

// A position's key is "account/region/log_events:GROUP".
void LogFarEnd::Check(const std::string& key, const PositionChange& change) {
  const size_t slash = key.find('/');
  const size_t mark = key.find("/log_events:");
  if (!change.position || mark == std::string::npos) return;
  const std::string region = key.substr(slash + 1, mark - slash - 1);
  const std::string name = key.substr(mark + std::string("/log_events:").size());
  const SimLogGroup& group = aws_.regions().at(region).at(name);
  const auto position = nlohmann::json::parse(*change.position);
  const Timestamp until = *ParseTime(position.at("until").get<std::string>());
  std::vector<TimeRange> pending;
  for (const auto& pair : position.at("pending")) {
    pending.push_back(
        {*ParseTime(pair.at(0).get<std::string>()), *ParseTime(pair.at(1).get<std::string>())});
  }
  for (const LogItem& item : group.items) {
    const bool open = !Counts(group, item) || item.time >= until ||
                      std::any_of(pending.begin(), pending.end(), [&item](const TimeRange& range) {
                        return item.time >= range.from && item.time < range.to;
                      });
    if (!open && !times_.contains(item.message)) {
      Violate(fmt::format("the position of {} {} passed {} of {}, which has not arrived", region,
                          name, item.message, FormatRfc3339(item.time)));
    }
  }
}

void LogFarEnd::Stored(const std::string&, const PositionChange& change) {
  not_stored_ = std::max(0, not_stored_ - static_cast<int>(change.seen.size()));
}

void LogFarEnd::CheckThatAllArrived(int& events) {
  std::map<std::string, int> written;
  std::set<std::string> must;
  for (const auto& [region, groups] : aws_.regions()) {
    for (const auto& [name, group] : groups) {
      for (const LogItem& item : group.items) {
        ++events;
        ++written[item.message];
        if (!Counts(group, item)) continue;
        must.insert(item.message);
        if (!times_.contains(item.message)) {
          Violate(fmt::format("{} of {} {}, of {}, shown {}, never arrived", item.message, region,
                              name, FormatRfc3339(item.time), FormatRfc3339(item.ingested)));
        }
      }
    }
  }
  for (const auto& [message, times] : times_) {
    duplicates_ += std::max(0, times - written[message]);
    // Both of two that are alike, unless duplicates make up for one.
    if (times < written[message] && must.contains(message)) {
      Violate(fmt::format("{} arrived {} times, but was written {} times", message, times,
                          written[message]));
    }
  }
}

struct LogWorld {
  FakeClock& clock;
  Random& random;
  LogService& aws;
  SimOutput& output;
  CheckedStore& store;
  LogFarEnd& far_end;
  const LogShape& shape;
};

void StartLogs(std::optional<Process>& process, const LogWorld& world) {
  process.emplace(world.clock, world.clock, world.random, world.aws, world.output, world.store);
  for (const std::string& region : kLogRegions) {
    LogGroupSettings settings;
    settings.service.name = "cwl_1";
    settings.service.request_period = world.shape.period;
    settings.service.start_time = world.shape.start;
    settings.activity_first = world.shape.activity;
    settings.patterns.push_back(*KeyPattern::Parse("app/*"));
    if (!world.shape.adaptive) settings.look_back = world.shape.latest + Seconds(30);
    const SourceContext context = process->context();
    auto groups = std::make_shared<LogGroups>(context.clock, context.events, region);
    for (auto& source : NewLogGroups(context, process->NewClient(region), settings, groups)) {
      process->scheduler().Add(region, std::move(source));
    }
  }
}

// Lives the account's life, with every fault, and as long after it, without any, as the last event
// needs to become final.
void LiveLogs(const LogWorld& world, Faults& faults, Report& report) {
  FakeClock& clock = world.clock;
  const Timestamp quiet = world.shape.start + world.shape.life + world.shape.latest;
  std::optional<Process> process;
  while (clock.Now() < quiet) {
    try {
      if (!process) StartLogs(process, world);
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
  if (!process) StartLogs(process, world);
  const Timestamp end =
      clock.Now() + 2 * world.shape.latest + std::chrono::minutes(6) + 5 * world.shape.period;
  while (clock.Now() < end) {
    process->scheduler().RunNext({});
    world.output.Pump();
  }
  world.output.Close(Instant::max());
  process->scheduler().EndAll({});
}

}  // namespace

Report RunLogSeed(uint64_t seed, const Plant& plant) {
  Random random(seed);
  FakeClock clock(kLogBegin);
  Faults faults = DrawLogFaults(random);
  const bool is_clean = faults.kill == 0 && faults.output_fails == 0;
  const LogShape shape = DrawLogShape(random);
  LogService aws(clock, random, faults);
  MakeAccount(aws, random, shape);
  const TemporaryDirectory directory;
  auto sqlite = OpenSqlitePositionStore(directory.path);
  LogFarEnd far_end(aws, shape);
  SimOutput output(clock, random, faults, far_end);
  output.acknowledges_too_early = plant.acknowledges_too_early;
  CheckedStore store(**sqlite, far_end, random, faults);
  Report report;
  LiveLogs({clock, random, aws, output, store, far_end, shape}, faults, report);

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
