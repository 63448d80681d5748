#include "sources/s3_queue.h"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "aws/session.h"
#include "base/time_text.h"
#include "fakes/fake_clock.h"
#include "fakes/scripted_transport.h"

namespace collector {
namespace {

using http::MakeResponse;

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

// Delivers all that it is given at once.
class Taker : public Output {
 public:
  const std::string& name() const override { return name_; }
  Status Submit(Batch batch, std::stop_token) override {
    for (size_t i = 0; i < batch.records->size(); ++i) {
      messages.emplace_back((*batch.records)[i].message);
    }
    batch.ack.Resolve(Outcome::kDelivered);
    return {};
  }
  Status Close(Instant) override { return {}; }
  std::vector<std::string> messages;

 private:
  const std::string name_ = "taker";
};

class S3QueueTest : public testing::Test {
 protected:
  S3QueueTest() {
    settings_.service.name = "logs";
    settings_.parallel_objects = 1;  // one that waits is read before more are received
    settings_.formats.push_back(*FindObjectFormat("vpc-flow"));
    settings_.formats[0].name = "own";
    settings_.formats[0].keys = {*KeyPattern::Parse("own/**")};
    transport_.set_handler([this](const http::Request& request) { return Answer(request); });
  }

  // Announces this object, and works until nothing is left to do, or this many steps.
  void Run(const std::string& key, int64_t size = 100, const std::string& queue = "q",
           int steps = 12) {
    key_ = key;
    size_ = size;
    aws::SessionOptions options;
    options.credentials = std::make_shared<OneKey>();
    options.retries.retries = 0;
    auto session = std::make_shared<aws::Session>(
        aws::Runtime{transport_, clock_, events_, limiters_, skew_}, options);
    session->RememberAccount("KEY1", "123456789012");
    const SourceContext context{clock_, events_, *positions_, *claims_, output_, "", {}};
    queue_ = std::make_shared<S3Queue>(context, std::make_unique<aws::Client>(session, "eu-west-1"),
                                       settings_, QueueSettings{queue, ""});
    queue_->AddWorker([] {});
    queue_->AddWorker([] {});
    ObjectDecoder decoder(queue_->settings());
    for (int step = 0; step < steps; ++step) {
      queue_->Settle();
      (void)queue_->Work(static_cast<size_t>(step % 2), decoder, {});
      clock_.Advance(Milliseconds(300));
    }
  }

  Result<http::Response> Answer(const http::Request& request) {
    const std::string target = Header(request, "X-Amz-Target");
    calls_ += target.empty() ? "GetObject " : target.substr(target.find('.') + 1) + " ";
    if (target.empty()) {
      payer_ = Header(request, "x-amz-request-payer");
      return object_;
    }
    if (target.ends_with(".GetQueueUrl")) return url_;
    if (target.ends_with(".GetQueueAttributes")) return attributes_;
    if (target.ends_with(".ReceiveMessage")) {
      if (std::exchange(received_, true)) return MakeResponse(200, "{}");
      return MakeResponse(
          200,
          fmt::format(
              R"({{"Messages":[{{"MessageId":"m","ReceiptHandle":"r","Body":)"
              R"("{{\"Records\":[{{\"eventName\":\"ObjectCreated:Put\",\"s3\":{{)"
              R"(\"bucket\":{{\"name\":\"b\"}},\"object\":{{\"key\":\"{}\",\"size\":{}}}}}}}]}}",)"
              R"("Attributes":{{"ApproximateReceiveCount":"1"}}}}]}})",
              key_, size_));
    }
    changed_ += target.ends_with(".ChangeMessageVisibilityBatch") ? request.body : "";
    return MakeResponse(200, R"({"Successful":[{"Id":"0"}]})");
  }

  static std::string Header(const http::Request& request, std::string_view name) {
    const std::string* const value = request.headers.Find(name);
    return value == nullptr ? "" : *value;
  }
  bool Called(const std::string& name) const { return calls_.find(name) != std::string::npos; }
  static http::Response S3Error(int status, const std::string& code) {
    return MakeResponse(status, "<Error><Code>" + code + "</Code><Message>m</Message></Error>");
  }

  ClockAtTheEnd clock_{*ParseTime("2026-11-24T03:00:00Z")};
  std::string log_;
  Events events_{[this](Level, std::string_view line) { log_.append(line).append("\n"); }};
  http::ScriptedTransport transport_;
  aws::RateLimiters limiters_{clock_};
  aws::ClockSkew skew_{clock_, events_};
  std::unique_ptr<PositionStore> positions_ = NewMemoryPositionStore();
  std::unique_ptr<PositionClaims> claims_ = std::make_unique<PositionClaims>();
  Taker output_;
  S3LogsSettings settings_;
  std::shared_ptr<S3Queue> queue_;

  std::string key_;
  int64_t size_ = 0;
  bool received_ = false;
  std::string calls_;
  std::string changed_;
  std::string payer_;
  http::Response object_ = MakeResponse(200, "version start\n2 1\n2 2\n", {{"ETag", "\"e\""}});
  http::Response url_ =
      MakeResponse(200, R"({"QueueUrl":"https://sqs.eu-west-1.amazonaws.com/123456789012/q"})");
  http::Response attributes_ = MakeResponse(200, R"({"Attributes":{}})");
};

TEST_F(S3QueueTest, DeliversAnObjectAndThenDeletesItsMessage) {
  Run("own/a");
  EXPECT_EQ(output_.messages, (std::vector<std::string>{"2 1", "2 2"}));
  EXPECT_TRUE(calls_.starts_with("GetQueueUrl GetQueueAttributes ReceiveMessage ")) << calls_;
  EXPECT_LT(calls_.find("GetObject"), calls_.find("DeleteMessageBatch")) << calls_;
  EXPECT_TRUE(Called("DeleteMessageBatch")) << calls_;
  EXPECT_EQ(payer_, "");
}

TEST_F(S3QueueTest, BeginsWithAQueuesUrlAlsoWhenItMayNotBeInspected) {
  attributes_ = MakeResponse(403, R"({"__type":"AccessDenied","message":"no"})");
  Run("own/a", 100, "https://sqs.eu-west-1.amazonaws.com/123456789012/q");
  EXPECT_FALSE(Called("GetQueueUrl"));
  EXPECT_EQ(output_.messages.size(), 2U);
}

TEST_F(S3QueueTest, ReceivesNothingFromAQueueThatIsMissing) {
  url_ = MakeResponse(400, R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no"})");
  Run("own/a");
  EXPECT_FALSE(Called("ReceiveMessage")) << calls_;
  EXPECT_EQ(events_.counts().pulls_given_up, 1U);
}

TEST_F(S3QueueTest, CountsNothingForAnObjectThatItCannotOpen) {
  transport_.set_handler([this](const http::Request& request) {
    auto answer = Answer(request);
    if (key_ == "own/a" && Called("DeleteMessageBatch")) {
      key_ = "own/b";
      received_ = false;
      object_ = S3Error(503, "SlowDown");
    }
    return answer;
  });
  Run("own/a", 100, "q", 24);
  EXPECT_GE(events_.counts().objects_not_read, 1U);
  EXPECT_EQ(events_.counts().records_read, 2U);
}

// S-11
TEST_F(S3QueueTest, DeletesTheMessageOfAnObjectThatIsGone) {
  object_ = S3Error(404, "NoSuchKey");
  Run("own/a");
  EXPECT_TRUE(Called("DeleteMessageBatch")) << calls_;
  EXPECT_EQ(events_.counts().objects_gone, 1U);
}

TEST_F(S3QueueTest, KeepsTheMessageOfAnObjectThatCannotBeRead) {
  const std::vector<std::pair<int, std::string>> refusals = {
      {403, "AccessDenied"}, {503, "SlowDown"}, {404, "NoSuchBucket"}, {403, "InvalidObjectState"}};
  for (const auto& [status, code] : refusals) {
    object_ = S3Error(status, code);
    received_ = false;
    claims_ = std::make_unique<PositionClaims>();
    calls_ = changed_ = "";
    Run("own/a");
    EXPECT_FALSE(Called("DeleteMessageBatch")) << code << calls_;
    EXPECT_NE(changed_.find(R"("VisibilityTimeout":30)"), std::string::npos) << code << changed_;
  }
}

TEST_F(S3QueueTest, KeepsTheMessageOfAKeyThatNoFormatRecognises) {
  Run("other/a");
  EXPECT_FALSE(Called("GetObject") || Called("DeleteMessageBatch")) << calls_;
  EXPECT_EQ(events_.counts().objects_not_read, 1U);
}

// S-15
TEST_F(S3QueueTest, IsDoneAtOnceWithAFolder) {
  Run("other/");
  EXPECT_FALSE(Called("GetObject"));
  EXPECT_TRUE(Called("DeleteMessageBatch")) << calls_;
}

TEST_F(S3QueueTest, IsDoneAtOnceWithAnEmptyObject) {
  Run("own/a", 0);
  EXPECT_FALSE(Called("GetObject"));
  EXPECT_TRUE(Called("DeleteMessageBatch")) << calls_;
}

TEST_F(S3QueueTest, LeavesOutKeysThatAreToBeDropped) {
  settings_.drop_keys = {*KeyPattern::Parse("own/a*")};
  Run("own/abc");
  EXPECT_FALSE(Called("GetObject"));
  EXPECT_TRUE(Called("DeleteMessageBatch")) << calls_;
}

// D-5
TEST_F(S3QueueTest, GivesBackAtTheEndWhatIsNotDelivered) {
  Run("own/a", 100, "q", 2);  // received, not read
  EXPECT_TRUE(Called("ReceiveMessage")) << calls_;
  clock_.is_end = true;
  queue_->End(clock_.MonotonicNow() + Seconds(5));
  EXPECT_FALSE(Called("GetObject") || Called("DeleteMessageBatch")) << calls_;
  EXPECT_NE(changed_.find(R"("VisibilityTimeout":0)"), std::string::npos) << changed_;
}

// S-17
TEST_F(S3QueueTest, SaysThatTheRequesterPays) {
  settings_.requester_pays = true;
  Run("own/a");
  EXPECT_EQ(payer_, "requester");
}

}  // namespace
}  // namespace collector
