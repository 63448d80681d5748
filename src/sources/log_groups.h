// LogGroups: what the log groups that are read in an account and region have in common: the API's
// calls, which they share (L-10), and how far behind each is. Its members own it together
// (shared_ptr); any thread.
#ifndef COLLECTOR_SOURCES_LOG_GROUPS_H_
#define COLLECTOR_SOURCES_LOG_GROUPS_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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

    // `has_events`, which must not wait, is called from then on when the group is known to have
    // some that are new: by any thread, until this object is gone.
    void Listen(std::string group, std::function<void()> has_events) {
      groups_->Listen(name_, std::move(group), std::move(has_events));
    }

   private:
    const std::shared_ptr<LogGroups> groups_;
    const std::string name_;
  };

  // `name` stands in log lines: "input eu-west-1, log groups".
  LogGroups(Clock& clock, Events& events, std::string name);

  // Null: a group of that name is a member already.
  std::unique_ptr<Member> Enter(const std::string& name);

  // The groups that listen, each once, and what one of these is told.
  std::vector<std::string> Names() const;
  void HasEvents(const std::string& group);

  // A member's share of the calls that the API allows.
  double calls_per_second() const;

 private:
  struct Entry {
    std::optional<Timestamp> read_up_to;
    std::string group;
    std::function<void()> has_events;
  };

  void Leave(const std::string& name);
  void Listen(const std::string& name, std::string group, std::function<void()> has_events);
  // Says it when members fall behind.
  void Reached(const std::string& name, Timestamp read_up_to);

  Clock& clock_;
  Events& events_;
  const Subject subject_;
  mutable Mutex mutex_;
  std::map<std::string, Entry> members_ GUARDED_BY(mutex_);
  // Their number, for those who hold locks that HasEvents() takes under ours.
  std::atomic<size_t> size_ = 0;
  Instant next_look_ GUARDED_BY(mutex_);
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_LOG_GROUPS_H_
