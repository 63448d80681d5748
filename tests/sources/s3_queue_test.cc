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
    for (int i = -2; i < settings_.parallel_objects; ++i) queue_->AddWorker([] {});
    for (int step = 0; step < steps; ++step) {
      queue_->Settle();
      (void)queue_->Work(static_cast<size_t>(step % 2), {});
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
      std::string body = body_;
      if (body.empty()) {
        body = R"({"Records":[)" + RecordOf("ObjectCreated:Put", key_, size_) + "]}";
      }
      for (size_t at = 0; (at = body.find('"', at)) != std::string::npos; at += 2) {
        body.insert(at, 1, '\\');
      }
      return MakeResponse(
          200, fmt::format(R"({{"Messages":[{{"MessageId":"m","ReceiptHandle":"r","Body":"{}",)"
                           R"("Attributes":{{"ApproximateReceiveCount":"1"}}}}]}})",
                           body));
    }
    changed_ += target.ends_with(".ChangeMessageVisibilityBatch") ? request.body : "";
    return MakeResponse(200, R"({"Successful":[{"Id":"0"}]})");
  }

  // An entry of S3's notification.
  static std::string RecordOf(const std::string& event, const std::string& key, int64_t size) {
    return fmt::format(
        R"({{"eventName":"{}","s3":{{"bucket":{{"name":"b"}},"object":{{"key":"{}","size":{}}}}}}})",
        event, key, size);
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
  std::string body_;  // of the message, instead of one that announces the object
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

// S-10, S-18
TEST_F(S3QueueTest, WarnsOfAQueueThatForgetsOrThatNobodyCanSendTo) {
  attributes_ = MakeResponse(200, R"({"Attributes":{"KmsMasterKeyId":"alias/aws/sqs"}})");
  Run("own/a");
  EXPECT_NE(log_.find("has no dead-letter queue"), std::string::npos) << log_;
  EXPECT_NE(log_.find("kms:GenerateDataKey"), std::string::npos) << log_;
  log_.clear();
  claims_ = std::make_unique<PositionClaims>();
  attributes_ = MakeResponse(200, R"({"Attributes":{"KmsMasterKeyId":"alias/of-ones-own",)"
                                  R"("RedrivePolicy":"{\"deadLetterTargetArn\":\"a\"}"}})");
  Run("own/b");
  EXPECT_EQ(log_, "");
}

// S-20
TEST_F(S3QueueTest, WarnsOfAFifoQueue) {
  Run("own/a", 100, "https://sqs.eu-west-1.amazonaws.com/123456789012/q.fifo");
  EXPECT_NE(log_.find("S3 itself cannot notify one"), std::string::npos) << log_;
  EXPECT_EQ(output_.messages.size(), 2U);  // EventBridge can
}

// S-2, S-6
TEST_F(S3QueueTest, CountsAndDeletesWhatAnnouncesNoNewObject) {
  for (const std::string& body :
       {std::string(R"({"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"})"),
        R"({"Records":[)" + RecordOf("ObjectRemoved:Delete", "own/a", 100) + "]}"}) {
    body_ = body;
    received_ = false;
    claims_ = std::make_unique<PositionClaims>();
    calls_ = "";
    Run("");
    EXPECT_FALSE(Called("GetObject")) << body;
    EXPECT_TRUE(Called("DeleteMessageBatch")) << body;
  }
  EXPECT_EQ(events_.counts().other_announcements, 2U);
}

// S-10
TEST_F(S3QueueTest, KeepsAMessageThatCannotBeUnderstood) {
  body_ = "this is no notification";
  Run("");
  EXPECT_FALSE(Called("DeleteMessageBatch")) << calls_;
  EXPECT_NE(changed_.find(R"("VisibilityTimeout":30)"), std::string::npos) << changed_;
}

// S-24
TEST_F(S3QueueTest, ReadsSmallObjectsSideBySide) {
  constexpr size_t kMost = 8;
  settings_.parallel_objects = kMost;
  std::string records = RecordOf("ObjectCreated:Put", "own/0", 100);
  for (size_t i = 1; i < kMost; ++i) {
    records += "," + RecordOf("ObjectCreated:Put", fmt::format("own/{}", i), 100);
  }
  body_ = R"({"Records":[)" + records + "]}";
  size_t worker = 0;
  size_t in_flight = 0;
  size_t most_in_flight = 0;
  // While an answer is on its way the next worker does what there is to do.
  transport_.set_handler([&](const http::Request& request) {
    const std::string target = Header(request, "X-Amz-Target");
    in_flight += target.empty();
    most_in_flight = std::max(most_in_flight, in_flight);
    if ((target.empty() || target.ends_with(".ReceiveMessage")) && in_flight < kMost) {
      (void)queue_->Work(2 + worker++ % kMost, {});
    }
    in_flight -= target.empty();
    return Answer(request);
  });
  Run("", 100, "q", 30);
  EXPECT_EQ(most_in_flight, kMost);
  EXPECT_EQ(output_.messages.size(), 2 * kMost);
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

TEST_F(S3QueueTest, PassesOverWhatServicesWriteToTryTheBucket) {
  for (const char* name : {"ELBAccessLogTestFile", "ELBConnectionLogTestFile",
                           "ELBHealthCheckLogTestFile", "Config/ConfigWritabilityCheckFile"}) {
    received_ = false;
    claims_ = std::make_unique<PositionClaims>();
    calls_ = "";
    Run(std::string("AWSLogs/123456789012/") + name);
    EXPECT_FALSE(Called("GetObject")) << name;
    EXPECT_TRUE(Called("DeleteMessageBatch")) << name << calls_;
  }
  EXPECT_EQ(events_.counts().objects_not_read, 0U);
}

// S-21
TEST_F(S3QueueTest, LeavesOutKeysThatAreToBeDroppedAndSaysThatNobodyElseGetsThem) {
  settings_.drop_keys = {*KeyPattern::Parse("own/a*")};
  Run("own/abc");
  EXPECT_NE(log_.find("who else reads this queue does not get them"), std::string::npos) << log_;
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
