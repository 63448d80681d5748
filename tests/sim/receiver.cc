#include "sim/receiver.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/time_text.h"

namespace collector::sim {
namespace {

constexpr size_t kWindowBatches = 20;

// A position's key is "account/region/kind".
std::string RegionOf(const std::string& key) {
  return key.substr(key.find('/') + 1, key.rfind('/') - key.find('/') - 1);
}

}  // namespace

Status SimOutput::Submit(Batch batch, std::stop_token) {
  if (random_.Chance(faults_.kill)) throw Killed{};
  while (held_.size() >= kWindowBatches) {  // back-pressure
    clock_.Advance(std::max(held_.front().due - clock_.MonotonicNow(), Instant::duration(1)));
    Pump();
  }
  if (acknowledges_too_early) batch.ack.Resolve(Outcome::kDelivered);
  const Instant earliest = held_.empty() ? clock_.MonotonicNow() : held_.back().due;
  const bool stalls = random_.Chance(0.01);
  const Milliseconds delay(random_.Between(0, stalls ? 120'000 : 800));
  held_.push_back({std::move(batch), std::max(earliest, clock_.MonotonicNow()) + delay});
  return {};
}

void SimOutput::Arrive(const Records& records) {
  for (size_t i = 0; i < records.size(); ++i) {
    const auto document = nlohmann::json::parse(records[i].message);
    const auto id = document.at("eventID").get<std::string>();
    if (++arrived_.times[id] > 1) ++arrived_.duplicates;
    arrived_.ids.insert(RecordId::From(id));
    arrived_.not_stored[RecordId::From(id)] = {records[i].time, document.at("awsRegion")};
  }
}

void SimOutput::Pump() {
  while (!held_.empty() && held_.front().due <= clock_.MonotonicNow()) {
    Held held = std::move(held_.front());
    held_.pop_front();
    if (random_.Chance(faults_.output_fails)) {
      held.batch.ack.Resolve(Outcome::kFailed);
    } else {
      Arrive(*held.batch.records);
      held.batch.ack.Resolve(Outcome::kDelivered);
    }
  }
}

Status SimOutput::Close(Instant) {
  if (!held_.empty()) clock_.WaitUntil(held_.back().due, {});
  Pump();
  return {};
}

int SimOutput::Die() {
  int in_flight = static_cast<int>(arrived_.not_stored.size());
  for (Held& held : held_) {
    in_flight += static_cast<int>(held.batch.records->size());
    if (random_.Chance(0.5)) Arrive(*held.batch.records);
  }
  held_.clear();
  arrived_.not_stored.clear();
  return in_flight;
}

Status CheckedStore::Commit(const std::string& key, const PositionChange& change) {
  if (random_.Chance(faults_.kill)) throw Killed{};
  if (random_.Chance(faults_.store_fails)) return Fail(ErrorKind::kRejected, "disk full");
  Check(key, change);
  Status status = store_.Commit(key, change);
  for (const SeenRecord& record : change.seen) arrived_.not_stored.erase(record.id);
  for (const TimeRange& range : change.forget) {
    std::erase_if(arrived_.not_stored, [&range, region = RegionOf(key)](const auto& record) {
      return record.second.region == region && record.second.time >= range.from &&
             record.second.time < range.to;
    });
  }
  if (random_.Chance(faults_.kill)) throw Killed{};
  return status;
}

void CheckedStore::Check(const std::string& key, const PositionChange& change) {
  for (const SeenRecord& record : change.seen) {
    if (!arrived_.ids.contains(record.id)) {
      violations_.push_back("an id was stored before its record arrived");
    }
  }
  if (!change.position) return;
  const auto position = nlohmann::json::parse(*change.position);
  const Timestamp until = *ParseTime(position.at("until").get<std::string>());
  std::vector<TimeRange> pending;
  for (const auto& pair : position.at("pending")) {
    pending.push_back(
        {*ParseTime(pair.at(0).get<std::string>()), *ParseTime(pair.at(1).get<std::string>())});
  }
  const std::string region = RegionOf(key);
  const auto events = aws_.events().find(region);
  if (events == aws_.events().end()) return;
  for (const AwsEvent& event : events->second) {
    const bool open = event.time < first_ || event.time >= until ||
                      std::any_of(pending.begin(), pending.end(), [&event](const TimeRange& range) {
                        return event.time >= range.from && event.time < range.to;
                      });
    if (!open && !arrived_.times.contains(event.id)) {
      violations_.push_back(
          fmt::format("the position of {} passed event {} of {}, which has not "
                      "arrived",
                      region, event.id, FormatRfc3339(event.time)));
    }
  }
}

}  // namespace collector::sim
