#include "aws/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/cloudtrail/lookup_events.h"
#include "fakes/scripted_transport.h"

namespace collector::aws {
namespace {

using http::MakeResponse;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr OperationInfo kLookup = cloudtrail::LookupEvents::kInfo;
const CallContext kContext{kLookup, "us-east-1", "", "the configuration (access_key)"};

TEST(ReadRefusal, ReadsAJsonError) {
  const auto refusal =
      ReadRefusal(MakeResponse(400, R"({"__type":"ThrottlingException","message":"Rate exceeded"})",
                               {{"x-amzn-RequestId", "r"}}));
  EXPECT_EQ(refusal.code, "ThrottlingException");
  EXPECT_EQ(refusal.message, "Rate exceeded");
  EXPECT_EQ(refusal.request_id, "r");
}

TEST(ReadRefusal, StripsTheNamespaceAndWhatFollowsAColon) {
  EXPECT_EQ(
      ReadRefusal(MakeResponse(400, R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist"})")).code,
      "QueueDoesNotExist");
  EXPECT_EQ(ReadRefusal(
                MakeResponse(400, "{}",
                             {{"x-amzn-ErrorType", "a.b#ValidationException:http://internal/x/"}}))
                .code,
            "ValidationException");
}

TEST(ReadRefusal, ReadsTheMessageUnderAnyOfItsNames) {
  for (const char* name : {"message", "Message", "errorMessage"}) {
    EXPECT_EQ(ReadRefusal(MakeResponse(400, std::string("{\"") + name + "\":\"m\"}")).message, "m");
  }
}

TEST(ReadRefusal, TheQueryCodeOfAJsonServiceCounts) {
  const auto refusal = ReadRefusal(
      MakeResponse(400, R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"none"})",
                   {{"x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender"}}));
  EXPECT_EQ(refusal.code, "AWS.SimpleQueueService.NonExistentQueue");
  EXPECT_EQ(KindOf(refusal.code, 400), ErrorKind::kNotFound);
}

class XmlRefusalTest : public testing::TestWithParam<const char*> {};

TEST_P(XmlRefusalTest, IsReadWhateverTheServiceAndTheContentType) {
  const auto refusal =
      ReadRefusal(MakeResponse(403, GetParam(), {{"Content-Type", "application/x-amz-json-1.1"}}));
  EXPECT_EQ(refusal.code, "AccessDenied");
  EXPECT_EQ(refusal.message, "User is not authorized");
  EXPECT_EQ(refusal.request_id, "r-1");
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, XmlRefusalTest,
    testing::Values(
        // STS and IAM
        "<ErrorResponse xmlns=\"x\"><Error><Type>Sender</Type><Code>AccessDenied</Code>"
        "<Message>User is not authorized</Message></Error><RequestId>r-1</RequestId>"
        "</ErrorResponse>",
        // moto's STS
        "<ErrorResponse><Errors><Error><Code>AccessDenied</Code><Message>User is not authorized"
        "</Message></Error></Errors><RequestId>r-1</RequestId></ErrorResponse>",
        // EC2
        "<?xml version=\"1.0\"?>\n<Response><Errors><Error><Code>AccessDenied</Code><Message>User "
        "is not authorized</Message></Error></Errors><RequestID>r-1</RequestID></Response>",
        // S3
        "\n<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>User is not authorized"
        "</Message><Key>k</Key><RequestId>r-1</RequestId><HostId>h</HostId></Error>"));

TEST(ReadRefusal, TellsAPageFromAnAnswer) {
  const auto refusal = ReadRefusal(MakeResponse(
      502, "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body></html>"));
  EXPECT_EQ(refusal.code, "");
  EXPECT_EQ(refusal.message, "a page titled \"502 Bad Gateway\" instead of an answer");
  EXPECT_EQ(ReadRefusal(MakeResponse(500, "<<<")).message, "a page instead of an answer");
}

TEST(ReadRefusal, TakesNothingBadly) {
  for (const char* body : {"", " \n", "{", "[1]", "{\"__type\":7,\"message\":{}}", "plain text",
                           "{\"message\":\"\\ud800\"}", "<Error><Code>", "\xff\xfe"}) {
    const auto refusal = ReadRefusal(MakeResponse(500, body));
    const Error error = MakeError(kContext, refusal, 500);
    EXPECT_EQ(error.kind, ErrorKind::kRetry) << body;
    EXPECT_THAT(error.message, HasSubstr("(HTTP 500")) << body;
  }
}

TEST(ReadRefusal, DropsTheCanonicalRequestThatAwsRepeats) {  // it holds the session token
  const auto refusal = ReadRefusal(MakeResponse(
      403,
      R"({"__type":"InvalidSignatureException","message":"The request signature we calculated )"
      R"(does not match.\n\nThe Canonical String for this request should have been\n'POST\n/\n\n)"
      R"(x-amz-security-token:TOPSECRET\n'"})"));
  EXPECT_EQ(refusal.message, "The request signature we calculated does not match.");
}

TEST(OneLine, HasNoControlCharactersAndAnEnd) {
  EXPECT_EQ(OneLine("a\r\n\tb\x1b[31m\x7f", 100), "a b [31m");
  EXPECT_EQ(OneLine("abcdef", 3), "abc...");
  EXPECT_EQ(OneLine("a\xc3\xbc", 2), "a...");  // no half characters
  EXPECT_EQ(OneLine("abc", 3), "abc");
}

// --- kinds

struct KindCase {
  const char* code;
  int status;
  ErrorKind kind;
};

TEST(KindOf, NamesTheNextMove) {
  constexpr KindCase kCases[] = {
      {"ThrottlingException", 400, ErrorKind::kThrottled},  // T-8
      {"Throttling", 400, ErrorKind::kThrottled},
      {"RequestLimitExceeded", 503, ErrorKind::kThrottled},
      {"SlowDown", 503, ErrorKind::kThrottled},
      {"ProvisionedThroughputExceededException", 400, ErrorKind::kThrottled},
      {"", 429, ErrorKind::kThrottled},
      {"Whatever", 429, ErrorKind::kThrottled},
      {"InternalError", 500, ErrorKind::kRetry},
      {"RequestTimeout", 400, ErrorKind::kRetry},
      {"", 500, ErrorKind::kRetry},
      {"", 502, ErrorKind::kRetry},
      {"", 503, ErrorKind::kRetry},
      {"", 504, ErrorKind::kRetry},
      {"NotFoundish", 500, ErrorKind::kRetry},
      {"", 408, ErrorKind::kRetry},
      {"ExpiredToken", 400, ErrorKind::kCredentials},
      {"ExpiredTokenException", 400, ErrorKind::kCredentials},
      {"InvalidClientTokenId", 403, ErrorKind::kCredentials},
      {"UnrecognizedClientException", 400, ErrorKind::kCredentials},
      {"SignatureDoesNotMatch", 403, ErrorKind::kCredentials},
      {"ResourceNotFoundException", 400, ErrorKind::kNotFound},
      {"NoSuchKey", 404, ErrorKind::kNotFound},
      {"QueueDoesNotExist", 400, ErrorKind::kNotFound},
      {"", 404, ErrorKind::kNotFound},
      {"AccessDenied", 403, ErrorKind::kRejected},
      {"AccessDenied", 404, ErrorKind::kRejected},
      {"ValidationException", 400, ErrorKind::kRejected},
      {"InvalidNextTokenException", 400, ErrorKind::kRejected},
      {"", 301, ErrorKind::kRejected},
      {"", 403, ErrorKind::kRejected},
      {"", 501, ErrorKind::kRejected},
  };
  for (const KindCase& c : kCases) {
    EXPECT_EQ(KindOf(c.code, c.status), c.kind) << c.code << " " << c.status;
  }
}

// --- sentences

Error ErrorFor(const std::string& code, const std::string& message, int status,
               const CallContext& context = kContext) {
  return MakeError(context, Refusal{code, message, "req-1"}, status);
}

TEST(MakeError, SaysWhatWasRefusedWhereWhyAndWhatToDo) {
  const Error error = ErrorFor("AccessDeniedException",
                               "User: arn:aws:iam::1:user/c is not authorized to perform: "
                               "cloudtrail:LookupEvents",
                               400);
  EXPECT_EQ(
      error.message,
      "cloudtrail:LookupEvents in us-east-1 was refused: AccessDeniedException: User: "
      "arn:aws:iam::1:user/c is not authorized to perform: cloudtrail:LookupEvents (HTTP 400, "
      "request id req-1); allow cloudtrail:LookupEvents in the policies of that user or role, "
      "and see that no service control policy denies it");
  EXPECT_EQ(error.kind, ErrorKind::kRejected);
  EXPECT_EQ(error.code, "AccessDeniedException");
}

TEST(MakeError, NamesTheAccountWhenItIsKnown) {
  const CallContext context{kLookup, "us-east-1", "123456789012", "x"};
  EXPECT_THAT(
      ErrorFor("X", "m", 400, context).message,
      testing::StartsWith("cloudtrail:LookupEvents in us-east-1 (account 123456789012) was"));
}

TEST(MakeError, HasARemedyForEachKindOfWrongCredentials) {
  EXPECT_THAT(ErrorFor("SignatureDoesNotMatch", "m", 403).message,
              EndsWith("the secret of the configuration (access_key) does not belong to its access "
                       "key; copy both again"));
  EXPECT_THAT(ErrorFor("InvalidClientTokenId", "m", 403).message,
              HasSubstr("does not exist, is inactive, or its account has not enabled us-east-1"));
  EXPECT_THAT(ErrorFor("ExpiredToken", "m", 403).message, HasSubstr("has expired; get new ones"));
  EXPECT_THAT(ErrorFor("OptInRequired", "m", 403).message, HasSubstr("not enabled us-east-1"));
}

TEST(MakeError, AWrongClockIsNotAWrongSecret) {
  EXPECT_THAT(ErrorFor("RequestTimeTooSkewed", "m", 403).message, HasSubstr("the clock of this"));
  EXPECT_THAT(ErrorFor("RequestExpired", "m", 400).message, HasSubstr("timedatectl"));
}

TEST(MakeError, SaysThrottledAndFailedForWhatMayPass) {
  EXPECT_THAT(ErrorFor("ThrottlingException", "Rate exceeded", 400).message,
              HasSubstr("us-east-1 was throttled: ThrottlingException: Rate exceeded (HTTP 400"));
  EXPECT_THAT(ErrorFor("", "", 503).message,
              HasSubstr("us-east-1 failed: an answer without a word (HTTP 503"));
}

TEST(MakeError, SuspectsTheEndpointWhenTheAnswerIsNotAwss) {
  EXPECT_THAT(ErrorFor("", "a page titled \"Login\" instead of an answer", 403).message,
              HasSubstr("check the endpoint URL and the proxy"));
  EXPECT_THAT(ErrorFor("", "", 301).message, HasSubstr("check the region"));
}

TEST(MakeError, BracesInAMessageAreJustBraces) {
  EXPECT_THAT(ErrorFor("X", "a {permission} {} {0}", 400).message,
              HasSubstr("a {permission} {} {0}"));
}

TEST(MakeError, SuggestsTheNearestRegionForAnUnknownHost) {
  const CallContext context{kLookup, "us-esat-1", "", "x"};
  const Error error = MakeError(context, Error{ErrorKind::kRetry, "the name h cannot be resolved",
                                               std::string(http::kUnknownHost)});
  EXPECT_EQ(error.kind, ErrorKind::kRetry);
  EXPECT_EQ(error.message,
            "cloudtrail:LookupEvents in us-esat-1 failed: the name h cannot be resolved; is "
            "us-esat-1 a region of AWS? The nearest known name is us-east-1");
}

TEST(MakeError, BlamesDnsWhenTheRegionIsRight) {
  const Error error =
      MakeError(kContext, Error{ErrorKind::kRetry, "no", std::string(http::kUnknownHost)});
  EXPECT_THAT(error.message, HasSubstr("DNS"));
  EXPECT_THAT(error.message, Not(HasSubstr("nearest")));
}

TEST(MakeError, PointsToTheCaBundle) {
  EXPECT_THAT(MakeError(kContext, Error{ErrorKind::kRejected, "no", std::string(http::kNotTrusted)})
                  .message,
              HasSubstr("AWS_CA_BUNDLE"));
}

}  // namespace
}  // namespace collector::aws
