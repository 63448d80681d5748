#include "aws/signing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/time_text.h"

namespace collector::aws {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

Credentials ExampleCredentials() {
  return {"AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), Secret(), {}, "test"};
}

http::Request MakeRequest(std::string method, std::string url) {
  http::Request request;
  request.method = std::move(method);
  request.url = std::move(url);
  return request;
}

std::string Authorization(http::Request request, std::string_view service = "service",
                          const Credentials& credentials = ExampleCredentials(),
                          std::string_view time = "2015-08-30T12:36:00Z") {
  Signer signer;
  const auto signature = signer.Sign(request, credentials, "us-east-1", service, *ParseTime(time));
  if (!signature) return signature.error().message;
  return *request.headers.Find("Authorization");
}

// --- AWS's own vectors: the SigV4 test suite, and the examples of its documentation.

TEST(Signer, SignsTheSuitesPlainGet) {
  EXPECT_EQ(Authorization(MakeRequest("GET", "https://example.amazonaws.com/")),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date, "
            "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST(Signer, SignsTheSuitesPlainPost) {
  EXPECT_THAT(
      Authorization(MakeRequest("POST", "https://example.amazonaws.com/")),
      EndsWith("Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"));
}

TEST(Signer, SignsTheSuitesParametersInTheirOrder) {
  EXPECT_THAT(
      Authorization(
          MakeRequest("GET", "https://example.amazonaws.com/?Param2=value2&Param1=value1")),
      EndsWith("Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"));
}

TEST(Signer, SignsTheDocumentationsListUsers) {
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
  auto request =
      MakeRequest("GET", "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08");
  request.headers.Add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  EXPECT_THAT(
      Authorization(request, "iam"),
      EndsWith("Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"));
}

TEST(Signer, SignsTheDocumentationsS3Get) {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
  auto request = MakeRequest("GET", "https://examplebucket.s3.amazonaws.com/test.txt");
  request.headers.Add("Range", "bytes=0-9");
  const Credentials credentials{
      "AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), Secret(), {}, ""};
  EXPECT_EQ(Authorization(request, "s3", credentials, "2013-05-24T00:00:00Z"),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

// --- what is signed

std::string Canonical(const http::Request& request, std::string_view service) {
  std::string names;
  return CanonicalRequest(request, service, &names);
}

TEST(CanonicalRequest, EncodesPathsTwiceButForS3) {
  const auto request = MakeRequest("GET", "https://h/a%20b/%2F");
  EXPECT_THAT(Canonical(request, "logs"), testing::StartsWith("GET\n/a%2520b/%252F\n"));
  EXPECT_THAT(Canonical(request, "s3"), testing::StartsWith("GET\n/a%20b/%2F\n"));
}

TEST(CanonicalRequest, NormalisesPathsButForS3) {
  const auto request = MakeRequest("GET", "https://h/./a//b/../c/");
  EXPECT_THAT(Canonical(request, "logs"), testing::StartsWith("GET\n/a/c/\n"));
  EXPECT_THAT(Canonical(request, "s3"), testing::StartsWith("GET\n/./a//b/../c/\n"));
  EXPECT_THAT(Canonical(MakeRequest("GET", "https://h/../.."), "logs"),
              testing::StartsWith("GET\n/\n"));
}

TEST(CanonicalRequest, SortsParametersByNameThenValueAndGivesEachAnEqualsSign) {
  EXPECT_THAT(Canonical(MakeRequest("GET", "https://h/?b=2&a=2&a=1&c&a-=0&"), "logs"),
              testing::StartsWith("GET\n/\n=&a=1&a=2&a-=0&b=2&c=\n"));
}

TEST(CanonicalRequest, JoinsHeadersOfOneNameAndTrimsTheirValues) {
  auto request = MakeRequest("GET", "https://h/");
  request.headers.Add("X-B", "  two   words ");
  request.headers.Add("x-a", "2");
  request.headers.Add("X-A", "1");
  EXPECT_THAT(Canonical(request, "logs"), HasSubstr("\nx-a:2,1\nx-b:two words\n\nx-a;x-b\n"));
}

TEST(CanonicalRequest, LeavesOutHeadersThatProxiesChange) {
  auto request = MakeRequest("GET", "https://h/");
  request.headers.Add("User-Agent", "a");
  request.headers.Add("Connection", "close");
  request.headers.Add("Expect", "100-continue");
  request.headers.Add("Range", "bytes=0-1");
  EXPECT_THAT(Canonical(request, "logs"), HasSubstr("\nrange:bytes=0-1\n\nrange\n"));
}

TEST(Signer, SignsTheSessionToken) {
  Credentials credentials = ExampleCredentials();
  credentials.session_token = Secret("session/token==");
  auto request = MakeRequest("GET", "https://example.amazonaws.com/");
  Signer signer;
  ASSERT_TRUE(signer.Sign(request, credentials, "us-east-1", "logs", Timestamp{}).has_value());
  EXPECT_EQ(*request.headers.Find("X-Amz-Security-Token"), "session/token==");
  EXPECT_THAT(*request.headers.Find("Authorization"),
              HasSubstr("SignedHeaders=host;x-amz-date;x-amz-security-token,"));
}

TEST(Signer, TakesAnotherKeyWhenTheSecretTheDayTheRegionOrTheServiceChanges) {
  Signer signer;
  const auto sign = [&](const Credentials& credentials, std::string_view region,
                        std::string_view service, std::string_view time) {
    auto request = MakeRequest("GET", "https://example.amazonaws.com/");
    EXPECT_TRUE(signer.Sign(request, credentials, region, service, *ParseTime(time)).has_value());
    return *request.headers.Find("Authorization");
  };
  Credentials other = ExampleCredentials();
  other.secret_access_key = Secret("another");
  const std::vector<std::string> signatures = {
      sign(ExampleCredentials(), "us-east-1", "logs", "2026-01-01"),
      sign(ExampleCredentials(), "us-east-2", "logs", "2026-01-01"),
      sign(ExampleCredentials(), "us-east-1", "sqs", "2026-01-01"),
      sign(ExampleCredentials(), "us-east-1", "logs", "2026-01-02"),
      sign(other, "us-east-1", "logs", "2026-01-01")};
  for (size_t i = 0; i < signatures.size(); ++i) {
    for (size_t j = 0; j < i; ++j) EXPECT_NE(signatures[i], signatures[j]) << i << " " << j;
  }
  // And the first again, from the kept keys or not, as a fresh signer signs it.
  Signer fresh;
  auto request = MakeRequest("GET", "https://example.amazonaws.com/");
  ASSERT_TRUE(
      fresh.Sign(request, ExampleCredentials(), "us-east-1", "logs", *ParseTime("2026-01-01"))
          .has_value());
  EXPECT_EQ(*request.headers.Find("Authorization"),
            sign(ExampleCredentials(), "us-east-1", "logs", "2026-01-01"));
}

TEST(Signer, RejectsAUrlThatIsNone) {
  auto request = MakeRequest("GET", "example.amazonaws.com");
  Signer signer;
  const auto signature =
      signer.Sign(request, ExampleCredentials(), "us-east-1", "logs", Timestamp{});
  ASSERT_FALSE(signature.has_value());
  EXPECT_EQ(signature.error().kind, ErrorKind::kRejected);
}

TEST(Sha256Hex, HashesAsTheWorldDoes) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace collector::aws
