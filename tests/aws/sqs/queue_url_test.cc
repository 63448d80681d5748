#include "aws/sqs/queue_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace collector::aws::sqs {
namespace {

struct UrlCase {
  const char* url;
  const char* region;
  const char* account;
  const char* name;
};
class QueueUrlTest : public testing::TestWithParam<UrlCase> {};

TEST_P(QueueUrlTest, IsTakenApart) {
  EXPECT_TRUE(IsQueueUrl(GetParam().url));
  const auto queue = ReadQueueUrl(GetParam().url);
  ASSERT_TRUE(queue.has_value()) << queue.error().message;
  EXPECT_EQ(queue->region, GetParam().region);
  EXPECT_EQ(queue->account, GetParam().account);
  EXPECT_EQ(queue->name, GetParam().name);
  EXPECT_EQ(QueueNameOf(GetParam().url), GetParam().name);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, QueueUrlTest,
    testing::Values(
        UrlCase{"https://sqs.eu-west-1.amazonaws.com/123456789012/audit", "eu-west-1",
                "123456789012", "audit"},
        UrlCase{"https://sqs.eu-west-1.amazonaws.com/123456789012/audit.fifo", "eu-west-1",
                "123456789012", "audit.fifo"},
        UrlCase{"https://sqs-fips.us-east-1.amazonaws.com/123456789012/a", "us-east-1",
                "123456789012", "a"},
        UrlCase{"https://sqs.us-east-1.api.aws/123456789012/a/", "us-east-1", "123456789012", "a"},
        UrlCase{"https://sqs.cn-north-1.amazonaws.com.cn/123456789012/a", "cn-north-1",
                "123456789012", "a"},
        UrlCase{"https://eu-west-1.queue.amazonaws.com/123456789012/a", "eu-west-1", "123456789012",
                "a"},
        UrlCase{"https://queue.amazonaws.com/123456789012/a", "us-east-1", "123456789012", "a"},
        UrlCase{"https://vpce-0a1-b2.sqs.eu-west-1.vpce.amazonaws.com/123456789012/a", "eu-west-1",
                "123456789012", "a"},
        UrlCase{"http://127.0.0.1:4566/000000000000/a", "", "000000000000", "a"},
        UrlCase{"http://sqs.us-east-1.localhost.localstack.cloud:4566/000000000000/a", "us-east-1",
                "000000000000", "a"},
        UrlCase{"http://localhost:9324/queue/a", "", "", "a"}));

TEST(QueueUrl, AUrlWithoutAQueueIsRejectedWithAnExample) {
  for (const char* url : {"https://sqs.eu-west-1.amazonaws.com", "https://h/", "https://h/q?x=1",
                          "ftp://h/1/q", "https://user@h/1/q", "audit"}) {
    const auto queue = ReadQueueUrl(url);
    ASSERT_FALSE(queue.has_value()) << url;
    EXPECT_EQ(queue.error().kind, ErrorKind::kRejected);
  }
}

TEST(QueueUrl, ANameIsNoUrl) {
  for (const char* name : {"audit", "audit.fifo", "a_b-c", ""}) EXPECT_FALSE(IsQueueUrl(name));
  EXPECT_EQ(QueueNameOf("audit"), "audit");
  EXPECT_EQ(QueueNameOf("arn:aws:sqs:eu-west-1:123456789012:audit"), "audit");
}

TEST(QueueUrl, AFifoQueueIsKnownByItsEnd) {
  EXPECT_TRUE(IsFifo("https://sqs.eu-west-1.amazonaws.com/123456789012/audit.fifo"));
  EXPECT_FALSE(IsFifo("audit"));
  EXPECT_FALSE(IsFifo(".fifo"));
}

}  // namespace
}  // namespace collector::aws::sqs
