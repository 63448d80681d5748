#include "sources/time_ledger.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/time_text.h"

namespace collector {
namespace {

// A visit is meant to take about this many pages: long enough to be worth a call, short enough
// that several are read side by side (T-7) and that a broken one costs little.
constexpr double kPagesPerVisit = 10;

// The share of the API's calls that early visits may take: the quota is shared with everybody else
// who looks at the event history of the account, the console included.
constexpr double kEarlyVisitsShare = 0.2;

// So little can be read again by a call that is made anyway.
constexpr double kPagesForNothing = 0.5;

// So many visits of the backlog at a time leave readers for what is fresh.
constexpr size_t kMaxBacklogVisits = 6;

constexpr int kSlicesPerLookBack = 30;

constexpr Milliseconds kFirstChunk = std::chrono::minutes(15);
constexpr Milliseconds kLongestChunk = std::chrono::hours(24);

double InSeconds(Milliseconds duration) { return std::chrono::duration<double>(duration).count(); }

Timestamp FloorToSecond(Timestamp time) { return std::chrono::floor<Seconds>(time); }

void AddRange(std::vector<TimeRange>& ranges, const TimeRange& range) {
  if (range.from >= range.to) return;
  if (!ranges.empty() && ranges.back().to == range.from) {
    ranges.back().to = range.to;
  } else {
    ranges.push_back(range);
  }
}

Result<TimeRange> ReadRange(const nlohmann::json& pair) {
  const auto from = ParseTime(pair.at(0).get<std::string>());
  const auto to = ParseTime(pair.at(1).get<std::string>());
  if (!from || !to || *from > *to) return Fail(ErrorKind::kRejected, "not a range of time");
  return TimeRange{*from, *to};
}

}  // namespace

TimeLedger::TimeLedger(const Options& options)
    : options_(options),
      look_back_(options.look_back),
      calls_per_second_(options.calls_per_second),
      page_size_(options.page_size),
      chunk_(std::max(kFirstChunk, options.period)) {}

Result<Milliseconds> TimeLedger::Restore(const std::optional<std::string>& position,
                                         Timestamp begin, Timestamp horizon) {
  until_ = FloorToSecond(begin);
  std::vector<TimeRange> pending;
  if (position) {
    try {
      const auto json = nlohmann::json::parse(*position);
      const auto until = ParseTime(json.at("until").get<std::string>());
      if (!until) return Fail(ErrorKind::kRejected, "the stored position has no end");
      until_ = *until;
      if (const auto learned = json.find("look_back"); learned != json.end()) {
        set_look_back(Seconds(learned->get<int64_t>()));
      }
      for (const auto& pair : json.at("pending")) {
        const Result<TimeRange> range = ReadRange(pair);
        if (!range) return Propagate(range);
        pending.push_back(*range);
      }
    } catch (const nlohmann::json::exception& e) {
      return Fail(ErrorKind::kRejected,
                  fmt::format("the stored position is damaged: {}", e.what()));
    }
  }
  std::sort(pending.begin(), pending.end(),
            [](const TimeRange& a, const TimeRange& b) { return a.from < b.from; });
  Milliseconds given_up{0};
  for (TimeRange& range : pending) {
    const Timestamp from = std::max(range.from, std::min(FloorToSecond(horizon), range.to));
    given_up += from - range.from;
    AddRange(backlog_, {from, range.to});
  }
  if (until_ < horizon) {
    given_up += FloorToSecond(horizon) - until_;
    until_ = FloorToSecond(horizon);
  }
  return given_up;
}

void TimeLedger::Plan(Timestamp now, bool early) {
  early_ = early;
  AddTimeUntil(FloorToSecond(now));
  for (Slice& slice : slices_) {
    if (slice.want == Want::kRevisit) slice.want = Want::kNothing;  // decided anew below
    if (IsOld(slice, now)) slice.want = Want::kFinal;
  }
  if (early) PlanEarlyVisits(now);
}

// What is older than the look-back need not be kept fresh: one visit will settle it. Where little
// is expected, that is the same visit that reads what is fresh: a source that has long waited for
// its turn then needs one call.
void TimeLedger::AddOldTime(const TimeRange& range) {
  const double records = rate_.value_or(0) * InSeconds(range.to - range.from);
  if (!rate_ || records > kPagesPerVisit * page_size_) return AddRange(backlog_, range);
  Slice slice;
  slice.range = range;
  slice.want = Want::kFinal;
  slice.records = records;
  slices_.push_back(slice);
}

void TimeLedger::AddTimeUntil(Timestamp now) {
  const Timestamp old = FloorToSecond(now - look_back_);
  if (until_ < old) {
    AddOldTime({until_, old});
    until_ = old;
  }
  // Restored stretches that are not old yet become slices like any other; they lie before until_,
  // so slices_ stays in order.
  std::vector<TimeRange> fresh;
  for (TimeRange& range : backlog_) {
    const TimeRange young{std::max(range.from, old), range.to};
    if (young.from >= young.to) continue;
    range.to = young.from;
    fresh.push_back(young);
  }
  std::erase_if(backlog_, [](const TimeRange& range) { return range.from >= range.to; });
  fresh.push_back({until_, std::max(until_, now)});
  until_ = std::max(until_, now);
  const Milliseconds step =
      std::max<Milliseconds>(std::chrono::floor<Seconds>(options_.period), Seconds(1));
  for (const TimeRange& range : fresh) {
    for (Timestamp from = range.from; from < range.to; from += step) {
      Slice slice;
      slice.range = {from, std::min(from + step, range.to)};
      slice.want = Want::kFirst;
      slices_.push_back(slice);
    }
  }
}

// Chooses the slices to read again before they are old: those whose last visit is longest ago,
// measured by their age, because late events come soon rather than late. A quiet account has all
// of them read each period, which is one call.
void TimeLedger::PlanEarlyVisits(Timestamp now) {
  const double period = InSeconds(options_.period);
  double budget = calls_per_second_ * period * kEarlyVisitsShare;
  std::vector<std::pair<double, Slice*>> candidates;
  double pages = 0;
  for (Slice& slice : slices_) {
    if (slice.want != Want::kNothing || slice.visit != 0 || !slice.last_visit) continue;
    const double stale = InSeconds(now - *slice.last_visit);
    const double age = InSeconds(now - slice.range.to);
    candidates.emplace_back(stale / (std::max(age, 0.0) + period), &slice);
    pages += PagesOf(slice);
  }
  // All of them fit into the call that reads what is new.
  if (pages <= kPagesForNothing) budget = std::numeric_limits<double>::infinity();
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (const auto& [urgency, slice] : candidates) {
    if (budget <= 0) return;
    slice->want = Want::kRevisit;
    // Neighbours share a call, so an empty slice costs little.
    budget -= PagesOf(*slice) + 0.1;
  }
}

std::optional<TimeLedger::Visit> TimeLedger::Take(Timestamp now) {
  const std::optional<size_t> urgent = MostUrgent();
  // The backlog goes before visits that are only for freshness, and takes turns with the others:
  // with a short period those alone could use up the calls.
  const bool is_urgent = urgent && slices_[*urgent].want != Want::kRevisit;
  if (!(is_urgent && backlog_had_turn_) && BacklogVisits() < kMaxBacklogVisits) {
    if (auto visit = TakeFromBacklog(now)) {
      backlog_had_turn_ = true;
      return visit;
    }
  }
  backlog_had_turn_ = false;
  if (!urgent) return std::nullopt;
  size_t first = *urgent;
  size_t last = *urgent;
  double pages = PagesOf(slices_[first]);
  const auto joins = [this, &pages](size_t neighbour, bool adjacent) {
    const Slice& slice = slices_[neighbour];
    if (!adjacent || !IsWanted(slice)) return false;
    if (pages + PagesOf(slice) > kPagesPerVisit) return false;
    pages += PagesOf(slice);
    return true;
  };
  const auto touches = [this](size_t left) {
    return slices_[left].range.to == slices_[left + 1].range.from;
  };
  while (first > 0 && joins(first - 1, touches(first - 1))) --first;
  while (last + 1 < slices_.size() && joins(last + 1, touches(last))) ++last;
  return Begin(first, last, now);
}

size_t TimeLedger::BacklogVisits() const {
  return static_cast<size_t>(std::count_if(slices_.begin(), slices_.end(), [](const Slice& slice) {
    return slice.from_backlog && slice.visit != 0;
  }));
}

std::optional<size_t> TimeLedger::MostUrgent() const {
  std::optional<size_t> best;
  for (size_t i = 0; i < slices_.size(); ++i) {
    const Slice& slice = slices_[i];
    if (!IsWanted(slice)) continue;
    // Of equals the oldest when it is final, so that the position moves; else the newest.
    const bool better = !best || slice.want > slices_[*best].want ||
                        (slice.want == slices_[*best].want && slice.want != Want::kFinal);
    if (better) best = i;
  }
  return best;
}

bool TimeLedger::IsWanted(const Slice& slice) const {
  return slice.want > (early_ ? Want::kNothing : Want::kFirst) && slice.visit == 0;
}

TimeLedger::Visit TimeLedger::Begin(size_t first, size_t last, Timestamp now) {
  const uint64_t id = ++last_visit_id_;
  for (size_t i = first; i <= last; ++i) slices_[i].visit = id;
  visits_.push_back({id, {slices_[first].range.from, slices_[last].range.to}, now});
  return visits_.back();
}

std::optional<TimeLedger::Visit> TimeLedger::TakeFromBacklog(Timestamp now) {
  if (backlog_.empty()) return std::nullopt;
  TimeRange& oldest = backlog_.front();
  Slice slice;
  slice.range = {oldest.from, std::min(oldest.from + chunk_, oldest.to)};
  slice.want = Want::kFinal;
  slice.from_backlog = true;
  oldest.from = slice.range.to;
  if (oldest.from >= oldest.to) backlog_.erase(backlog_.begin());
  const auto at = std::find_if(slices_.begin(), slices_.end(), [&slice](const Slice& other) {
    return other.range.from >= slice.range.to;
  });
  const auto index = static_cast<size_t>(at - slices_.begin());
  slices_.insert(at, slice);
  return Begin(index, index, now);
}

void TimeLedger::Complete(uint64_t visit_id, bool ok, uint64_t records, uint64_t pages) {
  const auto open = std::find_if(visits_.begin(), visits_.end(),
                                 [visit_id](const Visit& visit) { return visit.id == visit_id; });
  if (open == visits_.end()) return;
  const Visit visit = *open;
  visits_.erase(open);
  const double length = InSeconds(visit.range.to - visit.range.from);
  if (ok) {
    rate_ = static_cast<double>(records) / length;
    // What one page held says nothing of how many it could have held, and of several one may have
    // been the rest, or empty.
    if (pages > 2) {
      page_size_ = std::max(1.0, static_cast<double>(records) / static_cast<double>(pages - 1));
    }
  }
  for (Slice& slice : slices_) {
    if (slice.visit != visit_id) continue;
    slice.visit = 0;
    if (!ok) continue;  // still wanted
    slice.want = Want::kNothing;
    slice.last_visit = visit.started;
    slice.records =
        static_cast<double>(records) * InSeconds(slice.range.to - slice.range.from) / length;
    if (slice.from_backlog) AdaptChunk(slice);
    if (IsOld(slice, visit.started)) settled_.push_back(slice.range);
  }
  std::erase_if(slices_, [this](const Slice& slice) {
    return std::find(settled_.begin(), settled_.end(), slice.range) != settled_.end();
  });
  JoinVisited();
}

// Neighbours that were read by the same visit are one slice from then on, as long as it stays short
// beside the look-back: a long look-back with a short period would be thousands of them.
void TimeLedger::JoinVisited() {
  const Milliseconds longest = look_back_ / kSlicesPerLookBack;
  std::deque<Slice> joined;
  for (Slice& slice : slices_) {
    const bool joins = !joined.empty() && slice.last_visit &&
                       joined.back().last_visit == slice.last_visit &&
                       joined.back().want == Want::kNothing && slice.want == Want::kNothing &&
                       joined.back().visit == 0 && slice.visit == 0 &&
                       joined.back().range.to == slice.range.from &&
                       slice.range.to - joined.back().range.from <= longest;
    if (joins) {
      joined.back().range.to = slice.range.to;
      joined.back().records += slice.records;
    } else {
      joined.push_back(slice);
    }
  }
  if (joined.size() < slices_.size()) slices_ = std::move(joined);
}

void TimeLedger::AdaptChunk(const Slice& slice) {
  const double pages = std::max(PagesOf(slice), 1.0);
  const double factor = std::clamp(kPagesPerVisit / pages, 0.25, 2.0);
  const auto length = std::chrono::duration<double, std::milli>(slice.range.to - slice.range.from);
  chunk_ = std::clamp<Milliseconds>(
      std::chrono::floor<Seconds>(std::chrono::duration_cast<Milliseconds>(length * factor)),
      Seconds(1), kLongestChunk);
}

bool TimeLedger::IsOld(const Slice& slice, Timestamp now) const {
  return now >= slice.range.to + look_back_;
}

double TimeLedger::PagesOf(const Slice& slice) const { return slice.records / page_size_; }

std::vector<TimeRange> TimeLedger::TakeSettled() { return std::exchange(settled_, {}); }

std::vector<TimeRange> TimeLedger::Pending() const {
  std::vector<TimeRange> open = backlog_;
  for (const Slice& slice : slices_) open.push_back(slice.range);
  std::sort(open.begin(), open.end(),
            [](const TimeRange& a, const TimeRange& b) { return a.from < b.from; });
  std::vector<TimeRange> merged;
  for (const TimeRange& range : open) AddRange(merged, range);
  return merged;
}

std::string TimeLedger::position() const {
  auto pending = nlohmann::json::array();
  for (const TimeRange& range : Pending()) {
    pending.push_back({FormatRfc3339(range.from), FormatRfc3339(range.to)});
  }
  nlohmann::json json{{"pending", pending}, {"until", FormatRfc3339(until_)}};
  if (look_back_is_set_) {
    json["look_back"] = std::chrono::ceil<Seconds>(look_back_).count();
  }
  return json.dump();
}

Timestamp TimeLedger::read_up_to() const {
  Timestamp first = backlog_.empty() ? until_ : backlog_.front().from;
  for (const Slice& slice : slices_) {
    if (!slice.last_visit) first = std::min(first, slice.range.from);
  }
  return first;
}

bool TimeLedger::ReadUpTo(Timestamp time) const {
  if (until_ < FloorToSecond(time) || !backlog_.empty()) return false;
  return std::none_of(slices_.begin(), slices_.end(), [time](const Slice& slice) {
    return slice.range.from < time && !slice.last_visit;
  });
}

Milliseconds TimeLedger::backlog() const {
  Milliseconds total{0};
  for (const TimeRange& range : backlog_) total += range.to - range.from;
  for (const Slice& slice : slices_) {
    if (slice.from_backlog) total += slice.range.to - slice.range.from;
  }
  return total;
}

std::optional<Timestamp> TimeLedger::oldest_pending() const {
  const std::vector<TimeRange> pending = Pending();
  if (pending.empty()) return std::nullopt;
  return pending.front().from;
}

}  // namespace collector
