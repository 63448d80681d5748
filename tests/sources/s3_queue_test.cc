#include "sources/s3_queue.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sources/queue_fixture.h"

namespace collector {
namespace {

using http::MakeResponse;

class S3QueueTest : public QueueTest {
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
    queue_ =
        std::make_shared<S3Queue>(NewContext(), NewClient(), settings_, QueueSettings{queue, ""});
    for (int i = -2; i < settings_.parallel_objects; ++i) queue_->AddWorker([] {});
    Step(*queue_, steps);
  }

  Result<http::Response> Answer(const http::Request& request) {
    const std::string operation = OperationOf(request);
    calls_ += operation.empty() ? "GetObject " : operation + " ";
    if (operation.empty()) {
      payer_ = Header(request, "x-amz-request-payer");
      return object_;
    }
    if (operation == "GetQueueUrl") return url_;
    if (operation == "GetQueueAttributes") return attributes_;
    if (operation == "ReceiveMessage") {
      if (std::exchange(received_, true)) return MakeResponse(200, "{}");
      std::string body = body_;
      if (body.empty()) {
        body = R"({"Records":[)" + RecordOf("ObjectCreated:Put", key_, size_) + "]}";
      }
      return MakeResponse(200, R"({"Messages":[)" + MessageText("m", "r", body) + "]}");
    }
    changed_ += operation == "ChangeMessageVisibilityBatch" ? request.body : "";
    return MakeResponse(200, R"({"Successful":[{"Id":"0"}]})");
  }

  // An entry of S3's notification.
  static std::string RecordOf(const std::string& event, const std::string& key, int64_t size) {
    return fmt::format(
        R"({{"eventName":"{}","s3":{{"bucket":{{"name":"b"}},"object":{{"key":"{}","size":{}}}}}}})",
        event, key, size);
  }

  static http::Response S3Error(int status, const std::string& code) {
    return MakeResponse(status, "<Error><Code>" + code + "</Code><Message>m</Message></Error>");
  }

  S3LogsSettings settings_;
  std::shared_ptr<S3Queue> queue_;

  std::string key_;
  int64_t size_ = 0;
  std::string body_;  // of the message, instead of one that announces the object
  bool received_ = false;
  std::string payer_;
  http::Response object_ = MakeResponse(200, "version start\n2 1\n2 2\n", {{"ETag", "\"e\""}});
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
  ForgetClaims();
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
    ForgetClaims();
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
    const std::string operation = OperationOf(request);
    const bool is_object = operation.empty();
    in_flight += is_object;
    most_in_flight = std::max(most_in_flight, in_flight);
    if ((is_object || operation == "ReceiveMessage") && in_flight < kMost) {
      (void)queue_->Work(2 + worker++ % kMost, {});
    }
    in_flight -= is_object;
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
    ForgetClaims();
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
    ForgetClaims();
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
  End(*queue_);
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
