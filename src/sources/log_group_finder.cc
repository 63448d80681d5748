#include "sources/log_group_finder.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "aws/logs/group_operations.h"
#include "base/time_text.h"
#include "sources/log_activity.h"
#include "sources/log_group.h"
#include "sources/log_records.h"

namespace collector {
namespace {

// After so many periods is looked for new groups again. Nothing of a new one is lost by a later
// look, for it is read from when it was made.
constexpr int kPeriodsPerLook = 5;

// What a name that matches begins with.
std::string PrefixOf(const KeyPattern& pattern) {
  const std::string& text = pattern.text();
  return text.substr(0, text.find_first_of("*{"));
}

std::vector<std::string> PrefixesOf(const std::vector<KeyPattern>& patterns) {
  std::vector<std::string> all;
  for (const KeyPattern& pattern : patterns) all.push_back(PrefixOf(pattern));
  std::sort(all.begin(), all.end());
  std::vector<std::string> prefixes;
  for (std::string& prefix : all) {
    if (prefixes.empty() || !prefix.starts_with(prefixes.back())) {
      prefixes.push_back(std::move(prefix));
    }
  }
  return prefixes;
}

}  // namespace

LogGroupFinder::LogGroupFinder(const SourceContext& context, std::shared_ptr<aws::Client> client,
                               const LogGroupSettings& settings, std::shared_ptr<LogGroups> groups)
    : context_(context),
      client_(std::move(client)),
      settings_(settings),
      groups_(std::move(groups)),
      subject_{fmt::format("{} {} log groups", settings.service.name, client_->region())},
      prefixes_(PrefixesOf(settings.patterns)) {}

Status LogGroupFinder::Begin(std::stop_token stop) {
  if (since_) return {};
  const Result<std::string> account = client_->AccountId(std::move(stop));
  if (!account) return Propagate(account);
  account_ = *account;
  std::string key = fmt::format("{}/{}/log_groups", account_, client_->region());
  for (const KeyPattern& pattern : settings_.patterns) key += ":" + pattern.text();
  if (!context_.input_id.empty()) key += "/" + context_.input_id;
  const Result<StoredPosition> stored = context_.positions.Load(key);
  if (!stored) return Propagate(stored);
  const Timestamp now = client_->Now();
  const auto since = stored->position ? ParseTime(*stored->position) : now;
  if (!stored->position) {
    const Status kept = context_.positions.Commit(key, {FormatRfc3339(now), {}, {}});
    if (!kept) return Propagate(kept);
  }
  since_ = since.value_or(now);
  return {};
}

Source::Next LogGroupFinder::Poll(std::stop_token stop) {
  if (const Status begun = Begin(stop); !begun) return GiveUp(begun.error());
  Result<Next> next = ReadPage(std::move(stop));
  if (!next) return GiveUp(next.error());
  if (failing_) context_.events.PullWorksAgain(subject_);
  failing_ = false;
  return *std::move(next);
}

Source::Next LogGroupFinder::GiveUp(const Error& error) {
  if (error.kind != ErrorKind::kCancelled) {
    context_.events.PullGivenUp(subject_, error, settings_.service.request_period);
  }
  failing_ = true;
  token_.clear();
  return {context_.clock.MonotonicNow() + settings_.service.request_period, Standing::kFailed};
}

Result<Source::Next> LogGroupFinder::ReadPage(std::stop_token stop) {
  aws::logs::DescribeLogGroups describe;
  describe.subject = fmt::format("log groups {}*", prefixes_[prefix_]);
  if (!prefixes_[prefix_].empty()) describe.body["logGroupNamePrefix"] = prefixes_[prefix_];
  if (settings_.linked_accounts) describe.body["includeLinkedAccounts"] = true;
  if (!token_.empty()) describe.body["nextToken"] = token_;
  const auto page = client_->Call(describe, std::move(stop));
  if (!page) return Propagate(page);
  // Before the groups that were found, which wait for calls of their own.
  Next next{Instant::min(), Standing::kBusy, {}};
  for (const auto& group : page->value("logGroups", nlohmann::json::array())) {
    if (auto source = SourceFor(group)) next.found.push_back(std::move(source));
  }
  token_ = page->value("nextToken", "");
  if (!token_.empty() || ++prefix_ < prefixes_.size()) {
    if (looked_) next.standing = Standing::kCaughtUp;
    return next;
  }
  prefix_ = 0;
  looked_ = true;
  if (found_ > 0) context_.events.SourcesFound(subject_, std::exchange(found_, 0), example_);
  next.due = context_.clock.MonotonicNow() + kPeriodsPerLook * settings_.service.request_period;
  next.standing = Standing::kCaughtUp;
  return next;
}

bool LogGroupFinder::IsWanted(std::string_view name) const {
  const auto matches = [name](const KeyPattern& pattern) {
    return pattern.Match(name).has_value();
  };
  return std::any_of(settings_.patterns.begin(), settings_.patterns.end(), matches) &&
         std::none_of(settings_.exclude.begin(), settings_.exclude.end(), matches);
}

// Null: it is not wanted, or is read already.
std::unique_ptr<Source> LogGroupFinder::SourceFor(const nlohmann::json& group) {
  const std::string name = group.value("logGroupName", "");
  const std::string log_class = group.value("logGroupClass", "STANDARD");
  // Of the class DELIVERY nothing can be read: its events go to S3 or Firehose at once.
  if (!IsWanted(name) || log_class == "DELIVERY") return nullptr;
  LogGroupSettings settings = settings_;
  settings.patterns.clear();
  settings.exclude.clear();
  settings.groups.clear();
  const std::string arn = group.value("logGroupArn", "");
  const bool is_linked = !arn.empty() && AccountOfLogGroup(arn) != account_;
  settings.group = is_linked && settings_.linked_accounts ? arn : name;
  // An event may be a little older than the group that was made for it.
  const Timestamp made(Milliseconds(group.value("creationTime", int64_t{0})));
  if (!settings.service.start_time) {
    settings.service.start_time = std::max(*since_, made - kLogGroupLookBack);
  }
  auto source = NewLogGroup(context_, client_, settings,
                            {true, true, log_class == "INFREQUENT_ACCESS"}, *groups_);
  if (source != nullptr) {
    ++found_;
    example_ = settings.group;
  }
  return source;
}

std::vector<std::unique_ptr<Source>> NewLogGroups(const SourceContext& context,
                                                  std::shared_ptr<aws::Client> client,
                                                  const LogGroupSettings& settings,
                                                  std::shared_ptr<LogGroups> groups) {
  std::vector<std::unique_ptr<Source>> sources;
  std::vector<std::string> names = settings.groups;
  if (!settings.group.empty()) names.push_back(settings.group);
  LogGroupFacts facts;
  facts.is_one_of_many = names.size() > 1 || !settings.patterns.empty();
  for (const std::string& name : names) {
    LogGroupSettings one = settings;
    one.group = name;
    one.groups.clear();
    if (auto source = NewLogGroup(context, client, one, facts, *groups)) {
      sources.push_back(std::move(source));
    }
  }
  if (settings.activity_first) {
    sources.push_back(std::make_unique<LogActivity>(context, client, settings.service, groups));
  }
  if (!settings.patterns.empty()) {
    sources.push_back(
        std::make_unique<LogGroupFinder>(context, std::move(client), settings, std::move(groups)));
  }
  return sources;
}

}  // namespace collector
