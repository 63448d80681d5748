// CloudWatch Logs of an account in memory, which shows events late. Used by one thread.
#ifndef COLLECTOR_TESTS_SIM_LOG_SERVICE_H_
#define COLLECTOR_TESTS_SIM_LOG_SERVICE_H_

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "sim/world.h"

namespace collector::sim {

struct LogItem {
  Timestamp time;
  Timestamp ingested;  // it is shown from then on
  std::string stream;
  std::string id;
  std::string message;
};

struct SimLogGroup {
  bool is_infrequent = false;
  Timestamp made;
  Timestamp gone = Timestamp::max();
  std::vector<LogItem> items;  // in AWS's order, once Sort() was called
};

class LogService : public Account {
 public:
  using Account::Account;

  // The groups of a region, by name; before the first call.
  std::map<std::string, SimLogGroup>& groups(const std::string& region) { return regions_[region]; }
  const std::map<std::string, std::map<std::string, SimLogGroup>>& regions() const {
    return regions_;
  }
  void Sort();

  // Calls that were let through less than the limit allows after others; must stay 0.
  int limit_violations() const { return limit_violations_; }

 protected:
  void Asked(const http::Request& request) override;
  Result<http::Response> Answer(const http::Request& request, std::stop_token stop) override;

 private:
  // Where a chain of pages is, and for which parameters (L-7).
  struct Token {
    std::string parameters;
    size_t from;  // of the items
    Timestamp as_of;
  };

  http::Response Metrics(const std::string& region, const nlohmann::json& asked) const;
  http::Response Groups(const std::string& region, const nlohmann::json& asked) const;
  http::Response Streams(const SimLogGroup& group) const;
  http::Response Filter(const http::Request& request, const SimLogGroup& group,
                        nlohmann::json asked);
  http::Response Get(const SimLogGroup& group, nlohmann::json asked);

  std::map<std::string, std::map<std::string, SimLogGroup>> regions_;
  std::map<std::string, Token> tokens_;
  std::map<std::string, std::deque<Instant>> recent_calls_;
  int limit_violations_ = 0;
};

}  // namespace collector::sim

#endif  // COLLECTOR_TESTS_SIM_LOG_SERVICE_H_
