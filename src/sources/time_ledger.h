// TimeLedger: which stretches of time still have to be read of records that AWS keeps by their
// time, and in which order. Pure bookkeeping without I/O: a source asks it what to read next
// (Take), tells it how that went (Complete), and stores what it says is still open (position()).
// Owned by one History and used under its lock.
//
// Records show up late (T-6: in CloudTrail up to 15 minutes), so time is cut into slices, one per
// request period, and a slice is settled only by a visit that began `look_back` after its end and
// whose records were all delivered. Visits before that are for freshness alone: they are made while
// the call budget allows, the most stale first. What is left of a `start_time` or of a time when
// the collector was not running is the backlog: read once, oldest first, in chunks whose length
// follows the density of events, with the calls that the fresh slices leave over.
#ifndef COLLECTOR_SOURCES_TIME_LEDGER_H_
#define COLLECTOR_SOURCES_TIME_LEDGER_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "collect/position_store.h"

namespace collector {

class TimeLedger {
 public:
  struct Options {
    Milliseconds look_back{20 * 60'000};
    Milliseconds period{60'000};
    double calls_per_second = 2.0;  // of the API, for the budget of early visits
    double page_size = 50;          // records, until visits of several pages have shown it
  };

  // One reading of a stretch of time, frozen while it is paged.
  struct Visit {
    uint64_t id = 0;
    TimeRange range;
    Timestamp started;
  };

  explicit TimeLedger(const Options& options);

  // Begins where `position` (a text of position()) ended, or at `begin` when there is none. What
  // lies before `horizon` (90 days back: AWS keeps no more) is given up; returns how much that was.
  // An unreadable position is an error: guessing would lose records or repeat them all.
  Result<Milliseconds> Restore(const std::optional<std::string>& position, Timestamp begin,
                               Timestamp horizon);

  // Once per period: cuts the time since the last call into slices and decides what to visit.
  // Without `early`, slices wait until one visit settles them: what is read before that has to be
  // remembered.
  void Plan(Timestamp now, bool early = true);

  // How late records may show up, when it is learned while they are read; part of the position.
  void set_look_back(Milliseconds look_back) {
    look_back_ = look_back;
    look_back_is_set_ = true;
  }
  Milliseconds look_back() const { return look_back_; }
  bool look_back_is_set() const { return look_back_is_set_; }

  // How many calls there are for early visits, when others share the API.
  void set_calls_per_second(double calls) { calls_per_second_ = calls; }

  // The next stretch to read; none until the next Plan(). `now` becomes the visit's start.
  std::optional<Visit> Take(Timestamp now);

  // The visit was read to its last page and its `records` were delivered (`ok`), or not: then its
  // stretch is wanted again.
  void Complete(uint64_t visit_id, bool ok, uint64_t records, uint64_t pages = 1);

  // The stretches that were settled since the last call; they will not be read again.
  std::vector<TimeRange> TakeSettled();

  // What is still open, as JSON: {"pending":[["2026-11-24T03:00:00Z","..."]],"until":"..."}:
  // everything before `until` is settled except `pending`. A look-back that was set is in it as
  // "look_back", in seconds.
  std::string position() const;

  // True when every stretch before `time` was read at least once, successfully.
  bool ReadUpTo(Timestamp time) const;

  // Everything before it was read at least once, successfully.
  Timestamp read_up_to() const;

  // The backlog: how much of it is not settled, and where its oldest open second is.
  Milliseconds backlog() const;
  std::optional<Timestamp> oldest_pending() const;

 private:
  // In rising order of urgency.
  enum class Want { kNothing, kRevisit, kFirst, kFinal };

  struct Slice {
    TimeRange range;
    Want want = Want::kNothing;
    uint64_t visit = 0;  // the visit under way, 0 for none
    std::optional<Timestamp> last_visit;
    double records = 0;  // as the last visit found them
    bool from_backlog = false;
  };

  void AddTimeUntil(Timestamp now);
  void AddOldTime(const TimeRange& range);
  void JoinVisited();
  void PlanEarlyVisits(Timestamp now);
  void AdaptChunk(const Slice& slice);
  bool IsOld(const Slice& slice, Timestamp now) const;
  bool IsWanted(const Slice& slice) const;
  double PagesOf(const Slice& slice) const;
  size_t BacklogVisits() const;
  std::optional<size_t> MostUrgent() const;
  Visit Begin(size_t first, size_t last, Timestamp now);
  std::optional<Visit> TakeFromBacklog(Timestamp now);
  std::vector<TimeRange> Pending() const;

  const Options options_;
  Milliseconds look_back_;
  bool look_back_is_set_ = false;
  double calls_per_second_;
  bool early_ = true;
  double page_size_;
  std::optional<double> rate_;  // records/s, as the last visit found them
  Timestamp until_{};
  std::vector<TimeRange> backlog_;  // not yet cut into slices; oldest first
  std::deque<Slice> slices_;        // by time; no two overlap
  std::vector<Visit> visits_;       // under way
  std::vector<TimeRange> settled_;
  Milliseconds chunk_;            // how much of the backlog is read at a time
  bool backlog_had_turn_ = true;  // so that the very first visit is to what is fresh
  uint64_t last_visit_id_ = 0;
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_TIME_LEDGER_H_
