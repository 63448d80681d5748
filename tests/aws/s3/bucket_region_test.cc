// S-16: a bucket in another region than the one that asks. How requests look is compared with
// botocore's in tests/oracle.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/aws_fixture.h"
#include "aws/s3/bucket_endpoint.h"
#include "aws/s3/get_object.h"
#include "fakes/scripted_transport.h"

namespace collector::aws::s3 {
namespace {

using http::MakeResponse;
using testing::HasSubstr;
using testing::StartsWith;

struct RedirectCase {
  const char* name;
  int status;
  const char* body;
  const char* header;  // x-amz-bucket-region; empty: none
};
class RedirectTest : public testing::TestWithParam<RedirectCase> {};

TEST_P(RedirectTest, IsFollowedOnceAndRemembered) {
  http::ScriptedTransport transport;
  AwsFixture aws(transport);
  std::vector<std::pair<std::string, std::string>> headers;
  if (GetParam().header[0] != '\0') headers.emplace_back("x-amz-bucket-region", GetParam().header);
  transport.Enqueue(MakeResponse(GetParam().status, GetParam().body, headers));
  transport.Enqueue(MakeResponse(200, "bytes"));
  transport.Enqueue(MakeResponse(200, "more"));
  Client& client = aws.client("us-east-1");
  const auto first = client.Open(GetObject{.bucket = "logs", .key = "k"}, {});
  ASSERT_TRUE(first.has_value()) << first.error().message;
  EXPECT_EQ(*(*first)->Read({}), "bytes");
  const auto requests = transport.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].url, "https://logs.s3.us-east-1.amazonaws.com/k");
  EXPECT_EQ(requests[1].url, "https://logs.s3.eu-west-1.amazonaws.com/k");
  EXPECT_THAT(*requests[1].headers.Find("Authorization"), HasSubstr("/eu-west-1/s3/aws4_request"));
  EXPECT_EQ(aws.clock().MonotonicNow(), Instant{});  // without a wait

  // The other clients of the session know it as well.
  ASSERT_TRUE(aws.client("us-west-2").Open(GetObject{.bucket = "logs", .key = "l"}, {}));
  EXPECT_THAT(transport.requests().at(2).url, StartsWith("https://logs.s3.eu-west-1."));
}

INSTANTIATE_TEST_SUITE_P(
    Answers, RedirectTest,
    testing::Values(
        RedirectCase{"Moved", 301, "<Error><Code>PermanentRedirect</Code></Error>", "eu-west-1"},
        RedirectCase{"MovedWithoutABody", 301, "", "eu-west-1"},
        RedirectCase{"WrongSignature", 400,
                     "<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region "
                     "'us-east-1' is wrong; expecting 'eu-west-1'</Message>"
                     "<Region>eu-west-1</Region></Error>",
                     ""},
        RedirectCase{"OptInRegion", 400,
                     "<Error><Code>IllegalLocationConstraintException</Code></Error>",
                     "eu-west-1"}),
    [](const auto& redirect) { return redirect.param.name; });

TEST(BucketRegion, IsTakenFromWhoeverKnewItBefore) {
  http::ScriptedTransport transport;
  AwsFixture aws(transport);
  aws.session().RememberBucketRegion("logs", "ap-south-1");
  transport.Enqueue(MakeResponse(200, ""));
  ASSERT_TRUE(aws.client().Open(GetObject{.bucket = "logs", .key = "k"}, {}));
  EXPECT_THAT(transport.requests().at(0).url, StartsWith("https://logs.s3.ap-south-1."));
}

TEST(BucketRegion, AMistakenOneIsCorrected) {
  http::ScriptedTransport transport;
  AwsFixture aws(transport);
  aws.session().RememberBucketRegion("logs", "ap-south-1");
  transport.Enqueue(MakeResponse(301, "", {{"x-amz-bucket-region", "eu-west-1"}}));
  transport.Enqueue(MakeResponse(200, ""));
  ASSERT_TRUE(aws.client().Open(GetObject{.bucket = "logs", .key = "k"}, {}));
  EXPECT_EQ(aws.session().BucketRegion("logs"), "eu-west-1");
}

TEST(BucketRegion, TwoThatPointAtEachOtherMakeNoLoop) {
  http::ScriptedTransport transport;
  AwsFixture aws(transport);
  transport.set_handler([](const http::Request& request) -> Result<http::Response> {
    const bool west = request.url.find("eu-west-1") != std::string::npos;
    return MakeResponse(301, "", {{"x-amz-bucket-region", west ? "eu-west-2" : "eu-west-1"}});
  });
  const auto answer = aws.client().Open(GetObject{.bucket = "logs", .key = "k"}, {});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, ErrorKind::kRejected);
  EXPECT_EQ(transport.requests().size(), 2u);
}

TEST(BucketRegion, WhatIsNoRegionIsNotFollowed) {
  // It would become the host that a signed request goes to.
  http::ScriptedTransport transport;
  AwsFixture aws(transport);
  transport.set_handler([](const http::Request&) -> Result<http::Response> {
    return MakeResponse(301, "", {{"x-amz-bucket-region", "evil.example/"}});
  });
  EXPECT_FALSE(aws.client().Open(GetObject{.bucket = "logs", .key = "k"}, {}));
  EXPECT_EQ(transport.requests().size(), 1u);
  for (const char* region : {"", "evil.example", "us-east-1.evil.example", "us-east-1/"}) {
    aws.session().RememberBucketRegion("logs", region);
    EXPECT_FALSE(aws.session().BucketRegion("logs").has_value()) << region;
  }
}

TEST(BucketRegion, ARefusalInTheRightRegionIsOne) {
  http::ScriptedTransport transport;
  AwsFixture aws(transport);
  transport.Enqueue(MakeResponse(403, "<Error><Code>AccessDenied</Code></Error>",
                                 {{"x-amz-bucket-region", "us-east-1"}}));
  EXPECT_FALSE(aws.client().Open(GetObject{.bucket = "logs", .key = "k"}, {}));
  EXPECT_EQ(transport.requests().size(), 1u);
}

TEST(BucketRegion, AnEndpointOfOnesOwnKeepsItsAddress) {
  http::ScriptedTransport transport;
  EndpointOptions options;
  options.endpoint_url = "http://127.0.0.1:4566";
  AwsFixture aws(transport, options);
  aws.session().RememberBucketRegion("logs", "eu-west-1");
  transport.Enqueue(MakeResponse(200, ""));
  ASSERT_TRUE(aws.client().Open(GetObject{.bucket = "logs", .key = "a b"}, {}));
  const auto request = transport.requests().at(0);
  EXPECT_EQ(request.url, "http://127.0.0.1:4566/logs/a%20b");
  EXPECT_THAT(*request.headers.Find("Authorization"), HasSubstr("/eu-west-1/s3/"));
}

TEST(BucketRegion, ABucketWithoutANameIsRejected) {
  http::ScriptedTransport transport;
  AwsFixture aws(transport);
  const auto answer = aws.client().Open(GetObject{.key = "k"}, {});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, ErrorKind::kRejected);
  EXPECT_TRUE(transport.requests().empty());
}

TEST(BucketEndpoint, NoNameReachesAnotherHost) {
  const Endpoint s3{"https://s3.eu-west-1.amazonaws.com", "eu-west-1", false};
  for (const char* bucket :
       {"evil.example/", "a@b", "logs#", "..", "-logs", "logs-", "LOGS", "ab"}) {
    EXPECT_THAT(BucketEndpoint(s3, bucket)->url, StartsWith("https://s3.eu-west-1.amazonaws.com/"))
        << bucket;
  }
}

// --- Client::Open()

TEST(ClientOpen, RetriesAndClassifiesLikeACall) {
  http::ScriptedTransport transport;
  AwsFixture aws(transport);
  transport.Enqueue(MakeResponse(500, "<Error><Code>InternalError</Code></Error>"));
  transport.Enqueue(Fail(ErrorKind::kRetry, "reset"));
  transport.Enqueue(MakeResponse(503, "<Error><Code>SlowDown</Code></Error>"));
  transport.Enqueue(MakeResponse(206, "tail", {{"Content-Range", "bytes 1-4/5"}}));
  const auto exchange =
      aws.client().Open(GetObject{.bucket = "logs", .key = "k", .range_start = 1}, {});
  ASSERT_TRUE(exchange.has_value()) << exchange.error().message;
  EXPECT_EQ((*exchange)->status(), 206);
  EXPECT_EQ(*(*exchange)->Read({}), "tail");
  EXPECT_EQ(aws.events().counts().aws_retries, 3u);
  EXPECT_EQ(aws.events().counts().aws_throttles, 1u);
}

}  // namespace
}  // namespace collector::aws::s3
