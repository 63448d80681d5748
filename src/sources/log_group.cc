#include "sources/log_group.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "aws/logs/filter_log_events.h"
#include "base/json_text.h"
#include "sources/history_reader.h"
#include "sources/tag_template.h"

namespace collector {
namespace {

using aws::logs::FilterLogEvents;
using aws::logs::LogEvent;
using aws::logs::LogEvents;

// FilterLogEvents answers it for a token that has expired, as for any other parameter.
constexpr char kInvalidParameter[] = "InvalidParameterException";

constexpr char kLogGroupTag[] = "cloud.aws.cloudwatch.logs.{account}.{region}";

// A page has 1 MB: so many events of a usual size.
constexpr int kEventsPerPage = 2000;

// Groups may keep their events for ever.
constexpr Milliseconds kKept = std::chrono::years(100);

HistoryOptions OptionsOf(const LogGroupSettings& settings) {
  HistoryOptions options;
  // L-8: whatever chooses the events is in the key.
  options.kind = "log_events:" + settings.group;
  options.what = "the log group " + settings.group;
  for (const std::string& stream : settings.streams) options.kind += "/stream=" + stream;
  if (!settings.stream_prefix.empty()) options.kind += "/streams=" + settings.stream_prefix;
  if (!settings.pattern.empty()) options.kind += "/pattern=" + settings.pattern;
  options.kept = kKept;
  options.most_per_s = FilterLogEvents::kInfo.calls_per_second * FilterLogEvents::kMostEvents;
  options.ledger = {settings.look_back, settings.service.request_period,
                    FilterLogEvents::kInfo.calls_per_second, kEventsPerPage};
  return options;
}

// Records of one tag in one block, into which the messages are unescaped.
struct Block {
  std::shared_ptr<Records> records;
  Buffer bytes;
};

class LogGroup : public HistoryReader {
 public:
  LogGroup(const SourceContext& context, std::shared_ptr<aws::Client> client,
           const LogGroupSettings& settings)
      : HistoryReader(
            std::make_shared<History>(context, client, settings.service, OptionsOf(settings)),
            context.clock, kInvalidParameter),
        context_(context),
        client_(std::move(client)),
        settings_(settings),
        tag_(settings.service.tag.empty() ? kLogGroupTag : settings.service.tag),
        tag_has_stream_(settings.service.tag.find("{log_stream}") != std::string::npos) {}

 private:
  Result<std::string> ReadPage(const TimeLedger::Visit& visit, const std::string& token,
                               std::stop_token stop) override {
    FilterLogEvents filter;
    filter.group = settings_.group;
    filter.streams = settings_.streams;
    filter.stream_prefix = settings_.stream_prefix;
    filter.pattern = settings_.pattern;
    filter.start = visit.range.from;
    filter.end = visit.range.to;
    filter.next_token = token;
    const Result<LogEvents> page = client_->Call(filter, stop);
    if (!page) return Propagate(page);
    for (Batch& batch : Absorb(visit, page->events())) {
      if (Status taken = context_.output.Submit(std::move(batch), stop); !taken) {
        return Propagate(taken);
      }
    }
    return page->next_token();
  }

  // Leaves out what was sent before.
  std::vector<Batch> Absorb(const TimeLedger::Visit& visit, const std::vector<LogEvent>& events) {
    std::vector<SeenRecord> ids;
    ids.reserve(events.size());
    for (const LogEvent& event : events) ids.push_back({RecordId::From(event.id), event.time});
    const std::vector<History::New> fresh = history().TakeNew(visit, ids);
    if (fresh.empty()) return {};
    const std::string account = history().account();
    std::map<std::string_view, Block> blocks;  // by stream, where that is in the tag
    std::vector<SeenRecord> handed;
    for (const History::New& one : fresh) {
      const LogEvent& event = events[one.index];
      Block& block = blocks[tag_has_stream_ ? event.stream : std::string_view()];
      if (block.records == nullptr)
        block.records = std::make_shared<Records>(TagOf(event, account));
      handed.push_back(one.record);
      Add(event, account, block);
    }
    Ack ack = history().Hand(visit, std::move(handed));
    std::vector<Batch> batches;
    for (auto& [stream, block] : blocks) {
      block.records->Adopt(std::move(block.bytes));
      batches.push_back({std::move(block.records), ack.Share()});
    }
    ack.Resolve(Outcome::kDelivered);
    return batches;
  }

  std::string TagOf(const LogEvent& event, const std::string& account) const {
    return tag_.Fill({{"account", account},
                      {"region", client_->region()},
                      {"service", settings_.service.name},
                      {"log_group", settings_.group},
                      {"log_stream", event.stream}});
  }

  void Add(const LogEvent& event, const std::string& account, Block& block) const {
    const size_t begin = block.bytes.size();
    if (settings_.envelope) {
      block.bytes.Append(fmt::format(
          R"({{"account":"{}","region":"{}","log_group":"{}","log_stream":"{}","timestamp":{},)"
          R"("ingestion_time":{},"message":{}}})",
          account, client_->region(), settings_.group, event.stream,
          event.time.time_since_epoch().count(), event.ingested.time_since_epoch().count(),
          event.message));
    } else if (!AppendJsonString(event.message, block.bytes)) {
      block.bytes.Append(event.message);  // rather as it stands than not at all
    }
    block.records->AddSlice(event.time, begin, block.bytes.size() - begin);
  }

  const SourceContext context_;
  const std::shared_ptr<aws::Client> client_;
  const LogGroupSettings settings_;
  const TagTemplate tag_;
  const bool tag_has_stream_;
};

}  // namespace

std::unique_ptr<Source> NewLogGroup(const SourceContext& context,
                                    std::shared_ptr<aws::Client> client,
                                    const LogGroupSettings& settings) {
  return std::make_unique<LogGroup>(context, std::move(client), settings);
}

}  // namespace collector
