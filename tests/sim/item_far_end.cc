#include "sim/item_far_end.h"

#include <charconv>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace collector::sim {
namespace {

// How long the collector remembers what it has delivered.
constexpr std::chrono::minutes kRemembered{10};

struct Mark {
  size_t item = 0;
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
  const auto item = std::from_chars(&message[begin], &message[dot], mark.item);
  const auto place = std::from_chars(&message[dot + 1], &message[end], mark.place);
  if (item.ptr != &message[dot] || place.ptr != &message[end]) return std::nullopt;
  return mark;
}

}  // namespace

std::string ItemName(size_t item) { return fmt::format("{:04}", item); }

std::string ItemMark(size_t item, size_t place) {
  return fmt::format("#{}.{}#", ItemName(item), place);
}

ItemFarEnd::Received& ItemFarEnd::Of(size_t item) {
  if (received_.size() < items_.count()) {
    received_.resize(items_.count());
    for (size_t i = 0; i < received_.size(); ++i) {
      received_[i].records.resize(items_.RecordsOf(i));
    }
  }
  return received_.at(item);
}

void ItemFarEnd::Arrive(const Record& record, bool again) {
  const auto mark = ReadMark(record.message);
  if (!mark || mark->item >= items_.count() || mark->place >= items_.RecordsOf(mark->item)) {
    return Violate(fmt::format("a record arrived that AWS never had: {:.40}", record.message));
  }
  const auto [item, place] = *mark;
  Received& received = Of(item);
  Arrival& arrival = received.records[place];
  if (++arrival.times == 1) {
    ++received.distinct;
    ArriveFirst(item, place);
  } else {
    ++duplicates_;
    if (IsForgotten(received, arrival)) ++forgotten_;
    if (!again && !IsExplained(item, arrival)) {
      Violate(fmt::format("record {} of item {} arrived once more for no reason", place, item));
    }
  }
  if (std::exchange(received.life, life_) != life_) received.distinct_in_life = 0;
  if (std::exchange(arrival.life, life_) != life_) ++received.distinct_in_life;
  arrival.at = clock_.MonotonicNow();
}

bool ItemFarEnd::IsExplained(size_t item, const Arrival& last) {
  const Received& received = Of(item);
  if (items_.ReplacesAnother(item)) return true;
  // Another life knows what is stored, and that for a while.
  if (last.life != life_) return !received.stored || clock_.Now() - *received.stored >= kRemembered;
  // The same life repeats nothing of an item, unless that was complete, and forgotten since.
  return IsForgotten(received, last);
}

bool ItemFarEnd::IsForgotten(const Received& received, const Arrival& last) const {
  return last.life == life_ && received.distinct_in_life == received.records.size() &&
         clock_.MonotonicNow() - last.at >= kRemembered;
}

std::optional<size_t> ItemFarEnd::Find(const RecordId& id) {
  if (identities_.empty()) {
    for (size_t i = 0; i < items_.count(); ++i) identities_[items_.IdentityOf(i)] = i;
  }
  const auto found = identities_.find(id);
  if (found == identities_.end()) return std::nullopt;
  return found->second;
}

void ItemFarEnd::Check(const std::string&, const PositionChange& change) {
  for (const SeenRecord& seen : change.seen) {
    const auto item = Find(seen.id);
    if (!item) {
      Violate("something was stored as delivered that was never announced");
    } else if (items_.IsPoison(*item) || !IsDone(*item)) {
      Violate(fmt::format("item {} was stored as delivered, and is not", *item));
    }
  }
}

void ItemFarEnd::Stored(const std::string&, const PositionChange& change) {
  for (const SeenRecord& seen : change.seen) {
    if (const auto item = Find(seen.id)) Of(*item).stored = seen.time;
  }
}

int ItemFarEnd::EndLife() {
  ++life_;
  size_t unknown = 0;
  for (const Received& received : received_) {
    if (!received.stored) unknown += received.distinct;
  }
  return static_cast<int>(unknown);
}

bool ItemFarEnd::IsStored(size_t item) const {
  return item < received_.size() && received_[item].stored.has_value();
}

bool ItemFarEnd::IsDone(size_t item) const {
  const size_t records = items_.RecordsOf(item);
  if (items_.IsPoison(item) || records == 0 || items_.IsGone(item)) return true;
  return item < received_.size() && received_[item].distinct == records;
}

void ItemFarEnd::CheckThatAllArrived(int& records) {
  for (size_t i = 0; i < items_.count(); ++i) {
    records += static_cast<int>(items_.RecordsOf(i));
    if (IsDone(i)) continue;
    Violate(fmt::format("of item {} only {} of {} records arrived", i, Of(i).distinct,
                        items_.RecordsOf(i)));
  }
}

}  // namespace collector::sim
