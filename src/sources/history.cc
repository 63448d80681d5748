#include "sources/history.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace collector {
namespace {

// How soon a store that failed is tried again, and how soon a reader asks whether another one has
// finished beginning.
constexpr Seconds kRetryPause{1};

// A delay counts twice, for the next may be longer, and is forgotten after one to two of these.
constexpr int kDelayCounts = 2;
constexpr std::chrono::hours kDelayRemembered{12};

bool IsWithin(const TimeRange& range, Timestamp time) {
  return time >= range.from && time < range.to;
}

double Length(const TimeRange& range) {
  return std::chrono::duration<double>(range.to - range.from).count();
}

}  // namespace

History::History(const SourceContext& context, std::shared_ptr<aws::Client> client,
                 const ServiceSettings& service, HistoryOptions options)
    : context_(context),
      client_(std::move(client)),
      service_(service),
      options_(std::move(options)),
      subject_{fmt::format("{} {}{}{}", service.name, client_->region(),
                           options_.name_suffix.empty() ? "" : " ", options_.name_suffix)},
      inbox_(std::make_shared<Inbox<Ticket>>()),
      ledger_(options_.ledger),
      catch_up_(context.events, subject_, options_.most_per_s) {}

void History::AddReader(std::function<void()> wake) { wakers_.push_back(std::move(wake)); }

void History::WakeReaders() {
  for (const auto& wake : wakers_) wake();
}

bool History::Begin(std::stop_token stop) {
  {
    MutexLock lock(mutex_);
    if (phase_ == Phase::kRunning) return true;
    if (phase_ == Phase::kBeginning || context_.clock.MonotonicNow() < retry_at_) return false;
    phase_ = Phase::kBeginning;
  }
  const Result<std::string> account = client_->AccountId(stop);
  bool begun = false;
  {
    MutexLock lock(mutex_);
    const Status restored = account ? Restore(*account) : Propagate(account);
    begun = restored.has_value();
    phase_ = begun ? Phase::kRunning : Phase::kNew;
    if (!begun && restored.error().kind != ErrorKind::kCancelled) Fail(restored.error());
  }
  WakeReaders();
  return begun;
}

// The key names the data, not the configuration, so that renaming a service or an output imports
// nothing again (D-7).
Status History::Restore(const std::string& account) {
  key_ = fmt::format("{}/{}/{}", account, client_->region(), options_.kind);
  if (!context_.input_id.empty()) key_ += "/" + context_.input_id;
  if (!context_.claims.Claim(key_, this)) {
    return collector::Fail(
        ErrorKind::kRejected,
        fmt::format("another input reads {} of account {} in {} already; remove one of them, or "
                    "give the inputs different ids",
                    options_.what, account, client_->region()));
  }
  Result<StoredPosition> stored = context_.positions.Load(key_);
  if (!stored) return Propagate(stored);
  const Timestamp now = client_->Now();
  const bool is_first_start = !stored->position.has_value();
  const Result<Milliseconds> given_up =
      ledger_.Restore(stored->position, service_.start_time.value_or(now), now - options_.kept);
  if (!given_up) {
    return collector::Fail(
        ErrorKind::kRejected,
        fmt::format("{} ({}); restore the state from a backup, or delete that entry of the state "
                    "file to begin anew",
                    given_up.error().message, key_));
  }
  if (*given_up > Milliseconds(0)) context_.events.BeyondRetention(subject_, *given_up);
  if (ledger_.look_back_is_set()) latest_before_ = ledger_.look_back() / kDelayCounts;
  for (const SeenRecord& record : stored->seen) seen_.Insert(record);
  account_ = account;
  first_plan_ = now;
  ledger_.Plan(now);
  const Instant monotonic = context_.clock.MonotonicNow();
  next_plan_ = monotonic + service_.request_period;
  observed_since_ = monotonic;
  if (options_.tells_catch_up) catch_up_.Begin(monotonic, ledger_.backlog());
  failing_ = false;
  // A restart before the first record is delivered must begin here again, not at its own "now".
  if (is_first_start) change_.position = ledger_.position();
  Commit();
  return {};
}

std::optional<TimeLedger::Visit> History::Take() {
  MutexLock lock(mutex_);
  const Instant now = context_.clock.MonotonicNow();
  // While the store fails nothing is read: the memory of what it does not hold stays bounded.
  if (store_failed_ || now < retry_at_) return std::nullopt;
  if (now >= next_plan_) Plan(now);
  ReportProgress();
  auto visit = ledger_.Take(client_->Now());
  if (visit) open_[visit->id].range = visit->range;
  return visit;
}

void History::Plan(Instant now) {
  const bool calls_are_short = now - next_plan_ > service_.request_period;
  const bool calls_abound = now - next_plan_ < service_.request_period / 4;
  if (new_since_plan_ > 0) {
    quiet_periods_ = 1;
  } else if (calls_are_short) {
    quiet_periods_ = std::min(2 * quiet_periods_, options_.most_quiet_periods);
  } else if (calls_abound) {
    quiet_periods_ = std::max(quiet_periods_ / 2, 1);
  }
  new_since_plan_ = 0;
  if (options_.calls_per_second) ledger_.set_calls_per_second(options_.calls_per_second());
  ledger_.Plan(client_->Now(), seen_.size() < options_.most_remembered);
  next_plan_ = now + quiet_periods_ * service_.request_period;
}

std::vector<History::New> History::TakeNew(const TimeLedger::Visit& visit,
                                           std::span<const SeenRecord> page) {
  std::vector<New> fresh;
  MutexLock lock(mutex_);
  if (failing_) {
    failing_ = false;
    context_.events.PullWorksAgain(subject_);
  }
  OpenVisit& open = open_[visit.id];
  open.records += page.size();
  ++open.pages;
  for (size_t i = 0; i < page.size(); ++i) {
    // Kept under a time of the stretch in any case, so that it is forgotten with it.
    const SeenRecord record{
        page[i].id, std::clamp(page[i].time, visit.range.from, visit.range.to - Milliseconds(1))};
    if (seen_.Insert(record)) {
      fresh.push_back({i, record});
    } else {
      ++context_.events.counts().duplicates_dropped;
    }
  }
  context_.events.counts().records_read += fresh.size();
  catch_up_.Read(fresh.size());
  new_since_plan_ += fresh.size();
  return fresh;
}

Ack History::Hand(const TimeLedger::Visit& visit, std::vector<SeenRecord> records) {
  {
    MutexLock lock(mutex_);
    ++open_[visit.id].unsettled_batches;
  }
  return Ack::Create([ticket = Ticket{visit.id, std::move(records)}, inbox = inbox_,
                      history = weak_from_this()](Outcome outcome) mutable {
    ticket.outcome = outcome;
    inbox->Put(std::move(ticket));
    if (const auto alive = history.lock()) alive->WakeReaders();
  });
}

std::string History::account() const {
  MutexLock lock(mutex_);
  return account_;
}

void History::EndVisit(const TimeLedger::Visit& visit, bool complete) {
  bool is_last = false;
  {
    MutexLock lock(mutex_);
    OpenVisit& open = open_[visit.id];
    open.read = true;
    if (!complete) open.failed = true;
    CloseIfDone(visit.id);
    Commit();
    is_last = StandingLocked() != Source::Standing::kBusy;
  }
  // The readers without work have to learn that the region is done.
  if (is_last) WakeReaders();
}

void History::GiveUp(const Error& error) {
  MutexLock lock(mutex_);
  if (error.kind != ErrorKind::kCancelled) Fail(error);
}

void History::Observe(Milliseconds delay) {
  MutexLock lock(mutex_);
  if (options_.least_look_back == Milliseconds(0)) return;
  const Instant now = context_.clock.MonotonicNow();
  if (now - observed_since_ > kDelayRemembered) {
    observed_since_ = now;
    latest_before_ = std::exchange(latest_today_, Milliseconds(0));
  }
  latest_today_ = std::max(latest_today_, delay);
  const Milliseconds wanted = kDelayCounts * std::max(latest_today_, latest_before_);
  ledger_.set_look_back(std::clamp(wanted, options_.least_look_back, options_.ledger.look_back));
}

bool History::ObservationIsDue() {
  MutexLock lock(mutex_);
  const Instant now = context_.clock.MonotonicNow();
  if (options_.least_look_back == Milliseconds(0) || now < next_observation_) return false;
  next_observation_ = now + kDelayRemembered;
  return true;
}

void History::ExpectNew() {
  {
    MutexLock lock(mutex_);
    quiet_periods_ = 1;
    next_plan_ = std::min(next_plan_, context_.clock.MonotonicNow());
  }
  WakeReaders();
}

bool History::Abandon() {
  MutexLock lock(mutex_);
  if (!open_.empty()) return false;
  // Nothing is lost by a failure: the entry stays, and is used if the records come back.
  (void)context_.positions.Remove(key_);
  context_.claims.Release(key_);
  context_.events.SourceGone(subject_);
  return true;
}

std::optional<Timestamp> History::read_up_to() const {
  MutexLock lock(mutex_);
  if (phase_ != Phase::kRunning) return std::nullopt;
  return ledger_.read_up_to();
}

// A pull is given up until the next period; the other readers will meet the same error, so it is
// said once.
void History::Fail(const Error& error) {
  const Instant now = context_.clock.MonotonicNow();
  if (now >= retry_at_) {
    context_.events.PullGivenUp(subject_, error, service_.request_period);
  }
  retry_at_ = now + service_.request_period;
  failing_ = true;
}

void History::CloseIfDone(uint64_t id) {
  const auto found = open_.find(id);
  if (found == open_.end() || !found->second.read || found->second.unsettled_batches > 0) return;
  const OpenVisit visit = found->second;
  open_.erase(found);
  ledger_.Complete(id, !visit.failed, visit.records, visit.pages);
  const double density = static_cast<double>(visit.records) / Length(visit.range);
  for (const TimeRange& range : ledger_.TakeSettled()) {
    catch_up_.Settled(context_.clock.MonotonicNow(), range, density * Length(range));
    seen_.Forget(range);
    change_.forget.push_back(range);
    change_.position = ledger_.position();
  }
}

void History::Settle() {
  MutexLock lock(mutex_);
  for (Ticket& ticket : inbox_->TakeAll()) {
    OpenVisit& visit = open_[ticket.visit];
    --visit.unsettled_batches;
    if (ticket.outcome == Outcome::kDelivered) {
      context_.events.counts().records_delivered += ticket.records.size();
      change_.seen.insert(change_.seen.end(), ticket.records.begin(), ticket.records.end());
    } else {
      visit.failed = true;
      for (const SeenRecord& record : ticket.records) seen_.Erase(record.id);
    }
    CloseIfDone(ticket.visit);
  }
  Commit();
}

void History::Commit() {
  if (!change_.position && change_.seen.empty()) return;
  // Ids of a stretch that is settled by this very change need not be stored.
  const std::vector<TimeRange>& settled = change_.forget;
  std::erase_if(change_.seen, [&settled](const SeenRecord& record) {
    return std::any_of(settled.begin(), settled.end(),
                       [&record](const TimeRange& range) { return IsWithin(range, record.time); });
  });
  Status stored = context_.positions.Commit(key_, change_);
  if (!stored) {
    if (!store_failed_) context_.events.PositionNotStored(subject_, stored.error());
    store_failed_ = true;
    return;
  }
  if (store_failed_) context_.events.PullWorksAgain(subject_);
  store_failed_ = false;
  change_ = {};
}

void History::ReportProgress() {
  catch_up_.Report(context_.clock.MonotonicNow(), ledger_.backlog(), ledger_.oldest_pending(),
                   client_->Now());
}

Source::Standing History::standing() {
  MutexLock lock(mutex_);
  return StandingLocked();
}

Source::Standing History::StandingLocked() {
  if (caught_up_) return Source::Standing::kCaughtUp;
  if (failing_ || store_failed_) return Source::Standing::kFailed;
  // A stretch counts as read when its records are delivered too; the commit follows at once.
  caught_up_ = phase_ == Phase::kRunning && ledger_.ReadUpTo(first_plan_);
  return caught_up_ ? Source::Standing::kCaughtUp : Source::Standing::kBusy;
}

Source::Next History::Idle() {
  MutexLock lock(mutex_);
  const Instant now = context_.clock.MonotonicNow();
  Instant due = std::max(next_plan_, retry_at_);
  if (phase_ != Phase::kRunning) due = std::max(retry_at_, now + kRetryPause);
  if (store_failed_) due = now + kRetryPause;
  return {std::max(due, now), StandingLocked()};
}

}  // namespace collector
