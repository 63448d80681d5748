#include "sources/log_activity.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "aws/cloudwatch/metric_operations.h"

namespace collector {
namespace {

using aws::cloudwatch::GetMetricData;
using aws::cloudwatch::kMostMetricQueries;

// After so many periods it is asked again. The metric is some minutes late, so that less would cost
// more and tell no more.
constexpr int kPeriodsPerQuestion = 5;
constexpr Milliseconds kMetricIsLate = std::chrono::minutes(5);
constexpr int kMinute = 60;

// "g17" names the metric of names[first + 17].
nlohmann::json QueryFor(const std::string& group, size_t index) {
  return {{"Id", fmt::format("g{}", index)},
          {"ReturnData", true},
          {"MetricStat",
           {{"Metric",
             {{"Namespace", "AWS/Logs"},
              {"MetricName", "IncomingLogEvents"},
              {"Dimensions", {{{"Name", "LogGroupName"}, {"Value", group}}}}}},
            {"Period", kMinute},
            {"Stat", "Sum"}}}};
}

bool HasAny(const nlohmann::json& result) {
  const auto values = result.value("Values", nlohmann::json::array());
  return std::any_of(values.begin(), values.end(),
                     [](const auto& value) { return value.is_number() && value > 0; });
}

}  // namespace

LogActivity::LogActivity(const SourceContext& context, std::shared_ptr<aws::Client> client,
                         const ServiceSettings& service, std::shared_ptr<LogGroups> groups)
    : context_(context),
      client_(std::move(client)),
      service_(service),
      groups_(std::move(groups)),
      subject_{fmt::format("{} {} activity of log groups", service.name, client_->region())} {}

Source::Next LogActivity::Poll(std::stop_token stop) {
  const std::vector<std::string> names = groups_->Names();
  Status asked;
  for (size_t first = 0; asked && first < names.size(); first += kMostMetricQueries) {
    asked = Ask(names, first, stop);
  }
  const Instant next =
      context_.clock.MonotonicNow() + kPeriodsPerQuestion * service_.request_period;
  if (!asked) {
    // The groups are read all the same, only in no such order.
    if (!failing_ && asked.error().kind != ErrorKind::kCancelled) {
      context_.events.PullGivenUp(subject_, asked.error(), next - context_.clock.MonotonicNow());
    }
    failing_ = true;
    return {next, Standing::kFailed, {}};
  }
  if (std::exchange(failing_, false)) context_.events.PullWorksAgain(subject_);
  return {next, Standing::kCaughtUp, {}};
}

Status LogActivity::Ask(const std::vector<std::string>& names, size_t first, std::stop_token stop) {
  const size_t count = std::min(names.size() - first, kMostMetricQueries);
  GetMetricData question;
  question.subject = fmt::format("{} log groups", count);
  auto queries = nlohmann::json::array();
  for (size_t i = 0; i < count; ++i) queries.push_back(QueryFor(names[first + i], i));
  const Timestamp now = client_->Now();
  const Timestamp since = now - kMetricIsLate - kPeriodsPerQuestion * service_.request_period;
  const auto seconds = [](Timestamp time) {
    return std::chrono::floor<Seconds>(time).time_since_epoch().count();
  };
  question.body = {{"MetricDataQueries", std::move(queries)},
                   {"StartTime", seconds(since) / kMinute * kMinute},
                   {"EndTime", seconds(now)}};
  for (;;) {
    const auto answer = client_->Call(question, stop);
    if (!answer) return Propagate(answer);
    for (const auto& result : answer->value("MetricDataResults", nlohmann::json::array())) {
      const std::string id = result.value("Id", "");
      size_t index = count;
      if (!id.empty()) std::from_chars(id.data() + 1, id.data() + id.size(), index);
      if (index < count && HasAny(result)) groups_->HasEvents(names[first + index]);
    }
    const std::string next = answer->value("NextToken", "");
    if (next.empty()) return {};
    question.body["NextToken"] = next;
  }
}

}  // namespace collector
