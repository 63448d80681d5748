#include "s3/fake_sqs.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace collector::bench {
namespace {

using nlohmann::json;

constexpr Instant kStart{Seconds(1000)};

class FakeSqsTest : public testing::Test {
 protected:
  std::optional<HttpAnswer> Call(const std::string& operation, json input, Instant now = kStart,
                                 uint64_t caller = 1) {
    if (operation != "GetQueueUrl") input["QueueUrl"] = "http://127.0.0.1:1/123456789012/logs";
    const std::string target = "AmazonSQS." + operation;
    const std::string body = input.dump();
    HttpRequest request;
    request.host = "127.0.0.1:1";
    request.amz_target = target;
    request.body = body;
    return sqs_.Handle(request, caller, now);
  }
  static json Body(const std::optional<HttpAnswer>& answer) {
    if (!answer) return "nothing";
    return json::parse(answer->head.substr(answer->head.find("\r\n\r\n") + 4));
  }
  json Messages(int most, Instant now = kStart) {
    return Body(Call("ReceiveMessage", {{"MaxNumberOfMessages", most}}, now))["Messages"];
  }

  FakeSqs sqs_{Milliseconds(30'000), Seconds(0)};
};

TEST_F(FakeSqsTest, FindsAQueueByItsNameAndNoOther) {
  sqs_.Queue("logs");
  EXPECT_EQ(Body(Call("GetQueueUrl", {{"QueueName", "logs"}}))["QueueUrl"],
            "http://127.0.0.1:1/123456789012/logs");
  const auto missing = Call("GetQueueUrl", {{"QueueName", "other"}});
  EXPECT_EQ(missing->status, 400);
  EXPECT_EQ(Body(missing)["__type"], "com.amazonaws.sqs#QueueDoesNotExist");
  EXPECT_THAT(missing->head,
              testing::HasSubstr("x-amzn-query-error: AWS.SimpleQueueService.NonExistentQueue"));
}

TEST_F(FakeSqsTest, ALongPollWakesWhenAMessageComes) {
  SqsQueue& queue = sqs_.Queue("logs");
  EXPECT_FALSE(Call("ReceiveMessage", {{"WaitTimeSeconds", 20}}, kStart, 7));
  EXPECT_EQ(sqs_.NextEvent(), kStart + Seconds(20));
  EXPECT_TRUE(sqs_.TakeLate(kStart + Seconds(1)).empty());
  queue.Send("{\"a\":\"\\\"\"}", kStart + Seconds(2));
  const auto late = sqs_.TakeLate(kStart + Seconds(2));
  ASSERT_EQ(late.size(), 1U);
  EXPECT_EQ(late[0].first, 7U);
  const json message = Body(late[0].second)["Messages"][0];
  EXPECT_EQ(message["Body"], "{\"a\":\"\\\"\"}");
  EXPECT_EQ(message["MD5OfBody"], "0b342baf0a55b589fcd7b98ab2df9bcc");
  EXPECT_TRUE(sqs_.TakeLate(kStart + Seconds(60)).empty());
}

TEST_F(FakeSqsTest, ALongPollEndsEmptyAtItsTime) {
  sqs_.Queue("logs");
  EXPECT_FALSE(Call("ReceiveMessage", {{"WaitTimeSeconds", 2}}));
  const auto late = sqs_.TakeLate(kStart + Seconds(2));
  ASSERT_EQ(late.size(), 1U);
  EXPECT_EQ(Body(late[0].second), json::object());
}

TEST_F(FakeSqsTest, ALongPollWakesWhenAMessageComesBack) {
  sqs_.Queue("logs").Send("body", kStart);
  EXPECT_EQ(Messages(10).size(), 1U);
  EXPECT_FALSE(Call("ReceiveMessage", {{"WaitTimeSeconds", 20}, {"AttributeNames", {"All"}}},
                    kStart + Seconds(15)));
  EXPECT_EQ(sqs_.NextEvent(), kStart + Seconds(30));
  const auto late = sqs_.TakeLate(kStart + Seconds(30));
  ASSERT_EQ(late.size(), 1U);
  const json message = Body(late[0].second)["Messages"][0];
  EXPECT_EQ(message["Attributes"]["ApproximateReceiveCount"], "2");
  EXPECT_EQ(message["Attributes"]["SentTimestamp"], "1000000");
}

TEST_F(FakeSqsTest, WhatACallerWhoHasGoneWaitedForGoesToTheNext) {
  SqsQueue& queue = sqs_.Queue("logs");
  EXPECT_FALSE(Call("ReceiveMessage", {{"WaitTimeSeconds", 20}}, kStart, 1));
  EXPECT_FALSE(Call("ReceiveMessage", {{"WaitTimeSeconds", 20}}, kStart, 2));
  sqs_.Forget(1);
  queue.Send("body", kStart);
  const auto late = sqs_.TakeLate(kStart);
  ASSERT_EQ(late.size(), 1U);
  EXPECT_EQ(late[0].first, 2U);
}

TEST_F(FakeSqsTest, ABatchOfDeletesTellsOfEachEntry) {
  SqsQueue& queue = sqs_.Queue("logs");
  for (int i = 0; i < 3; ++i) queue.Send("body", kStart);
  json entries = json::array();
  for (const json& message : Messages(10)) {
    entries.push_back(
        {{"Id", std::to_string(entries.size())}, {"ReceiptHandle", message["ReceiptHandle"]}});
  }
  entries[1]["ReceiptHandle"] = "no handle";
  const json answer = Body(Call("DeleteMessageBatch", {{"Entries", entries}}));
  EXPECT_EQ(answer["Successful"], json::parse(R"([{"Id":"0"},{"Id":"2"}])"));
  ASSERT_EQ(answer["Failed"].size(), 1U);
  EXPECT_EQ(answer["Failed"][0]["Id"], "1");
  EXPECT_EQ(answer["Failed"][0]["Code"], "ReceiptHandleIsInvalid");
  EXPECT_EQ(queue.counts().deleted, 2U);
}

TEST_F(FakeSqsTest, ABatchHasUpToTenEntriesWithDifferentIds) {
  sqs_.Queue("logs");
  json entries = json::array();
  const auto type = [&] {
    return Body(Call("DeleteMessageBatch", {{"Entries", entries}}))["__type"];
  };
  EXPECT_EQ(type(), "com.amazonaws.sqs#EmptyBatchRequest");
  for (int i = 0; i < 11; ++i) entries.push_back({{"Id", std::to_string(i)}});
  EXPECT_EQ(type(), "com.amazonaws.sqs#TooManyEntriesInBatchRequest");
  entries = json::parse(R"([{"Id":"a"},{"Id":"a"}])");
  EXPECT_EQ(type(), "com.amazonaws.sqs#BatchEntryIdsNotDistinct");
}

TEST_F(FakeSqsTest, ABatchOfVisibilityChangesKeepsAndGivesBack) {
  SqsQueue& queue = sqs_.Queue("logs");
  for (int i = 0; i < 2; ++i) queue.Send("body", kStart);
  const json messages = Messages(10);
  const json entries = {
      {{"Id", "a"}, {"ReceiptHandle", messages[0]["ReceiptHandle"]}, {"VisibilityTimeout", 300}},
      {{"Id", "b"}, {"ReceiptHandle", messages[1]["ReceiptHandle"]}, {"VisibilityTimeout", 0}}};
  const json answer = Body(Call("ChangeMessageVisibilityBatch", {{"Entries", entries}}));
  EXPECT_EQ(answer["Successful"].size(), 2U);
  EXPECT_EQ(queue.counts().visible, 1U);
  EXPECT_EQ(Messages(10, kStart + Seconds(60)).size(), 1U);
  const json again =
      Body(Call("ChangeMessageVisibilityBatch", {{"Entries", {entries[1]}}}, kStart + Seconds(60)));
  EXPECT_EQ(again["Failed"][0]["Code"], "AWS.SimpleQueueService.MessageNotInflight");
}

}  // namespace
}  // namespace collector::bench
