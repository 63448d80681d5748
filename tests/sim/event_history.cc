#include "sim/event_history.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/time_text.h"

namespace collector::sim {
namespace {

// Newest first, as the history shows them; within a second by id.
bool ComesBefore(const AwsEvent& a, const AwsEvent& b) {
  return a.time != b.time ? a.time > b.time : a.id > b.id;
}

std::string DocumentOf(const AwsEvent& event, const std::string& region) {
  return fmt::format(R"({{"eventVersion":"1.08","eventTime":"{}","awsRegion":"{}","eventID":"{}",)"
                     R"("recipientAccountId":"123456789012","note":"\"quoted\" \\ \u00e9"}})",
                     FormatRfc3339(event.time), region, event.id);
}

}  // namespace

void EventHistory::Add(const std::string& region, AwsEvent event) {
  auto& all = events_[region];
  all.insert(std::upper_bound(all.begin(), all.end(), event, ComesBefore), std::move(event));
}

void EventHistory::Asked(const http::Request& request) {
  if (request.body.find("Action=") != std::string::npos) return;
  auto& recent = recent_calls_[RegionOfEndpoint(request.url)];
  const Instant now = clock_.MonotonicNow();
  while (!recent.empty() && recent.front() <= now - Seconds(1)) recent.pop_front();
  recent.push_back(now);
  if (recent.size() > 2) ++limit_violations_;
}

Result<http::Response> EventHistory::Answer(const http::Request& request, std::stop_token) {
  const std::string region = RegionOfEndpoint(request.url);
  const auto asked = nlohmann::json::parse(request.body);
  const Query query{asked.at("StartTime").get<int64_t>(), asked.at("EndTime").get<int64_t>()};
  AwsEvent after{"\x7f", Timestamp::max(), {}};
  if (asked.contains("NextToken")) {
    const auto token = tokens_.find(asked["NextToken"].get<std::string>());
    if (token == tokens_.end() || token->second.query != query ||
        random_.Chance(faults_.lost_token)) {
      return Refusal(request, 400, "InvalidNextTokenException", "The token is not valid");
    }
    after.time = token->second.after_time;
    after.id = token->second.after_id;
  }
  const Timestamp now = clock_.Now();
  nlohmann::json answer{{"Events", nlohmann::json::array()}};
  const auto& all = events_[region];
  AwsEvent last;
  for (auto it = std::lower_bound(all.begin(), all.end(), after, ComesBefore); it != all.end();
       ++it) {
    const int64_t second = std::chrono::floor<Seconds>(it->time).time_since_epoch().count();
    if (!ComesBefore(after, *it) || second > query.end || it->visible > now) continue;
    if (second < query.start) break;
    if (answer["Events"].size() == 50) {
      const std::string token = fmt::format("token-{}", tokens_.size());
      tokens_[token] = {query, last.time, last.id};
      answer["NextToken"] = token;
      break;
    }
    last = *it;
    answer["Events"].push_back({{"EventId", it->id},
                                {"EventName", "PutObject"},
                                {"EventTime", second},
                                {"CloudTrailEvent", DocumentOf(*it, region)}});
  }
  http::Response response;
  response.status = 200;
  response.body = answer.dump();
  return response;
}

}  // namespace collector::sim
