// The world that the simulator collects from: an AWS account in memory, whose event history shows
// events late, and faults that come from a seeded generator. Used by one thread.
#ifndef COLLECTOR_TESTS_SIM_WORLD_H_
#define COLLECTOR_TESTS_SIM_WORLD_H_

#include <cstdint>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "fakes/fake_clock.h"
#include "http/transport.h"

namespace collector::sim {

// Thrown out of a seam when the simulated process dies there: as abrupt as a kill -9 looks from
// outside, since nothing after it is done.
struct Killed {};

struct Random {
  explicit Random(uint64_t seed) : engine(seed) {}
  bool Chance(double p) { return std::uniform_real_distribution<>(0, 1)(engine) < p; }
  int64_t Between(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(engine);
  }
  std::mt19937_64 engine;
};

// How bad things are, drawn from the seed.
struct Faults {
  double throttle = 0;
  double server_error = 0;
  double reset_before = 0;  // the request never arrives
  double reset_after = 0;   // the answer is lost
  double truncated = 0;
  double denied = 0;
  double lost_token = 0;
  double output_fails = 0;
  double store_fails = 0;
  double kill = 0;  // at each call of a seam
};

struct AwsEvent {
  std::string id;
  Timestamp time;
  Timestamp visible;
};

// An account with CloudTrail and STS, answering at the level of HTTP.
class Aws : public http::Transport {
 public:
  Aws(FakeClock& clock, Random& random, const Faults& faults)
      : clock_(clock), random_(random), faults_(faults) {}

  void Add(const std::string& region, AwsEvent event);
  const std::map<std::string, std::vector<AwsEvent>>& events() const { return events_; }

  Result<http::Response> Send(const http::Request& request, std::stop_token stop) override;

  // Calls that were let through less than the limit allows after others; must stay 0.
  int limit_violations() const { return limit_violations_; }
  int calls() const { return calls_; }

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

  http::Response LookupEvents(const std::string& region, const std::string& body);
  void CountCall(const std::string& region);

  FakeClock& clock_;
  Random& random_;
  const Faults& faults_;
  std::map<std::string, std::vector<AwsEvent>> events_;  // by region, newest first
  std::map<std::string, Token> tokens_;
  std::map<std::string, std::deque<Instant>> recent_calls_;
  int limit_violations_ = 0;
  int calls_ = 0;
};

}  // namespace collector::sim

#endif  // COLLECTOR_TESTS_SIM_WORLD_H_
