#include "sources/catch_up.h"

#include <cmath>
#include <utility>

namespace collector {
namespace {

// A shorter backlog is worked off before anybody has read the line.
constexpr Milliseconds kWorthTelling = std::chrono::minutes(5);
constexpr Seconds kReportInterval{30};

// The rate is judged over this much of the account's time, so that one busy minute is no alarm.
constexpr double kRateWindowSeconds = 15 * 60;
constexpr std::chrono::hours kWarningInterval{1};

double InSeconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

CatchUp::CatchUp(Events& events, Subject subject, double ceiling)
    : events_(events), subject_(std::move(subject)), ceiling_(ceiling) {}

void CatchUp::Begin(Instant now, Milliseconds backlog) {
  active_ = backlog >= kWorthTelling;
  initial_ = backlog;
  began_ = now;
  reported_ = now;
  records_ = 0;
}

void CatchUp::Settled(Instant now, const TimeRange& range, double records) {
  if (ceiling_ <= 0) return;
  const double seconds = InSeconds(range.to - range.from);
  const double keep = std::exp(-seconds / kRateWindowSeconds);
  recent_records_ = recent_records_ * keep + records;
  recent_seconds_ = recent_seconds_ * keep + seconds;
  if (recent_seconds_ < kRateWindowSeconds / 2) return;
  const double rate = recent_records_ / recent_seconds_;
  if (rate < ceiling_ * 0.9 || (warned_ && now - *warned_ < kWarningInterval)) return;
  warned_ = now;
  events_.TooBusyForLookup(subject_, rate, ceiling_);
}

void CatchUp::Report(Instant now, Milliseconds backlog, std::optional<Timestamp> reached,
                     Timestamp target) {
  if (!active_) return;
  const double took = InSeconds(now - began_);
  if (backlog == Milliseconds(0)) {
    active_ = false;
    events_.CatchUpDone(subject_, records_, now - began_);
    return;
  }
  if (now - reported_ < kReportInterval || !reached) return;
  reported_ = now;
  std::optional<std::chrono::nanoseconds> remaining;
  const double speed = InSeconds(initial_ - backlog) / took;  // of the account's time, a second
  if (speed > 0) {
    remaining = std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>(InSeconds(backlog) / speed));
  }
  events_.CatchUpProgress(subject_, *reached, target, static_cast<double>(records_) / took,
                          remaining);
}

}  // namespace collector
