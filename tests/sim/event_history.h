// An AWS account in memory with CloudTrail's event history, which shows events late. Used by one
// thread.
#ifndef COLLECTOR_TESTS_SIM_EVENT_HISTORY_H_
#define COLLECTOR_TESTS_SIM_EVENT_HISTORY_H_

#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "sim/world.h"

namespace collector::sim {

struct AwsEvent {
  std::string id;
  Timestamp time;
  Timestamp visible;
};

class EventHistory : public Account {
 public:
  using Account::Account;

  void Add(const std::string& region, AwsEvent event);
  const std::map<std::string, std::vector<AwsEvent>>& events() const { return events_; }

  // Calls that were let through less than the limit allows after others; must stay 0.
  int limit_violations() const { return limit_violations_; }

 protected:
  void Asked(const http::Request& request) override;
  Result<http::Response> Answer(const http::Request& request, std::stop_token stop) override;

 private:
  struct Query {
    int64_t start, end;
    auto operator<=>(const Query&) const = default;
  };
  struct Token {
    Query query;
    Timestamp after_time;  // everything newer was shown
    std::string after_id;
  };

  std::map<std::string, std::vector<AwsEvent>> events_;  // by region, newest first
  std::map<std::string, Token> tokens_;
  std::map<std::string, std::deque<Instant>> recent_calls_;
  int limit_violations_ = 0;
};

}  // namespace collector::sim

#endif  // COLLECTOR_TESTS_SIM_EVENT_HISTORY_H_
