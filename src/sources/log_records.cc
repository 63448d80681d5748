#include "sources/log_records.h"

#include <functional>
#include <utility>

#include <fmt/format.h>

#include "base/json_text.h"
#include "sources/key_pattern.h"

namespace collector {
namespace {

struct KnownGroups {
  std::string_view names;  // a KeyPattern
  std::string_view tag;
};

// What AWS itself names so, and names that users give to flow logs, which have none of their own.
// Tags are those of the same logs in S3 (services.cc).
constexpr KnownGroups kKnown[] = {
    // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
    {"/aws/lambda/**", "my.app.lambda.logs.{account}.{region}"},
    // https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
    {"aws-waf-logs-**", "cloud.aws.waf.logs.{account}.{region}"},
    // https://docs.aws.amazon.com/awscloudtrail/latest/userguide/send-cloudtrail-events-to-cloudwatch-logs.html
    {"aws-cloudtrail-logs-**", "cloud.aws.cloudtrail.events.{account}.{region}"},
    {"CloudTrail/**", "cloud.aws.cloudtrail.events.{account}.{region}"},
    {"**vpc-flow-log**", "cloud.aws.vpc.flow.{account}.{region}"},
    {"**vpc-flowlog**", "cloud.aws.vpc.flow.{account}.{region}"},
    {"**vpcflowlog**", "cloud.aws.vpc.flow.{account}.{region}"},
    {"**VPCFlowLog**", "cloud.aws.vpc.flow.{account}.{region}"},
    {"/aws/vpc/flow**", "cloud.aws.vpc.flow.{account}.{region}"},
    {"/aws/route53resolver/**", "dns.aws.route53.{account}.{region}"},
};

constexpr std::string_view kLogGroupTag = "cloud.aws.cloudwatch.logs.{account}.{region}";

// Of "arn:aws:logs:REGION:ACCOUNT:log-group:NAME", also with ":*" behind; else the text itself.
std::string_view NameOf(std::string_view group) {
  constexpr std::string_view kMark = ":log-group:";
  const size_t mark = group.find(kMark);
  if (!group.starts_with("arn:") || mark == std::string_view::npos) return group;
  group.remove_prefix(mark + kMark.size());
  return group.ends_with(":*") ? group.substr(0, group.size() - 2) : group;
}

}  // namespace

std::string_view AccountOfLogGroup(std::string_view group) {
  if (!group.starts_with("arn:")) return {};
  for (int i = 0; i < 4; ++i) {
    const size_t colon = group.find(':');
    if (colon == std::string_view::npos) return {};
    group.remove_prefix(colon + 1);
  }
  return group.substr(0, group.find(':'));
}

std::string_view DefaultLogTag(std::string_view group) {
  static const auto* const kPatterns = [] {
    auto* patterns = new std::vector<std::pair<KeyPattern, std::string_view>>();
    for (const KnownGroups& known : kKnown) {
      patterns->emplace_back(*KeyPattern::Parse(known.names), known.tag);
    }
    return patterns;
  }();
  for (const auto& [pattern, tag] : *kPatterns) {
    if (pattern.Match(NameOf(group))) return tag;
  }
  return kLogGroupTag;
}

LogRecords::LogRecords(const LogGroupSettings& settings, std::string region)
    : settings_(settings),
      region_(std::move(region)),
      group_(NameOf(settings.group)),
      owner_(AccountOfLogGroup(settings.group)),
      tag_(settings.service.tag.empty() ? std::string(DefaultLogTag(settings.group))
                                        : settings.service.tag),
      tag_has_stream_(settings.service.tag.find("{log_stream}") != std::string::npos) {}

void LogRecords::set_account(const std::string& account) {
  account_ = owner_.empty() ? account : owner_;
}

std::string LogRecords::TagOf(std::string_view stream) const {
  return tag_.Fill({{"account", account_},
                    {"region", region_},
                    {"service", settings_.service.name},
                    {"log_group", group_},
                    {"log_stream", stream}});
}

void LogRecords::Add(const aws::logs::LogEvent& event, std::string_view stream) {
  const std::string_view by = tag_has_stream_ ? stream : std::string_view();
  auto found = blocks_.find(by);
  if (found == blocks_.end()) {
    found = blocks_.try_emplace(std::string(by)).first;
    found->second.records = std::make_shared<Records>(TagOf(stream));
  }
  Block& block = found->second;
  const size_t begin = block.bytes.size();
  if (settings_.envelope) {
    block.bytes.Append(fmt::format(
        R"({{"account":"{}","region":"{}","log_group":"{}","log_stream":"{}","timestamp":{},)"
        R"("ingestion_time":{},"message":{}}})",
        account_, region_, group_, stream, event.time.time_since_epoch().count(),
        event.ingested.time_since_epoch().count(), event.message));
  } else if (!AppendJsonString(event.message, block.bytes)) {
    block.bytes.Append(event.message);  // rather as it stands than not at all
  }
  block.records->AddSlice(event.time, begin, block.bytes.size() - begin);
}

std::vector<std::shared_ptr<Records>> LogRecords::Take() {
  std::vector<std::shared_ptr<Records>> all;
  for (auto& [stream, block] : blocks_) {
    block.records->Adopt(std::move(block.bytes));
    all.push_back(std::move(block.records));
  }
  blocks_.clear();
  return all;
}

}  // namespace collector
