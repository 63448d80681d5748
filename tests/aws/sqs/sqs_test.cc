// The answers of SQS. Its requests are compared with botocore's in tests/oracle.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/aws_fixture.h"
#include "aws/sqs/change_message_visibility_batch.h"
#include "aws/sqs/delete_message_batch.h"
#include "aws/sqs/get_queue_attributes.h"
#include "aws/sqs/get_queue_url.h"
#include "aws/sqs/receive_message.h"
#include "fakes/scripted_transport.h"

namespace collector::aws::sqs {
namespace {

using http::MakeResponse;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kUrl[] = "https://sqs.eu-west-1.amazonaws.com/123456789012/audit";

Result<ReceiveMessage::Response> Receive(const std::string& body) {
  return ReceiveMessage::Parse(MakeResponse(200, body));
}

TEST(ReceiveMessage, ReadsMessages) {
  const auto answer = Receive(R"({"Messages":[
    {"MessageId":"m-1","ReceiptHandle":"AQ\/==","MD5OfBody":"x","Body":"{\"a\":\"\u00fc\\n\"}",
     "Attributes":{"SentTimestamp":"1700000000123","ApproximateReceiveCount":"7",
                   "MessageGroupId":"g"}},
    {"MessageId":"m-2","ReceiptHandle":"B","Body":""}]})");
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  ASSERT_EQ(answer->messages.size(), 2u);
  const auto& first = answer->messages[0];
  EXPECT_EQ(first.id, "m-1");
  EXPECT_EQ(first.receipt_handle, "AQ/==");
  EXPECT_EQ(first.body, "{\"a\":\"\xc3\xbc\\n\"}");
  EXPECT_EQ(first.receive_count, 7);
  EXPECT_EQ(first.sent, Timestamp(Milliseconds(1'700'000'000'123)));
  EXPECT_EQ(first.group, "g");
  EXPECT_EQ(answer->messages[1].body, "");
  EXPECT_EQ(answer->messages[1].receive_count, 0);
  EXPECT_FALSE(answer->messages[1].sent.has_value());
}

TEST(ReceiveMessage, AnAnswerWithoutMessagesHasNone) {
  for (const char* body :
       {"{}", R"({"Messages":[]})", R"({"Messages":null})", R"({"Other":[1]})", " {\n} "}) {
    const auto answer = Receive(body);
    ASSERT_TRUE(answer.has_value()) << body << answer.error().message;
    EXPECT_TRUE(answer->messages.empty());
  }
}

TEST(ReceiveMessage, WhatCannotBeReadIsAskedForAgain) {
  const std::string good =
      R"({"Messages":[{"MessageId":"m","ReceiptHandle":"r","Body":"b","Attributes":{"A":"1"}}]})";
  ASSERT_TRUE(Receive(good).has_value());
  for (size_t size = 0; size < good.size(); ++size) {
    const auto answer = Receive(good.substr(0, size));
    ASSERT_FALSE(answer.has_value()) << good.substr(0, size);
    EXPECT_EQ(answer.error().kind, ErrorKind::kRetry);
  }
  for (const char* body : {"[]", "null", "<html>", R"({"Messages":{}})", R"({"Messages":[1]})",
                           R"({"Messages":[{"MessageId":"m","Body":"b"}]})",
                           R"({"Messages":[{"MessageId":"m","ReceiptHandle":"r"}]})", "{}{}"}) {
    EXPECT_FALSE(Receive(body).has_value()) << body;
  }
}

TEST(ReceiveMessage, ABodyKeepsItsBytesWhateverRoomIsBehindTheAnswer) {
  // With room it is read in place, without it from a copy.
  std::string text = R"({"Messages":[{"MessageId":"m","ReceiptHandle":"r","Body":")" +
                     std::string(100'000, 'x') + "\"}]}";
  for (const size_t room : {0u, 63u, 64u, 1'000u}) {
    http::Response answer;
    answer.body = text;
    answer.body.shrink_to_fit();
    answer.body.reserve(text.size() + room);
    const auto read = ReceiveMessage::Parse(answer);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->messages.at(0).body, std::string(100'000, 'x'));
  }
}

TEST(ReceiveMessage, TheTimeOutCoversTheLongPoll) {
  http::ScriptedTransport transport;
  AwsFixture aws(transport);
  transport.Enqueue(MakeResponse(200, "{}"));
  ReceiveMessage receive;
  receive.queue_url = kUrl;
  ASSERT_TRUE(aws.client("eu-west-1").Call(receive, {}).has_value());
  EXPECT_EQ(transport.requests().at(0).total_timeout, SessionOptions().total_timeout + Seconds(20));
  EXPECT_EQ(transport.requests().at(0).url, "https://sqs.eu-west-1.amazonaws.com/");
}

TEST(SqsBatch, EveryEntrySucceedsOrFailsByItself) {  // S-9
  const auto answer = DeleteMessageBatch::Parse(MakeResponse(200, R"({
    "Successful":[{"Id":"0"},{"Id":"9"}],
    "Failed":[{"Id":"3","SenderFault":true,"Code":"ReceiptHandleIsInvalid","Message":"no"},
              {"Id":"4","SenderFault":false,"Code":"InternalError"}]})"));
  ASSERT_TRUE(answer.has_value());
  EXPECT_THAT(answer->done, ElementsAre(0, 9));
  ASSERT_EQ(answer->failed.size(), 2u);
  EXPECT_EQ(answer->failed[0].entry, 3u);
  EXPECT_EQ(answer->failed[0].code, "ReceiptHandleIsInvalid");
  EXPECT_EQ(answer->failed[0].message, "no");
  EXPECT_TRUE(answer->failed[0].sender_fault);
  EXPECT_FALSE(answer->failed[1].sender_fault);
}

TEST(SqsBatch, ListsMayBeMissing) {
  const auto answer =
      ChangeMessageVisibilityBatch::Parse(MakeResponse(200, R"({"Successful":[{"Id":"0"}]})"));
  EXPECT_THAT(answer->done, ElementsAre(0));
  EXPECT_TRUE(DeleteMessageBatch::Parse(MakeResponse(200, R"({"Failed":null})"))->failed.empty());
}

TEST(SqsBatch, WhatCannotBeReadIsNoSuccess) {
  for (const char* body :
       {"", "[]", "<html>", R"({"Successful":[{"Id":"x"}]})", R"({"Successful":[{}]})",
        R"({"Failed":[{"Id":""}]})", R"({"Successful":[1]})", R"({"Successful":[{"Id":"-1"}]})",
        R"({"Successful":{"Id":"0"}})"}) {
    const auto answer = DeleteMessageBatch::Parse(MakeResponse(200, body));
    ASSERT_FALSE(answer.has_value()) << body;
    EXPECT_EQ(answer.error().kind, ErrorKind::kRetry);
  }
}

TEST(GetQueueAttributes, ReadsWhatIsThere) {
  const auto answer = GetQueueAttributes::Parse(MakeResponse(200, R"({"Attributes":{
    "QueueArn":"arn:aws:sqs:eu-west-1:123456789012:a.fifo","FifoQueue":"true",
    "VisibilityTimeout":"600","MessageRetentionPeriod":"345600","KmsMasterKeyId":"alias/k",
    "ApproximateNumberOfMessages":"12","ApproximateNumberOfMessagesNotVisible":"3",
    "RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:dead\",\"maxReceiveCount\":\"5\"}"}})"));
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->fifo);
  EXPECT_EQ(answer->visibility_timeout, Seconds(600));
  EXPECT_EQ(answer->retention, Seconds(345'600));
  EXPECT_EQ(answer->kms_key_id, "alias/k");
  EXPECT_EQ(answer->messages, 12);
  EXPECT_EQ(answer->messages_in_flight, 3);
  EXPECT_EQ(answer->dead_letter_arn, "arn:dead");
  EXPECT_EQ(answer->max_receive_count, 5);
}

TEST(GetQueueAttributes, WhatIsMissingIsNotThere) {
  const auto answer = GetQueueAttributes::Parse(MakeResponse(
      200, R"({"Attributes":{"RedrivePolicy":"not JSON","ApproximateNumberOfMessages":"many"}})"));
  ASSERT_TRUE(answer.has_value());
  EXPECT_FALSE(answer->fifo);
  EXPECT_EQ(answer->dead_letter_arn, "");
  EXPECT_FALSE(answer->messages.has_value());
  for (const char* body : {"", "[]", "{}", R"({"Attributes":[]})"}) {
    EXPECT_FALSE(GetQueueAttributes::Parse(MakeResponse(200, body)).has_value()) << body;
  }
}

TEST(GetQueueUrl, AnAnswerWithoutAUrlIsAskedForAgain) {
  EXPECT_EQ(GetQueueUrl::Parse(MakeResponse(200, R"({"QueueUrl":"u"})"))->url, "u");
  for (const char* body : {"", "[]", "{}", R"({"QueueUrl":1})"}) {
    const auto answer = GetQueueUrl::Parse(MakeResponse(200, body));
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().kind, ErrorKind::kRetry);
  }
}

struct SqsErrorCase {
  const char* name;
  const char* type;
  const char* query_error;
  ErrorKind kind;
  const char* says;
};
class SqsErrorTest : public testing::TestWithParam<SqsErrorCase> {};

TEST_P(SqsErrorTest, NamesTheQueueAndTheRemedy) {
  http::ScriptedTransport transport;
  AwsFixture aws(transport, {}, 0);
  std::vector<std::pair<std::string, std::string>> headers;
  if (GetParam().query_error[0] != '\0') {
    headers.emplace_back("x-amzn-query-error", GetParam().query_error);
  }
  transport.Enqueue(MakeResponse(
      400, std::string("{\"__type\":\"com.amazonaws.sqs#") + GetParam().type + "\"}", headers));
  const auto answer = aws.client("eu-west-1").Call(DeleteMessageBatch{kUrl, {"handle"}}, {});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, GetParam().kind);
  EXPECT_THAT(answer.error().message,
              HasSubstr("sqs:DeleteMessageBatch of queue audit in eu-west-1"));
  EXPECT_THAT(answer.error().message, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Answers, SqsErrorTest,
    testing::Values(
        SqsErrorCase{"NoQueue", "QueueDoesNotExist", "", ErrorKind::kNotFound,
                     "check the queue's name, its account and its region"},
        SqsErrorCase{"NoQueueInTheOldWords", "QueueDoesNotExist",
                     "AWS.SimpleQueueService.NonExistentQueue;Sender", ErrorKind::kNotFound,
                     "check the queue's name, its account and its region"},
        SqsErrorCase{"TooManyInFlight", "OverLimit", "", ErrorKind::kThrottled, "OverLimit"},
        SqsErrorCase{"Throttled", "RequestThrottled", "", ErrorKind::kThrottled, "throttled"},
        SqsErrorCase{"KeyDenied", "KmsAccessDenied", "KMS.AccessDeniedException;Sender",
                     ErrorKind::kRejected, "allow kms:Decrypt"},
        SqsErrorCase{"KeyDisabled", "KmsDisabled", "", ErrorKind::kRejected,
                     "see that the key exists, is enabled"},
        SqsErrorCase{"KeyMissing", "KmsNotFound", "KMS.NotFoundException;Sender",
                     ErrorKind::kRejected, "see that the key exists"},
        SqsErrorCase{"KeyThrottled", "KmsThrottled", "KMS.ThrottlingException;Sender",
                     ErrorKind::kThrottled, "throttled"},
        SqsErrorCase{"Denied", "AccessDeniedException", "", ErrorKind::kRejected,
                     "allow sqs:DeleteMessage in"}),
    [](const auto& error) { return error.param.name; });

}  // namespace
}  // namespace collector::aws::sqs
