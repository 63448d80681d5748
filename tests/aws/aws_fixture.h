// What tests of the AWS client need around it: a session with a fake clock over a transport of the
// test. One thread.
#ifndef COLLECTOR_TESTS_AWS_AWS_FIXTURE_H_
#define COLLECTOR_TESTS_AWS_AWS_FIXTURE_H_

#include <memory>
#include <string>
#include <string_view>

#include "aws/client.h"
#include "base/time_text.h"
#include "fakes/fake_clock.h"

namespace collector::aws {

class AwsFixture {
 public:
  explicit AwsFixture(http::Transport& transport, EndpointOptions endpoints = {}, int retries = 3)
      : session_(std::make_shared<Session>(Runtime{transport, clock_, events_, limiters_, skew_},
                                           MakeOptions(std::move(endpoints), retries))) {}

  Session& session() { return *session_; }
  FakeClock& clock() { return clock_; }
  Events& events() { return events_; }
  Client& client(const std::string& region = "us-east-1") {
    client_ = std::make_unique<Client>(session_, region);
    return *client_;
  }

 private:
  static SessionOptions MakeOptions(EndpointOptions endpoints, int retries) {
    SessionOptions options;
    options.credentials = std::make_shared<StaticCredentials>(
        Credentials{"KEY", Secret("secret"), {}, {}, "the test"});
    options.endpoints = std::move(endpoints);
    options.retries.retries = retries;
    return options;
  }

  FakeClock clock_{*ParseTime("2026-11-24T03:00:00Z")};
  Events events_{[](Level, std::string_view) {}, Level::kError};
  RateLimiters limiters_{clock_};
  ClockSkew skew_{clock_, events_};
  std::shared_ptr<Session> session_;
  std::unique_ptr<Client> client_;
};

}  // namespace collector::aws

#endif  // COLLECTOR_TESTS_AWS_AWS_FIXTURE_H_
