#include "aws/sts/get_caller_identity.h"

#include <gtest/gtest.h>

#include "fakes/scripted_transport.h"

namespace collector::aws::sts {
namespace {

constexpr char kAnswer[] =
    R"(<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetCallerIdentityResult>
    <Arn>arn:aws:iam::123456789012:user/collector</Arn>
    <UserId>AIDACKCEVSQ6C2EXAMPLE</UserId>
    <Account>123456789012</Account>
  </GetCallerIdentityResult>
  <ResponseMetadata><RequestId>01234567-89ab</RequestId></ResponseMetadata>
</GetCallerIdentityResponse>)";

TEST(GetCallerIdentity, IsAFormWithActionAndVersion) {
  const auto parts = GetCallerIdentity{}.ToRequest();
  EXPECT_EQ(parts.method, "POST");
  EXPECT_EQ(parts.body, "Action=GetCallerIdentity&Version=2011-06-15");
}

TEST(GetCallerIdentity, ReadsAccountAndArn) {
  const auto identity = GetCallerIdentity::Parse(http::MakeResponse(200, kAnswer));
  ASSERT_TRUE(identity.has_value());
  EXPECT_EQ(identity->account, "123456789012");
  EXPECT_EQ(identity->arn, "arn:aws:iam::123456789012:user/collector");
}

TEST(GetCallerIdentity, WhatNamesNoAccountIsAnErrorToRetry) {
  for (const char* body :
       {"", "{}", "<html><body>Sign in</body></html>", "<GetCallerIdentityResponse/>",
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>12</Account>"
        "</GetCallerIdentityResult></GetCallerIdentityResponse>"}) {
    const auto identity = GetCallerIdentity::Parse(http::MakeResponse(200, body));
    ASSERT_FALSE(identity.has_value()) << body;
    EXPECT_EQ(identity.error().kind, ErrorKind::kRetry);
  }
}

}  // namespace
}  // namespace collector::aws::sts
