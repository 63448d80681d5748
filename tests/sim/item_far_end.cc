#include "sim/object_far_end.h"

#include <charconv>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace collector::sim {
namespace {

// How long the collector remembers what it has delivered.
constexpr std::chrono::minutes kRemembered{10};

struct Mark {
  size_t object = 0;
  size_t place = 0;
};

std::optional<Mark> ReadMark(std::string_view message) {
  const size_t begin = message.find('#') + 1;
  const size_t dot = message.find('.', begin);
  const size_t end = message.find('#', begin);
  if (begin == 0 || dot >= end || end == std::string_view::npos) return std::nullopt;
  // Not the beginning of one and the end of another.
  const std::string_view name = message.substr(begin, dot - begin);
  if (message.find(name, end) == std::string_view::npos) return std::nullopt;
  Mark mark;
  const auto object = std::from_chars(&message[begin], &message[dot], mark.object);
  const auto place = std::from_chars(&message[dot + 1], &message[end], mark.place);
  if (object.ptr != &message[dot] || place.ptr != &message[end]) return std::nullopt;
  return mark;
}

}  // namespace

ObjectFarEnd::Received& ObjectFarEnd::Of(size_t object) {
  if (received_.size() < bucket_.objects().size()) {
    received_.resize(bucket_.objects().size());
    for (size_t i = 0; i < received_.size(); ++i) {
      received_[i].records.resize(bucket_.objects()[i].records);
    }
  }
  return received_.at(object);
}

void ObjectFarEnd::Arrive(const Record& record, bool again) {
  const auto mark = ReadMark(record.message);
  if (!mark || mark->object >= bucket_.objects().size() ||
      mark->place >= bucket_.objects()[mark->object].records) {
    return Violate(fmt::format("a record arrived that S3 never had: {:.40}", record.message));
  }
  const auto [object, place] = *mark;
  Received& received = Of(object);
  Arrival& arrival = received.records[place];
  if (++arrival.times == 1) {
    ++received.distinct;
  } else {
    ++duplicates_;
    if (!again && !IsExplained(object, arrival)) {
      Violate(fmt::format("record {} of object {} arrived once more for no reason", place, object));
    }
  }
  if (std::exchange(received.life, life_) != life_) received.distinct_in_life = 0;
  if (std::exchange(arrival.life, life_) != life_) ++received.distinct_in_life;
  arrival.at = clock_.MonotonicNow();
}

bool ObjectFarEnd::IsExplained(size_t object, const Arrival& last) {
  const Received& received = Of(object);
  // Whoever announces what it replaces makes it be read as well.
  if (bucket_.objects()[object].replaces) return true;
  // Another life knows what is stored, and that for a while.
  if (last.life != life_) return !received.stored || clock_.Now() - *received.stored >= kRemembered;
  // The same life repeats nothing of an object, unless that was complete, and forgotten since.
  return received.distinct_in_life == received.records.size() &&
         clock_.MonotonicNow() - last.at >= kRemembered;
}

std::optional<size_t> ObjectFarEnd::Find(const RecordId& id) {
  if (identities_.empty()) {
    for (size_t i = 0; i < bucket_.objects().size(); ++i) {
      identities_[bucket_.objects()[i].Identity()] = i;
    }
  }
  const auto found = identities_.find(id);
  if (found == identities_.end()) return std::nullopt;
  return found->second;
}

void ObjectFarEnd::Check(const std::string&, const PositionChange& change) {
  for (const SeenRecord& seen : change.seen) {
    const auto object = Find(seen.id);
    if (!object) {
      Violate("an object was stored as delivered that was never announced");
    } else if (bucket_.objects()[*object].poison || !IsDone(*object)) {
      Violate(fmt::format("object {} was stored as delivered, and is not", *object));
    }
  }
}

void ObjectFarEnd::Stored(const std::string&, const PositionChange& change) {
  for (const SeenRecord& seen : change.seen) {
    if (const auto object = Find(seen.id)) Of(*object).stored = seen.time;
  }
}

int ObjectFarEnd::EndLife() {
  ++life_;
  size_t unknown = 0;
  for (const Received& received : received_) {
    if (!received.stored) unknown += received.distinct;
  }
  return static_cast<int>(unknown);
}

bool ObjectFarEnd::IsStored(size_t object) const {
  return object < received_.size() && received_[object].stored.has_value();
}

bool ObjectFarEnd::IsDone(size_t object) const {
  const SimObject& there = bucket_.objects()[object];
  if (there.poison || there.records == 0 || bucket_.IsGone(object)) return true;
  return object < received_.size() && received_[object].distinct == there.records;
}

void ObjectFarEnd::CheckThatAllArrived(int& records) {
  for (size_t i = 0; i < bucket_.objects().size(); ++i) {
    const SimObject& object = bucket_.objects()[i];
    records += static_cast<int>(object.records);
    if (IsDone(i)) continue;
    Violate(fmt::format("of object {} only {} of {} records arrived", i, Of(i).distinct,
                        object.records));
  }
}

}  // namespace collector::sim
