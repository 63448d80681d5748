#include "sources/audit_region.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sources/audit_event.h"

namespace collector {
namespace {

// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
constexpr int kPageSize = 50;
constexpr double kCallsPerSecond = aws::cloudtrail::LookupEvents::kInfo.calls_per_second;

constexpr char kDefaultTag[] = "cloud.aws.cloudtrail.events.{account}.{region}";

// How soon a store that failed is tried again, and how soon a reader asks whether another one has
// finished beginning.
constexpr Seconds kRetryPause{1};

AuditLedger::Options LedgerOptions(const AuditEventsSettings& settings) {
  return {settings.look_back, settings.service.request_period, kCallsPerSecond, kPageSize};
}

bool IsWithin(const TimeRange& range, Timestamp time) {
  return time >= range.from && time < range.to;
}

double Length(const TimeRange& range) {
  return std::chrono::duration<double>(range.to - range.from).count();
}

}  // namespace

AuditRegion::AuditRegion(const SourceContext& context, std::unique_ptr<aws::Client> client,
                         const AuditEventsSettings& settings)
    : context_(context),
      settings_(settings),
      subject_{fmt::format("{} {}", settings.service.name, client->region())},
      tag_(settings.service.tag.empty() ? kDefaultTag : settings.service.tag),
      client_(std::move(client)),
      inbox_(std::make_shared<Inbox<Ticket>>()),
      ledger_(LedgerOptions(settings)),
      catch_up_(context.events, subject_, kCallsPerSecond * kPageSize) {}

void AuditRegion::AddReader(std::function<void()> wake) { wakers_.push_back(std::move(wake)); }

void AuditRegion::WakeReaders() {
  for (const auto& wake : wakers_) wake();
}

bool AuditRegion::Begin(std::stop_token stop) {
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
Status AuditRegion::Restore(const std::string& account) {
  const std::string& source = settings_.event_source;
  key_ = fmt::format("{}/{}/audit_events", account, client_->region());
  if (!source.empty()) key_ += ":" + source;
  if (!context_.input_id.empty()) key_ += "/" + context_.input_id;
  if (!context_.claims.Claim(key_, this)) {
    return collector::Fail(
        ErrorKind::kRejected,
        fmt::format("another input reads the audit events {}of account {} in {} already; remove "
                    "one of them, or give the inputs different ids",
                    source.empty() ? "" : fmt::format("({}) ", source), account,
                    client_->region()));
  }
  Result<StoredPosition> stored = context_.positions.Load(key_);
  if (!stored) return Propagate(stored);
  const Timestamp now = client_->Now();
  const bool is_first_start = !stored->position.has_value();
  const Result<Milliseconds> given_up = ledger_.Restore(
      stored->position, settings_.service.start_time.value_or(now), now - kAuditEventsKept);
  if (!given_up) {
    return collector::Fail(
        ErrorKind::kRejected,
        fmt::format("{} ({}); restore the state from a backup, or delete that entry of the state "
                    "file to begin anew",
                    given_up.error().message, key_));
  }
  if (*given_up > Milliseconds(0)) context_.events.BeyondRetention(subject_, *given_up);
  for (const SeenRecord& record : stored->seen) seen_.Insert(record);
  account_ = account;
  first_plan_ = now;
  ledger_.Plan(now);
  const Instant monotonic = context_.clock.MonotonicNow();
  next_plan_ = monotonic + settings_.service.request_period;
  catch_up_.Begin(monotonic, ledger_.backlog());
  failing_ = false;
  // A restart before the first record is delivered must begin here again, not at its own "now".
  if (is_first_start) change_.position = ledger_.position();
  Commit();
  return {};
}

std::optional<AuditLedger::Visit> AuditRegion::Take() {
  MutexLock lock(mutex_);
  const Instant now = context_.clock.MonotonicNow();
  // While the store fails nothing is read: the memory of what it does not hold stays bounded.
  if (store_failed_ || now < retry_at_) return std::nullopt;
  if (now >= next_plan_) {
    ledger_.Plan(client_->Now());
    next_plan_ = now + settings_.service.request_period;
  }
  ReportProgress();
  auto visit = ledger_.Take(client_->Now());
  if (visit) open_[visit->id].range = visit->range;
  return visit;
}

std::vector<Batch> AuditRegion::Absorb(const AuditLedger::Visit& visit,
                                       const std::vector<Event>& page) {
  std::map<std::string, std::shared_ptr<Records>> by_tag;
  Ticket ticket{visit.id, {}};
  MutexLock lock(mutex_);
  if (failing_) {
    failing_ = false;
    context_.events.PullWorksAgain(subject_);
  }
  for (const Event& event : page) {
    // AWS includes the second at the end, which belongs to the next stretch.
    if (event.time >= visit.range.to && event.time < visit.range.to + Seconds(1)) continue;
    ++open_[visit.id].records;
    // Kept under a time of the stretch in any case, so that it is forgotten with it.
    const SeenRecord record{RecordId::From(event.id), std::clamp(event.time, visit.range.from,
                                                                 visit.range.to - Milliseconds(1))};
    if (!seen_.Insert(record)) {
      ++context_.events.counts().duplicates_dropped;
      continue;
    }
    ++context_.events.counts().records_read;
    catch_up_.Read(1);
    if (IsDropped(event.name)) {
      ++context_.events.counts().records_filtered;
      continue;
    }
    const std::string tag = TagOf(event, account_);
    std::shared_ptr<Records>& records = by_tag[tag];
    if (records == nullptr) records = std::make_shared<Records>(tag);
    ticket.records.push_back(record);
    records->Add(event.time, event.cloudtrail_event);
  }
  if (ticket.records.empty()) return {};
  ++open_[visit.id].unsettled_batches;
  Ack ack = Ack::Create([ticket = std::move(ticket), inbox = inbox_,
                         region = weak_from_this()](Outcome outcome) mutable {
    ticket.outcome = outcome;
    inbox->Put(std::move(ticket));
    if (const auto alive = region.lock()) alive->WakeReaders();
  });
  std::vector<Batch> batches;
  for (auto& [tag, records] : by_tag) batches.push_back({std::move(records), ack.Share()});
  ack.Resolve(Outcome::kDelivered);
  return batches;
}

std::string AuditRegion::TagOf(const Event& event, const std::string& account) const {
  const AuditEventOrigin origin = ReadAuditEventOrigin(event.cloudtrail_event);
  return tag_.Fill({{"account", origin.account.empty() ? account : origin.account},
                    {"region", origin.region.empty() ? client_->region() : origin.region},
                    {"service", settings_.service.name},
                    {"event_name", event.name}});
}

bool AuditRegion::IsDropped(std::string_view event_name) const {
  const auto& names = settings_.drop_event_names;
  return std::find(names.begin(), names.end(), event_name) != names.end();
}

void AuditRegion::EndVisit(const AuditLedger::Visit& visit, const Error* error) {
  bool is_last = false;
  {
    MutexLock lock(mutex_);
    OpenVisit& open = open_[visit.id];
    open.read = true;
    if (error != nullptr) {
      open.failed = true;
      if (error->kind != ErrorKind::kCancelled) Fail(*error);
    }
    CloseIfDone(visit.id);
    Commit();
    is_last = StandingLocked() != Source::Standing::kBusy;
  }
  // The readers without work have to learn that the region is done.
  if (is_last) WakeReaders();
}

// A pull is given up until the next period; the other readers will meet the same error, so it is
// said once.
void AuditRegion::Fail(const Error& error) {
  const Instant now = context_.clock.MonotonicNow();
  if (now >= retry_at_) {
    context_.events.PullGivenUp(subject_, error, settings_.service.request_period);
  }
  retry_at_ = now + settings_.service.request_period;
  failing_ = true;
}

void AuditRegion::CloseIfDone(uint64_t id) {
  const auto found = open_.find(id);
  if (found == open_.end() || !found->second.read || found->second.unsettled_batches > 0) return;
  const OpenVisit visit = found->second;
  open_.erase(found);
  ledger_.Complete(id, !visit.failed, visit.records);
  const double density = static_cast<double>(visit.records) / Length(visit.range);
  for (const TimeRange& range : ledger_.TakeSettled()) {
    catch_up_.Settled(context_.clock.MonotonicNow(), range, density * Length(range));
    seen_.Forget(range);
    change_.forget.push_back(range);
    change_.position = ledger_.position();
  }
}

void AuditRegion::Settle() {
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

void AuditRegion::Commit() {
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

void AuditRegion::ReportProgress() {
  catch_up_.Report(context_.clock.MonotonicNow(), ledger_.backlog(), ledger_.oldest_pending(),
                   client_->Now());
}

Source::Standing AuditRegion::standing() {
  MutexLock lock(mutex_);
  return StandingLocked();
}

Source::Standing AuditRegion::StandingLocked() {
  if (caught_up_) return Source::Standing::kCaughtUp;
  if (failing_ || store_failed_) return Source::Standing::kFailed;
  // A stretch counts as read when its records are delivered too; the commit follows at once.
  caught_up_ = phase_ == Phase::kRunning && ledger_.ReadUpTo(first_plan_);
  return caught_up_ ? Source::Standing::kCaughtUp : Source::Standing::kBusy;
}

Source::Next AuditRegion::Idle() {
  MutexLock lock(mutex_);
  const Instant now = context_.clock.MonotonicNow();
  Instant due = std::max(next_plan_, retry_at_);
  if (phase_ != Phase::kRunning) due = std::max(retry_at_, now + kRetryPause);
  if (store_failed_) due = now + kRetryPause;
  return {std::max(due, now), StandingLocked()};
}

}  // namespace collector
