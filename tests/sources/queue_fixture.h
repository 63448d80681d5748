// What the tests of the queues (S3Queue, EventQueue) share: an account in which a test says what
// SQS answers, an output that delivers at once or when it is told to, and the steps of the workers.
// Used by one thread.
#ifndef COLLECTOR_TESTS_SOURCES_QUEUE_FIXTURE_H_
#define COLLECTOR_TESTS_SOURCES_QUEUE_FIXTURE_H_

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "aws/session.h"
#include "base/time_text.h"
#include "fakes/fake_clock.h"
#include "fakes/scripted_transport.h"
#include "sources/source_context.h"
#include "sources/sqs_queue.h"

namespace collector {

class OneKey : public aws::CredentialsProvider {
 public:
  Result<aws::Credentials> Get(std::stop_token) override {
    return aws::Credentials{"KEY1", Secret("wJalrSECRET"), Secret(""), {}, "the test"};
  }
  void Refuse(const aws::Credentials&) override {}
};

// For an end that comes before its deadline: then waits only end when they are told to.
class ClockAtTheEnd : public FakeClock {
 public:
  using FakeClock::FakeClock;
  bool WaitUntil(Instant when, std::stop_token stop) override {
    if (!is_end) return FakeClock::WaitUntil(when, std::move(stop));
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any().wait(lock, std::move(stop), [] { return false; });
    return false;
  }
  std::atomic<bool> is_end = false;
};

// Delivers all that it is given at once, or holds it.
class Taker : public Output {
 public:
  const std::string& name() const override { return name_; }
  Status Submit(Batch batch, std::stop_token) override {
    for (size_t i = 0; i < batch.records->size(); ++i) {
      messages.emplace_back((*batch.records)[i].message);
      tags.push_back(batch.records->tag());
    }
    if (holds) {
      held.push_back(std::move(batch));
    } else {
      batch.ack.Resolve(Outcome::kDelivered);
    }
    return {};
  }
  Status Close(Instant) override { return {}; }

  std::vector<std::string> messages;
  std::vector<std::string> tags;  // of the messages
  bool holds = false;
  std::vector<Batch> held;

 private:
  const std::string name_ = "taker";
};

class QueueTest : public testing::Test {
 protected:
  // Calls by the target's last part: "ReceiveMessage".
  static std::string OperationOf(const http::Request& request) {
    const std::string target = Header(request, "X-Amz-Target");
    return target.substr(target.find('.') + 1);
  }
  static std::string Header(const http::Request& request, std::string_view name) {
    const std::string* const value = request.headers.Find(name);
    return value == nullptr ? "" : *value;
  }
  bool Called(const std::string& name) const { return calls_.find(name) != std::string::npos; }

  // A message as it stands in the answer to ReceiveMessage.
  static std::string MessageText(const std::string& id, const std::string& receipt,
                                 std::string body) {
    for (size_t at = 0; (at = body.find_first_of("\"\\", at)) != std::string::npos; at += 2) {
      body.insert(at, 1, '\\');
    }
    return fmt::format(R"({{"MessageId":"{}","ReceiptHandle":"{}","Body":"{}",)"
                       R"("Attributes":{{"ApproximateReceiveCount":"1"}}}})",
                       id, receipt, body);
  }

  std::unique_ptr<aws::Client> NewClient() {
    aws::SessionOptions options;
    options.credentials = std::make_shared<OneKey>();
    options.retries.retries = 0;
    auto session = std::make_shared<aws::Session>(
        aws::Runtime{transport_, clock_, events_, limiters_, skew_}, options);
    session->RememberAccount("KEY1", "123456789012");
    return std::make_unique<aws::Client>(session, "eu-west-1");
  }

  SourceContext NewContext() {
    return {clock_, events_, *positions_, *claims_, output_, "", {}, once_};
  }

  // What is known of a process before ends with it; what is stored remains.
  void ForgetClaims() { claims_ = std::make_unique<PositionClaims>(); }

  // As many steps, by the keeper and the first worker in turn.
  void Step(SqsQueue& queue, int steps) {
    for (int step = 0; step < steps; ++step) {
      queue.Settle();
      (void)queue.Work(static_cast<size_t>(step % 2), {});
      clock_.Advance(Milliseconds(300));
    }
  }

  void End(SqsQueue& queue) {
    clock_.is_end = true;
    queue.End(clock_.MonotonicNow() + Seconds(5));
    clock_.is_end = false;
  }

  bool once_ = false;
  ClockAtTheEnd clock_{*ParseTime("2026-11-24T03:00:00Z")};
  std::string log_;
  Events events_{[this](Level, std::string_view line) { log_.append(line).append("\n"); }};
  http::ScriptedTransport transport_;
  aws::RateLimiters limiters_{clock_};
  aws::ClockSkew skew_{clock_, events_};
  std::unique_ptr<PositionStore> positions_ = NewMemoryPositionStore();
  std::unique_ptr<PositionClaims> claims_ = std::make_unique<PositionClaims>();
  Taker output_;

  std::string calls_;    // all that were made, by name
  std::string changed_;  // the bodies of the changes of visibility
  http::Response url_ = http::MakeResponse(
      200, R"({"QueueUrl":"https://sqs.eu-west-1.amazonaws.com/123456789012/q"})");
  http::Response attributes_ = http::MakeResponse(200, R"({"Attributes":{}})");
};

}  // namespace collector

#endif  // COLLECTOR_TESTS_SOURCES_QUEUE_FIXTURE_H_
