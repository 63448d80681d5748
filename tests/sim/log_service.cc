#include "sim/log_service.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace collector::sim {
namespace {

constexpr int64_t kMostOfAPage = 12;

http::Response Answered(const nlohmann::json& body) {
  http::Response response;
  response.status = 200;
  response.body = body.dump();
  return response;
}

int64_t Count(Timestamp time) { return time.time_since_epoch().count(); }

nlohmann::json Shown(const LogItem& item, bool with_id) {
  nlohmann::json event{{"timestamp", Count(item.time)},
                       {"ingestionTime", Count(item.ingested)},
                       {"message", item.message}};
  if (with_id) {
    event["eventId"] = item.id;
    event["logStreamName"] = item.stream;
  }
  return event;
}

}  // namespace

void LogService::Sort() {
  for (auto& [region, groups] : regions_) {
    for (auto& [name, group] : groups) {
      std::stable_sort(group.items.begin(), group.items.end(),
                       [](const LogItem& a, const LogItem& b) {
                         return std::tie(a.time, a.ingested) < std::tie(b.time, b.ingested);
                       });
    }
  }
}

void LogService::Asked(const http::Request& request) {
  if (OperationOf(request) != "FilterLogEvents") return;
  auto& recent = recent_calls_[RegionOfEndpoint(request.url)];
  const Instant now = clock_.MonotonicNow();
  while (!recent.empty() && recent.front() <= now - Seconds(1)) recent.pop_front();
  recent.push_back(now);
  if (recent.size() > 5) ++limit_violations_;
}

Result<http::Response> LogService::Answer(const http::Request& request, std::stop_token) {
  const std::string region = RegionOfEndpoint(request.url);
  const std::string operation = OperationOf(request);
  const auto asked = nlohmann::json::parse(request.body);
  if (operation == "DescribeLogGroups") return Groups(region, asked);
  if (operation == "GetMetricData") return Metrics(region, asked);
  auto& groups = regions_[region];
  const auto group = groups.find(asked.at("logGroupName").get<std::string>());
  const Timestamp now = clock_.Now();
  if (group == groups.end() || group->second.made > now || group->second.gone <= now) {
    return Refusal(request, 400, "ResourceNotFoundException",
                   "The specified log group does not exist.");
  }
  if (operation == "DescribeLogStreams") return Streams(group->second);
  if (operation == "GetLogEvents") return Get(group->second, asked);
  if (group->second.is_infrequent) {
    return Refusal(request, 400, "InvalidOperationException",
                   "FilterLogEvents is not supported for this log class.");
  }
  return Filter(request, group->second, asked);
}

// IncomingLogEvents of each group, in one sum.
http::Response LogService::Metrics(const std::string& region, const nlohmann::json& asked) const {
  nlohmann::json answer{{"MetricDataResults", nlohmann::json::array()}};
  const Timestamp from(Seconds(asked.at("StartTime").get<int64_t>()));
  for (const auto& query : asked.at("MetricDataQueries")) {
    const auto& metric = query.at("MetricStat").at("Metric");
    const auto name = metric.at("Dimensions").at(0).at("Value").get<std::string>();
    const auto& items = regions_.at(region).at(name).items;
    const auto count = std::count_if(items.begin(), items.end(), [&](const LogItem& item) {
      return item.ingested >= from && item.ingested <= clock_.Now();
    });
    nlohmann::json values = nlohmann::json::array();
    if (count > 0) values.push_back(count);
    answer["MetricDataResults"].push_back({{"Id", query.at("Id")}, {"Values", values}});
  }
  return Answered(answer);
}

http::Response LogService::Groups(const std::string& region, const nlohmann::json& asked) const {
  const std::string prefix = asked.value("logGroupNamePrefix", "");
  const std::string after = asked.value("nextToken", "");
  nlohmann::json answer{{"logGroups", nlohmann::json::array()}};
  const auto found = regions_.find(region);
  if (found == regions_.end()) return Answered(answer);
  for (const auto& [name, group] : found->second) {
    const bool is_there = group.made <= clock_.Now() && clock_.Now() < group.gone;
    if (!is_there || !name.starts_with(prefix) || name <= after) continue;
    if (answer["logGroups"].size() == 2) {
      answer["nextToken"] = answer["logGroups"].back()["logGroupName"];
      break;
    }
    answer["logGroups"].push_back(
        {{"logGroupName", name},
         {"creationTime", Count(group.made)},
         {"logGroupClass", group.is_infrequent ? "INFREQUENT_ACCESS" : "STANDARD"}});
  }
  return Answered(answer);
}

http::Response LogService::Streams(const SimLogGroup& group) const {
  std::map<std::string, Timestamp> last;
  for (const LogItem& item : group.items) {
    if (item.ingested > clock_.Now()) continue;
    last[item.stream] = std::max(last[item.stream], item.ingested);
  }
  nlohmann::json answer{{"logStreams", nlohmann::json::array()}};
  for (const auto& [name, time] : last) {
    answer["logStreams"].push_back({{"logStreamName", name}, {"lastIngestionTime", Count(time)}});
  }
  return Answered(answer);
}

// What becomes visible while a chain of pages is read may lie behind it: a page shows what was
// there when the chain began.
http::Response LogService::Filter(const http::Request& request, const SimLogGroup& group,
                                  nlohmann::json asked) {
  const std::string given = asked.value("nextToken", "");
  asked.erase("nextToken");
  Token at{asked.dump(), 0, clock_.Now()};
  if (!given.empty()) {
    const auto token = tokens_.find(given);
    if (token == tokens_.end() || token->second.parameters != at.parameters ||
        random_.Chance(faults_.lost_token)) {
      return Refusal(request, 400, "InvalidParameterException", "The nextToken is invalid.");
    }
    at = token->second;
  }
  const auto from = asked.at("startTime").get<int64_t>();
  const auto to = asked.at("endTime").get<int64_t>();  // inclusive
  nlohmann::json answer{{"events", nlohmann::json::array()}};
  const int64_t most = random_.Chance(0.2) ? 0 : random_.Between(1, kMostOfAPage);
  size_t i = at.from;
  for (; i < group.items.size(); ++i) {
    const LogItem& item = group.items[i];
    if (Count(item.time) < from || Count(item.time) > to || item.ingested > at.as_of) continue;
    if (static_cast<int64_t>(answer["events"].size()) >= most) break;
    answer["events"].push_back(Shown(item, true));
  }
  if (i < group.items.size() || (most == 0 && given.empty())) {
    const std::string token = fmt::format("token-{}", tokens_.size());
    tokens_[token] = {at.parameters, i, at.as_of};
    answer["nextToken"] = token;
  }
  return Answered(answer);
}

// The token of the end is answered with itself (L-5).
http::Response LogService::Get(const SimLogGroup& group, nlohmann::json asked) {
  const auto from = asked.at("startTime").get<int64_t>();
  const auto to = asked.at("endTime").get<int64_t>();  // exclusive
  const std::string given = asked.value("nextToken", "");
  const size_t start = given.empty() ? 0 : std::stoul(given.substr(2));
  nlohmann::json answer{{"events", nlohmann::json::array()}};
  const auto most = static_cast<size_t>(random_.Between(1, kMostOfAPage));
  size_t i = start;
  for (; i < group.items.size() && answer["events"].size() < most; ++i) {
    const LogItem& item = group.items[i];
    if (item.stream != asked.at("logStreamName") || Count(item.time) < from ||
        Count(item.time) >= to || item.ingested > clock_.Now()) {
      continue;
    }
    answer["events"].push_back(Shown(item, false));
  }
  answer["nextForwardToken"] = fmt::format("f/{}", i);
  return Answered(answer);
}

}  // namespace collector::sim
