// AuditRegion: the audit events of one account in one region, read from CloudTrail's LookupEvents.
// It is what the readers of that region share: the ledger of what to read, the memory of ids, and
// the position. Several readers page different stretches of time side by side, because an answer
// can take seconds (T-7); the client's limiter keeps all of them under the API's 2 calls/s.
//
// Owned by its readers (shared_ptr). All public methods may be called from any thread; none holds
// the lock while it calls AWS or an output.
#ifndef COLLECTOR_SOURCES_AUDIT_REGION_H_
#define COLLECTOR_SOURCES_AUDIT_REGION_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/client.h"
#include "aws/cloudtrail/lookup_events.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "collect/batch.h"
#include "collect/inbox.h"
#include "collect/seen_records.h"
#include "collect/source.h"
#include "sources/audit_ledger.h"
#include "sources/catch_up.h"
#include "sources/settings.h"
#include "sources/source_context.h"
#include "sources/tag_template.h"

namespace collector {

class AuditRegion : public std::enable_shared_from_this<AuditRegion> {
 public:
  using Event = aws::cloudtrail::LookupEvents::Event;

  AuditRegion(const SourceContext& context, std::unique_ptr<aws::Client> client,
              const AuditEventsSettings& settings);

  const std::string& name() const { return subject_.text; }
  aws::Client& client() { return *client_; }
  const std::string& event_source() const { return settings_.event_source; }

  // Learns the account and restores the position; true once that is done. Only one reader at a
  // time tries; after a failure the next period does.
  bool Begin(std::stop_token stop);

  // The next stretch to read, if there is one now.
  std::optional<AuditLedger::Visit> Take();

  // A page of a visit: leaves out what was sent before and what is to be dropped, and gives back
  // the rest as batches to submit.
  std::vector<Batch> Absorb(const AuditLedger::Visit& visit, const std::vector<Event>& page);

  Status Submit(Batch batch, std::stop_token stop) {
    return context_.output.Submit(std::move(batch), std::move(stop));
  }

  // All pages of the visit are absorbed, or the visit was broken off by `error`.
  void EndVisit(const AuditLedger::Visit& visit, const Error* error);

  // Commits what outputs have delivered.
  void Settle();

  // When a reader without work should look again, and how the region stands.
  Source::Next Idle();
  Source::Standing standing();

  // `wake` is called when readers that found nothing should look again.
  void AddReader(std::function<void()> wake);

 private:
  // A visit from Take() until its last record is settled.
  struct OpenVisit {
    TimeRange range{};
    size_t unsettled_batches = 0;
    uint64_t records = 0;  // in its stretch, sent before or now
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
  void Commit() REQUIRES(mutex_);
  void ReportProgress() REQUIRES(mutex_);
  Source::Standing StandingLocked() REQUIRES(mutex_);
  std::string TagOf(const Event& event, const std::string& account) const;
  bool IsDropped(std::string_view event_name) const;
  void WakeReaders();

  const SourceContext context_;
  const AuditEventsSettings settings_;
  const Subject subject_;
  const TagTemplate tag_;
  const std::unique_ptr<aws::Client> client_;
  const std::shared_ptr<Inbox<Ticket>> inbox_;
  std::vector<std::function<void()>> wakers_;  // complete before the first poll

  Mutex mutex_;
  enum class Phase { kNew, kBeginning, kRunning } phase_ GUARDED_BY(mutex_) = Phase::kNew;
  std::string account_ GUARDED_BY(mutex_);
  std::string key_ GUARDED_BY(mutex_);
  AuditLedger ledger_ GUARDED_BY(mutex_);
  SeenRecords seen_ GUARDED_BY(mutex_);
  std::map<uint64_t, OpenVisit> open_ GUARDED_BY(mutex_);
  PositionChange change_ GUARDED_BY(mutex_);  // not yet stored
  bool store_failed_ GUARDED_BY(mutex_) = false;
  Instant next_plan_ GUARDED_BY(mutex_){};
  Timestamp first_plan_ GUARDED_BY(mutex_){};  // what there was then is what `--once` waits for
  bool caught_up_ GUARDED_BY(mutex_) = false;  // once is enough: what comes later is not asked for
  bool failing_ GUARDED_BY(mutex_) = false;
  Instant retry_at_ GUARDED_BY(mutex_){};
  CatchUp catch_up_ GUARDED_BY(mutex_);
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_AUDIT_REGION_H_
