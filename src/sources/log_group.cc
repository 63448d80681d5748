#include "sources/log_group.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "aws/logs/filter_log_events.h"
#include "aws/logs/get_log_events.h"
#include "aws/logs/group_operations.h"
#include "sources/history_reader.h"
#include "sources/log_records.h"

namespace collector {
namespace {

using aws::logs::FilterLogEvents;
using aws::logs::GetLogEvents;
using aws::logs::LogEvent;
using aws::logs::LogEvents;

// FilterLogEvents answers it for a token that has expired, as for any other parameter.
constexpr char kInvalidParameter[] = "InvalidParameterException";
constexpr char kGone[] = "ResourceNotFoundException";
// Of FilterLogEvents for a group of the class INFREQUENT_ACCESS.
constexpr char kInvalidOperation[] = "InvalidOperationException";

constexpr char kKindPrefix[] = "log_events:";

// A page has 1 MB: so many events of a usual size.
constexpr int kEventsPerPage = 2000;

// Groups may keep their events for ever.
constexpr Milliseconds kKept = std::chrono::years(100);

// A group that gives nothing while calls are short is asked once in so many periods.
constexpr int kMostQuietPeriods = 64;
// Ids of 24 bytes each, half of whose table is free.
constexpr size_t kMostRemembered = 500'000;
constexpr Milliseconds kLongestLookBack = std::chrono::hours(24);

// How much of the past shows how late events come.
constexpr std::chrono::hours kObserved{24};

// Streams that took nothing for so long before a stretch have no event of it: an event's time may
// lie up to two hours in the future, and what AWS says of a stream is up to an hour old.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogStream.html
constexpr std::chrono::hours kStreamQuiet{4};

HistoryOptions OptionsOf(const LogGroupSettings& settings, const LogGroupFacts& facts) {
  HistoryOptions options;
  // L-8: whatever chooses the events is in the key.
  options.kind = kKindPrefix + settings.group;
  options.what = "the log group " + settings.group;
  for (const std::string& stream : settings.streams) options.kind += "/stream=" + stream;
  if (!settings.stream_prefix.empty()) options.kind += "/streams=" + settings.stream_prefix;
  if (!settings.pattern.empty()) options.kind += "/pattern=" + settings.pattern;
  options.name_suffix = settings.group;
  options.kept = kKept;
  options.ledger = {settings.look_back.value_or(kLongestLookBack), settings.service.request_period,
                    FilterLogEvents::kInfo.calls_per_second, kEventsPerPage};
  options.most_quiet_periods = kMostQuietPeriods;
  options.tells_catch_up = !facts.is_one_of_many;
  options.most_remembered = kMostRemembered;
  if (!settings.look_back) options.least_look_back = kLogGroupLookBack;
  return options;
}

class LogGroup : public HistoryReader {
 public:
  LogGroup(const SourceContext& context, std::shared_ptr<aws::Client> client,
           const LogGroupSettings& settings, const LogGroupFacts& facts, HistoryOptions options,
           std::unique_ptr<LogGroups::Member> member)
      : HistoryReader(
            std::make_shared<History>(context, client, settings.service, std::move(options)),
            context.clock, {kInvalidParameter, facts.is_found ? kGone : std::string_view()}),
        context_(context),
        client_(std::move(client)),
        settings_(settings),
        is_infrequent_(facts.is_infrequent),
        records_(settings, client_->region()),
        member_(std::move(member)) {
    if (settings.activity_first) {
      member_->Listen(settings.group, [this] { history().ExpectNew(); });
    }
  }

  void Settle() override {
    HistoryReader::Settle();
    if (const auto reached = history().read_up_to()) member_->Reached(*reached);
  }

 private:
  Status Prepare(std::stop_token stop) override;
  Status LookAtThePast(std::stop_token stop);
  Result<std::string> ReadPage(const TimeLedger::Visit& visit, const std::string& token,
                               std::stop_token stop) override;
  Result<LogEvents> Filter(const TimeRange& range, const std::string& token, std::stop_token stop);
  Result<std::string> ReadStreams(const TimeLedger::Visit& visit, const std::string& token,
                                  std::stop_token stop);
  Status ListStreams(const TimeRange& range, std::stop_token stop);
  RecordId IdOf(const LogEvent& event, std::string_view stream);
  void Observe(const std::vector<LogEvent>& events);
  // Hands over what was not sent before.
  Status Absorb(const TimeLedger::Visit& visit, const std::vector<LogEvent>& events,
                std::string_view stream, std::stop_token stop);

  const SourceContext context_;
  const std::shared_ptr<aws::Client> client_;
  const LogGroupSettings settings_;
  bool is_infrequent_;
  LogRecords records_;
  const std::unique_ptr<LogGroups::Member> member_;
  // Of a visit of an INFREQUENT_ACCESS group: its streams, and how often each event was met that
  // looks like others.
  std::vector<std::string> streams_;
  std::map<RecordId, int> alike_;
};

Status LogGroup::Prepare(std::stop_token stop) {
  records_.set_account(history().account());
  return LookAtThePast(std::move(stop));
}

// The first page of a day tells how late events come.
Status LogGroup::LookAtThePast(std::stop_token stop) {
  if (is_infrequent_ || !history().ObservationIsDue()) return {};
  const Timestamp now = client_->Now();
  const Result<LogEvents> page = Filter({now - kObserved, now}, "", std::move(stop));
  if (!page && page.error().code == kInvalidOperation) return {};
  if (!page) return Propagate(page);
  Observe(page->events());
  return {};
}

void LogGroup::Observe(const std::vector<LogEvent>& events) {
  if (events.empty()) return;
  Milliseconds latest{0};
  for (const LogEvent& event : events) latest = std::max(latest, event.ingested - event.time);
  history().Observe(latest);
}

Result<LogEvents> LogGroup::Filter(const TimeRange& range, const std::string& token,
                                   std::stop_token stop) {
  FilterLogEvents filter;
  filter.group = settings_.group;
  filter.streams = settings_.streams;
  filter.stream_prefix = settings_.stream_prefix;
  filter.pattern = settings_.pattern;
  filter.start = range.from;
  filter.end = range.to;
  filter.next_token = token;
  return client_->Call(filter, std::move(stop));
}

Result<std::string> LogGroup::ReadPage(const TimeLedger::Visit& visit, const std::string& token,
                                       std::stop_token stop) {
  if (is_infrequent_) return ReadStreams(visit, token, std::move(stop));
  if (const Status looked = LookAtThePast(stop); !looked) return Propagate(looked);
  const Result<LogEvents> page = Filter(visit.range, token, stop);
  if (!page && page.error().code == kInvalidOperation && token.empty()) {
    is_infrequent_ = true;
    return ReadStreams(visit, token, std::move(stop));
  }
  if (!page) return Propagate(page);
  const Status taken = Absorb(visit, page->events(), {}, std::move(stop));
  if (!taken) return Propagate(taken);
  return page->next_token();
}

// Stream after stream; a token of ours is the stream's number and AWS's token.
Result<std::string> LogGroup::ReadStreams(const TimeLedger::Visit& visit, const std::string& token,
                                          std::stop_token stop) {
  if (!settings_.pattern.empty()) {
    return Fail(ErrorKind::kRejected,
                fmt::format("{}: filter_pattern cannot be used: the log group is of the class "
                            "INFREQUENT_ACCESS, which AWS does not filter; remove it",
                            name()));
  }
  size_t at = 0;
  std::string aws_token;
  if (token.empty()) {
    alike_.clear();
    if (const Status listed = ListStreams(visit.range, stop); !listed) return Propagate(listed);
  } else {
    const size_t colon = token.find(':');
    std::from_chars(token.data(), token.data() + colon, at);
    aws_token = token.substr(colon + 1);
  }
  // A page that counts, though there is no stream.
  if (streams_.empty()) {
    if (const Status taken = Absorb(visit, {}, {}, stop); !taken) return Propagate(taken);
    return std::string();
  }
  const GetLogEvents get{settings_.group, streams_[at], visit.range.from, visit.range.to,
                         aws_token};
  const Result<LogEvents> page = client_->Call(get, stop);
  if (!page) return Propagate(page);
  const Status taken = Absorb(visit, page->events(), streams_[at], std::move(stop));
  if (!taken) return Propagate(taken);
  // L-5: the end is the token that was given.
  const bool has_more = !page->next_token().empty() && page->next_token() != aws_token;
  if (has_more) return fmt::format("{}:{}", at, page->next_token());
  return at + 1 < streams_.size() ? fmt::format("{}:", at + 1) : std::string();
}

// Those that may have an event of the stretch.
Status LogGroup::ListStreams(const TimeRange& range, std::stop_token stop) {
  streams_ = settings_.streams;
  if (!streams_.empty()) return {};
  const bool is_arn = settings_.group.starts_with("arn:");
  aws::logs::DescribeLogStreams describe;
  describe.subject = "log group " + settings_.group;
  describe.body = {{is_arn ? "logGroupIdentifier" : "logGroupName", settings_.group}};
  if (!settings_.stream_prefix.empty()) {
    describe.body["logStreamNamePrefix"] = settings_.stream_prefix;
  }
  for (;;) {
    const auto page = client_->Call(describe, stop);
    if (!page) return Propagate(page);
    for (const auto& stream : page->value("logStreams", nlohmann::json::array())) {
      const auto last = stream.find("lastIngestionTime");
      const bool is_quiet = last != stream.end() && Timestamp(Milliseconds(last->get<int64_t>())) <
                                                        range.from - kStreamQuiet;
      if (!is_quiet) streams_.push_back(stream.value("logStreamName", ""));
    }
    const std::string next = page->value("nextToken", "");
    if (next.empty()) return {};
    describe.body["nextToken"] = next;
  }
}

// GetLogEvents gives no ids. Events that are alike in everything are told apart by how many of them
// stand before: all have one time, so they are met in one visit, in the same order each time.
RecordId LogGroup::IdOf(const LogEvent& event, std::string_view stream) {
  if (!event.id.empty()) return RecordId::From(event.id);
  const std::string whole =
      fmt::format("{}\n{}\n{}\n{}", stream, event.time.time_since_epoch().count(),
                  event.ingested.time_since_epoch().count(), event.message);
  const RecordId id = RecordId::From(whole);
  const int before = alike_[id]++;
  return before == 0 ? id : RecordId::From(fmt::format("{}\n{}", whole, before));
}

Status LogGroup::Absorb(const TimeLedger::Visit& visit, const std::vector<LogEvent>& events,
                        std::string_view stream, std::stop_token stop) {
  std::vector<SeenRecord> ids;
  ids.reserve(events.size());
  for (const LogEvent& event : events) ids.push_back({IdOf(event, stream), event.time});
  Observe(events);
  const std::vector<History::New> fresh = history().TakeNew(visit, ids);
  if (fresh.empty()) return {};
  std::vector<SeenRecord> handed;
  handed.reserve(fresh.size());
  for (const History::New& one : fresh) {
    const LogEvent& event = events[one.index];
    handed.push_back(one.record);
    records_.Add(event, event.stream.empty() ? stream : event.stream);
  }
  Ack ack = history().Hand(visit, std::move(handed));
  Status taken;
  for (auto& records : records_.Take()) {
    taken = context_.output.Submit({std::move(records), ack.Share()}, stop);
    if (!taken) return taken;
  }
  ack.Resolve(Outcome::kDelivered);
  return {};
}

}  // namespace

std::unique_ptr<Source> NewLogGroup(const SourceContext& context,
                                    std::shared_ptr<aws::Client> client,
                                    const LogGroupSettings& settings, const LogGroupFacts& facts,
                                    LogGroups& groups) {
  HistoryOptions options = OptionsOf(settings, facts);
  auto member = groups.Enter(options.kind.substr(sizeof(kKindPrefix) - 1));
  if (member == nullptr) return nullptr;
  options.calls_per_second = [shared = groups.shared_from_this()] {
    return shared->calls_per_second();
  };
  return std::make_unique<LogGroup>(context, std::move(client), settings, facts, std::move(options),
                                    std::move(member));
}

}  // namespace collector
