#include "sim/world.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/time_text.h"

namespace collector::sim {
namespace {

constexpr char kIdentity[] =
    "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
    "<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/devo</Arn>"
    "<UserId>AIDA</UserId><Account>123456789012</Account></GetCallerIdentityResult>"
    "</GetCallerIdentityResponse>";

http::Response JsonError(int status, const std::string& code, const std::string& message) {
  http::Response response;
  response.status = status;
  response.body = nlohmann::json{{"__type", code}, {"message", message}}.dump();
  return response;
}

// "https://cloudtrail.eu-west-1.amazonaws.com/": the second label is the region.
std::string RegionOfUrl(const std::string& url) {
  const size_t first = url.find('.');
  return url.substr(first + 1, url.find('.', first + 1) - first - 1);
}

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

void Aws::Add(const std::string& region, AwsEvent event) {
  auto& all = events_[region];
  all.insert(std::upper_bound(all.begin(), all.end(), event, ComesBefore), std::move(event));
}

void Aws::CountCall(const std::string& region) {
  ++calls_;
  auto& recent = recent_calls_[region];
  const Instant now = clock_.MonotonicNow();
  while (!recent.empty() && recent.front() <= now - Seconds(1)) recent.pop_front();
  recent.push_back(now);
  if (recent.size() > 2) ++limit_violations_;
}

Result<http::Response> Aws::Send(const http::Request& request, std::stop_token) {
  if (random_.Chance(faults_.kill)) throw Killed{};
  const bool is_lookup = request.body.find("Action=") == std::string::npos;
  const std::string region = RegionOfUrl(request.url);
  if (is_lookup) CountCall(region);
  clock_.Advance(Milliseconds(random_.Between(20, random_.Chance(0.05) ? 4000 : 300)));
  if (random_.Chance(faults_.reset_before)) return Fail(ErrorKind::kRetry, "connection reset");
  if (random_.Chance(faults_.throttle)) {
    return JsonError(400, "ThrottlingException", "Rate exceeded");
  }
  if (random_.Chance(faults_.server_error)) {
    http::Response response;
    response.status = random_.Chance(0.5) ? 500 : 503;
    response.body = "<html>something is wrong</html>";
    return response;
  }
  if (random_.Chance(faults_.denied)) {
    return JsonError(400, "AccessDeniedException", "not authorized, for a while");
  }
  http::Response response;
  if (is_lookup) {
    response = LookupEvents(region, request.body);
  } else {
    response.status = 200;
    response.body = kIdentity;
  }
  if (random_.Chance(faults_.reset_after)) return Fail(ErrorKind::kRetry, "connection reset");
  if (random_.Chance(faults_.truncated)) {
    response.body.resize(
        static_cast<size_t>(random_.Between(0, static_cast<int64_t>(response.body.size()) - 1)));
  }
  if (random_.Chance(faults_.kill)) throw Killed{};
  return response;
}

http::Response Aws::LookupEvents(const std::string& region, const std::string& body) {
  const auto asked = nlohmann::json::parse(body);
  const Query query{asked.at("StartTime").get<int64_t>(), asked.at("EndTime").get<int64_t>()};
  AwsEvent after{"\x7f", Timestamp::max(), {}};
  if (asked.contains("NextToken")) {
    const auto token = tokens_.find(asked["NextToken"].get<std::string>());
    if (token == tokens_.end() || token->second.query != query ||
        random_.Chance(faults_.lost_token)) {
      return JsonError(400, "InvalidNextTokenException", "The token is not valid");
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
