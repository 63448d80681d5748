// History: records that AWS keeps by their time and shows late, such as the audit events of a
// region: which stretches are still to be read, what was handed over, and the position. Its readers
// share it: each reads a stretch (Take), asks what of a page is new (TakeNew), hands that over with
// a share of Hand()'s Ack, and says when the stretch is read (EndVisit).
//
// Owned by its readers (shared_ptr). All public methods may be called from any thread; none holds
// the lock while it calls AWS or an output.
#ifndef COLLECTOR_SOURCES_HISTORY_H_
#define COLLECTOR_SOURCES_HISTORY_H_

#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "aws/client.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "collect/ack.h"
#include "collect/inbox.h"
#include "collect/seen_records.h"
#include "collect/source.h"
#include "sources/catch_up.h"
#include "sources/settings.h"
#include "sources/source_context.h"
#include "sources/time_ledger.h"

namespace collector {

struct HistoryOptions {
  std::string kind;       // of the position's key: "audit_events"
  std::string what;       // for errors: "the audit events"
  Milliseconds kept{0};   // for how long AWS keeps the records
  double most_per_s = 0;  // records/s that the API gives at most; 0: others watch that
  TimeLedger::Options ledger;
  std::string name_suffix = {};  // where a service has several in a region
  // One of many that share the API's calls: when these are short and it has nothing new it is asked
  // only once in so many periods.
  int most_quiet_periods = 1;
  bool tells_catch_up = true;                     // in log lines, which would be too many of many
  std::function<double()> calls_per_second = {};  // its share of the API's, if that changes
  // Not more ids than these are remembered: then stretches wait until one visit settles them.
  size_t most_remembered = std::numeric_limits<size_t>::max();
  // Above 0: ledger.look_back is only for as long as nothing is known; then it is as long as
  // Observe() says, but not shorter than this, nor longer than that was.
  Milliseconds least_look_back{0};
};

class History : public std::enable_shared_from_this<History> {
 public:
  // What of a page was not met before: where in the page it is, and under which time it is kept.
  struct New {
    size_t index;
    SeenRecord record;
  };

  History(const SourceContext& context, std::shared_ptr<aws::Client> client,
          const ServiceSettings& service, HistoryOptions options);

  const std::string& name() const { return subject_.text; }

  // Learns the account and restores the position; true once that is done. Only one reader at a
  // time tries; after a failure the next period does.
  bool Begin(std::stop_token stop);

  // The account of the client's credentials; known once Begin() has been true.
  std::string account() const;

  // The next stretch to read, if there is one now.
  std::optional<TimeLedger::Visit> Take();

  // The records of a page, all of the visit's stretch: those that are new, which are remembered.
  std::vector<New> TakeNew(const TimeLedger::Visit& visit, std::span<const SeenRecord> page);

  // For records of TakeNew() that go to the outputs: one unsettled share of their visit. To be
  // resolved as delivered when each batch has a share of its own.
  Ack Hand(const TimeLedger::Visit& visit, std::vector<SeenRecord> records);

  // All pages of the visit were read, or it was broken off (not `complete`).
  void EndVisit(const TimeLedger::Visit& visit, bool complete);

  // A pull failed; called before its visit, if there is one, is ended.
  void GiveUp(const Error& error);

  // So much later than its time the latest of a page's records was there.
  void Observe(Milliseconds delay);

  // Whether a look at records that are long there should tell how late they came. True once, and
  // again some hours later.
  bool ObservationIsDue();

  // There are new records: readers need not wait for the period's end.
  void ExpectNew();

  // AWS has the records no more. True when all that was handed over is settled, and the position is
  // forgotten.
  bool Abandon();

  // Commits what outputs have delivered.
  void Settle();

  // When a reader without work should look again, and how the history stands.
  Source::Next Idle();
  Source::Standing standing();
  std::optional<Timestamp> read_up_to() const;

  // `wake` is called when readers that found nothing should look again. Before the first poll.
  void AddReader(std::function<void()> wake);

 private:
  // A visit from Take() until its last record is settled.
  struct OpenVisit {
    TimeRange range{};
    size_t unsettled_batches = 0;
    uint64_t records = 0;  // in its stretch, sent before or now
    uint64_t pages = 0;
    bool read = false;
    bool failed = false;
  };
  // What one page handed over, until the outputs have settled it.
  struct Ticket {
    uint64_t visit;
    std::vector<SeenRecord> records;
    Outcome outcome = Outcome::kFailed;
  };

  Status Restore(const std::string& account) REQUIRES(mutex_);
  void Fail(const Error& error) REQUIRES(mutex_);
  void CloseIfDone(uint64_t visit) REQUIRES(mutex_);
  void Plan(Instant now) REQUIRES(mutex_);
  void Commit() REQUIRES(mutex_);
  void ReportProgress() REQUIRES(mutex_);
  Source::Standing StandingLocked() REQUIRES(mutex_);
  void WakeReaders();

  const SourceContext context_;
  const std::shared_ptr<aws::Client> client_;
  const ServiceSettings service_;
  const HistoryOptions options_;
  const Subject subject_;
  const std::shared_ptr<Inbox<Ticket>> inbox_;
  std::vector<std::function<void()>> wakers_;  // complete before the first poll

  mutable Mutex mutex_;
  enum class Phase { kNew, kBeginning, kRunning } phase_ GUARDED_BY(mutex_) = Phase::kNew;
  std::string account_ GUARDED_BY(mutex_);
  std::string key_ GUARDED_BY(mutex_);
  TimeLedger ledger_ GUARDED_BY(mutex_);
  SeenRecords seen_ GUARDED_BY(mutex_);
  std::map<uint64_t, OpenVisit> open_ GUARDED_BY(mutex_);
  PositionChange change_ GUARDED_BY(mutex_);  // not yet stored
  bool store_failed_ GUARDED_BY(mutex_) = false;
  Instant next_plan_ GUARDED_BY(mutex_){};
  int quiet_periods_ GUARDED_BY(mutex_) = 1;         // between two plans
  uint64_t new_since_plan_ GUARDED_BY(mutex_) = 0;   // records
  Milliseconds latest_today_ GUARDED_BY(mutex_){0};  // the longest delay of the last hours
  Milliseconds latest_before_ GUARDED_BY(mutex_){0};
  Instant observed_since_ GUARDED_BY(mutex_){};
  Instant next_observation_ GUARDED_BY(mutex_) = Instant::min();
  Timestamp first_plan_ GUARDED_BY(mutex_){};  // what there was then is what `--once` waits for
  bool caught_up_ GUARDED_BY(mutex_) = false;  // once is enough: what comes later is not asked for
  bool failing_ GUARDED_BY(mutex_) = false;
  Instant retry_at_ GUARDED_BY(mutex_){};
  CatchUp catch_up_ GUARDED_BY(mutex_);
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_HISTORY_H_
