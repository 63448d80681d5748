// What the simulator's worlds are made of: the seeded generator that decides everything, how bad
// things are, the abrupt death of the process, and an AWS account as the network shows it: it
// answers at the level of HTTP, late, wrongly or not at all. Used by one thread.
#ifndef COLLECTOR_TESTS_SIM_WORLD_H_
#define COLLECTOR_TESTS_SIM_WORLD_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <random>
#include <string>

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
  size_t Pick(size_t count) {
    return static_cast<size_t>(Between(0, static_cast<int64_t>(count) - 1));
  }
  // As often as `chance` says, a rate below `most`; else 0.
  double Rate(double chance, double most) {
    return Chance(chance) ? std::uniform_real_distribution<>(0, most)(engine) : 0;
  }
  std::mt19937_64 engine;
};

// How bad things are, drawn from the seed: mostly, how likely something is at each call.
struct Faults {
  double throttle = 0;
  double server_error = 0;
  double reset_before = 0;  // the request never arrives
  double reset_after = 0;   // the answer is lost
  double truncated = 0;
  double denied = 0;
  double lost_token = 0;
  double output_fails = 0;
  double output_resets = 0;
  double store_fails = 0;
  double kill = 0;  // at each call of a seam

  // Of queues and objects.
  double outage = 0;       // a service answers nothing for a while
  double entry_fails = 0;  // of a batch that SQS else takes
  double broken_body = 0;  // an object's, before its end
  double overtaken = 0;    // a call of SQS that others overtake
  double standstill = 0;   // of the whole process, for longer than messages stay hidden
  double end = 0;          // the program is told to stop, in order
};

// An answer that refuses the request, as the service that was asked writes it.
http::Response Refusal(const http::Request& request, int status, const std::string& code,
                       const std::string& message);

// What a request asks for: the last part of its X-Amz-Target, empty where it has none.
std::string OperationOf(const http::Request& request);

// "https://cloudtrail.eu-west-1.amazonaws.com/": the second label is the region.
std::string RegionOfEndpoint(const std::string& url);

// A folder for the state of one seed.
struct TemporaryDirectory {
  TemporaryDirectory();
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

// The network's side of an account; what there is in it, a subclass knows.
class Account : public http::Transport {
 public:
  Account(FakeClock& clock, Random& random, const Faults& faults)
      : clock_(clock), random_(random), faults_(faults) {}

  Result<http::Response> Send(const http::Request& request, std::stop_token stop) override;

  int calls() const { return calls_; }

 protected:
  // A call begins, whatever becomes of it.
  virtual void Asked(const http::Request& request) { (void)request; }
  virtual Result<http::Response> Answer(const http::Request& request, std::stop_token stop) = 0;
  // What was answered last does not arrive.
  virtual void Lost() {}
  // The time that a call takes.
  virtual void Pass(Milliseconds time) { clock_.Advance(time); }

  // The faults that keep a request from being answered.
  std::optional<Result<http::Response>> Interfere(const http::Request& request);

  FakeClock& clock_;
  Random& random_;
  const Faults& faults_;

 private:
  int calls_ = 0;
};

}  // namespace collector::sim

#endif  // COLLECTOR_TESTS_SIM_WORLD_H_
