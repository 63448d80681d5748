// CatchUp: how a source that works off a backlog tells about it: how far, how fast, when done; and
// whether the account makes more records than the API can give. Owned by a source and used under
// that source's lock.
#ifndef COLLECTOR_SOURCES_CATCH_UP_H_
#define COLLECTOR_SOURCES_CATCH_UP_H_

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "collect/position_store.h"
#include "observe/events.h"

namespace collector {

class CatchUp {
 public:
  // `ceiling`: the records/s that the API gives at most; 0: that is not watched here.
  CatchUp(Events& events, Subject subject, double ceiling);

  // After the position was restored: `backlog` is what lies behind.
  void Begin(Instant now, Milliseconds backlog);

  // So many records were read for the first time.
  void Read(uint64_t records) { records_ += records; }

  // A stretch of time was settled that held about `records`.
  void Settled(Instant now, const TimeRange& range, double records);

  // Logs progress every half a minute while there is a backlog, and its end.
  void Report(Instant now, Milliseconds backlog, std::optional<Timestamp> reached,
              Timestamp target);

 private:
  Events& events_;
  const Subject subject_;
  const double ceiling_;
  bool active_ = false;
  Milliseconds initial_{0};
  Instant began_{};
  Instant reported_{};
  uint64_t records_ = 0;
  // Of the stretches settled lately: how many records and how much time they held.
  double recent_records_ = 0;
  double recent_seconds_ = 0;
  std::optional<Instant> warned_;
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_CATCH_UP_H_
