// LogGroups: what the log groups that are read in an account and region have in common: the API's
// calls, which they share (L-10), and how far behind each is. Its members own it together
// (shared_ptr); any thread.
#ifndef COLLECTOR_SOURCES_LOG_GROUPS_H_
#define COLLECTOR_SOURCES_LOG_GROUPS_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "observe/events.h"

namespace collector {

class LogGroups : public std::enable_shared_from_this<LogGroups> {
 public:
  // One that is read, from its making to its end.
  class Member {
   public:
    Member(std::shared_ptr<LogGroups> groups, std::string name)
        : groups_(std::move(groups)), name_(std::move(name)) {}
    ~Member() { groups_->Leave(name_); }
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

    // Everything before `read_up_to` was read.
    void Reached(Timestamp read_up_to) { groups_->Reached(name_, read_up_to); }

   private:
    const std::shared_ptr<LogGroups> groups_;
    const std::string name_;
  };

  // `name` stands in log lines: "input eu-west-1, log groups".
  LogGroups(Clock& clock, Events& events, std::string name);

  // Null: a group of that name is a member already.
  std::unique_ptr<Member> Enter(const std::string& name);

  // A member's share of the calls that the API allows.
  double calls_per_second() const;

 private:
  void Leave(const std::string& name);
  // Says it when members fall behind.
  void Reached(const std::string& name, Timestamp read_up_to);

  Clock& clock_;
  Events& events_;
  const Subject subject_;
  mutable Mutex mutex_;
  std::map<std::string, std::optional<Timestamp>> read_up_to_ GUARDED_BY(mutex_);
  Instant next_look_ GUARDED_BY(mutex_);
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_LOG_GROUPS_H_
