// Caller: calls AWS in one region while it is set up, and remembers what was refused, so that the
// statement which is missing can be named. Owned by Account; one thread.
#ifndef COLLECTOR_SETUP_CALLER_H_
#define COLLECTOR_SETUP_CALLER_H_

#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "aws/client.h"
#include "aws/session.h"
#include "base/clock.h"
#include "base/result.h"

namespace collector::setup {

class Caller {
 public:
  Caller(const std::shared_ptr<aws::Session>& session, std::string region, std::stop_token stop)
      : clock_(session->runtime().clock),
        client_(session, std::move(region)),
        stop_(std::move(stop)) {}

  template <typename Operation>
  Result<typename Operation::Response> Call(const Operation& operation) {
    permission_ = std::string(Operation::kInfo.permission);
    if (permission_.empty()) permission_ = aws::Name(Operation::kInfo);
    return client_.Call(operation, stop_);
  }

  // False: the program is to end.
  bool Wait(std::chrono::nanoseconds time) { return clock_.WaitFor(time, stop_); }

  // "sqs:CreateQueue": what the last call needed.
  const std::string& permission() const { return permission_; }
  const std::string& region() const { return client_.region(); }
  aws::Client& client() { return client_; }

 private:
  Clock& clock_;
  aws::Client client_;
  const std::stop_token stop_;
  std::string permission_;
};

// Account: the AWS account of one input, all its regions. Owned by who sets it up; one thread.
class Account {
 public:
  Account(std::shared_ptr<aws::Session> session, std::stop_token stop)
      : session_(std::move(session)), stop_(std::move(stop)) {}

  Caller& In(const std::string& region) {
    auto found = callers_.find(region);
    if (found == callers_.end()) {
      found = callers_.emplace(region, std::make_unique<Caller>(session_, region, stop_)).first;
    }
    return *found->second;
  }

  // The account's number; empty: not to be had, which whoever needs it will tell.
  Result<std::string> Number(const std::string& region) {
    return In(region).client().AccountId(stop_);
  }
  const std::stop_token& stop() const { return stop_; }

 private:
  const std::shared_ptr<aws::Session> session_;
  const std::stop_token stop_;
  std::map<std::string, std::unique_ptr<Caller>, std::less<>> callers_;
};

}  // namespace collector::setup

#endif  // COLLECTOR_SETUP_CALLER_H_
