#include "sources/log_groups.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "aws/logs/filter_log_events.h"

namespace collector {
namespace {

// How far behind is worth telling, and how often. The first time is late enough that a start after
// a pause, which everybody expects to lag, has caught up.
constexpr Milliseconds kBehind = std::chrono::minutes(10);
constexpr std::chrono::minutes kCheckEvery{10};

constexpr std::string_view kAdvice =
    "AWS allows 5 FilterLogEvents calls of 1 MB a second in an account and region, not adjustable: "
    "leave groups out (exclude_log_groups), or let a subscription filter and Firehose write the "
    "busy ones to S3 and read them with non-cloudwatch-logs";

}  // namespace

LogGroups::LogGroups(Clock& clock, Events& events, std::string name)
    : clock_(clock),
      events_(events),
      subject_{std::move(name)},
      next_look_(clock.MonotonicNow() + kCheckEvery) {}

std::unique_ptr<LogGroups::Member> LogGroups::Enter(const std::string& name) {
  MutexLock lock(mutex_);
  if (!members_.try_emplace(name).second) return nullptr;
  size_ = members_.size();
  return std::make_unique<Member>(shared_from_this(), name);
}

void LogGroups::Leave(const std::string& name) {
  MutexLock lock(mutex_);
  members_.erase(name);
  size_ = members_.size();
}

void LogGroups::Listen(const std::string& name, std::string group,
                       std::function<void()> has_events) {
  MutexLock lock(mutex_);
  Entry& entry = members_[name];
  entry.group = std::move(group);
  entry.has_events = std::move(has_events);
}

std::vector<std::string> LogGroups::Names() const {
  std::set<std::string> names;
  MutexLock lock(mutex_);
  for (const auto& [name, entry] : members_) {
    if (entry.has_events) names.insert(entry.group);
  }
  return {names.begin(), names.end()};
}

// Under the lock, so that none is called that has left.
void LogGroups::HasEvents(const std::string& group) {
  MutexLock lock(mutex_);
  for (const auto& [name, entry] : members_) {
    if (entry.group == group && entry.has_events) entry.has_events();
  }
}

double LogGroups::calls_per_second() const {
  return aws::logs::FilterLogEvents::kInfo.calls_per_second /
         static_cast<double>(std::max<size_t>(size_, 1));
}

void LogGroups::Reached(const std::string& name, Timestamp read_up_to) {
  MutexLock lock(mutex_);
  const auto member = members_.find(name);
  if (member != members_.end()) member->second.read_up_to = read_up_to;
  if (clock_.MonotonicNow() < next_look_) return;
  next_look_ = clock_.MonotonicNow() + kCheckEvery;
  const Timestamp now = clock_.Now();
  size_t behind = 0;
  const std::string* worst = nullptr;
  Milliseconds lag{0};
  for (const auto& [group, entry] : members_) {
    const auto& reached = entry.read_up_to;
    if (!reached || now - *reached < kBehind) continue;
    ++behind;
    if (now - *reached > lag) {
      lag = now - *reached;
      worst = &group;
    }
  }
  if (worst == nullptr) return;
  events_.SourcesBehind(subject_, behind, members_.size(), *worst, lag, kAdvice);
}

}  // namespace collector
