// Every region and variant is compared with botocore's in tests/oracle/test_endpoints.py; here is
// what needs no botocore.
#include "aws/endpoints.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace collector::aws {
namespace {

using testing::HasSubstr;

std::string UrlOf(const Service& service, std::string_view region, EndpointOptions options = {}) {
  const auto endpoint = ResolveEndpoint(service, region, options);
  return endpoint ? endpoint->url : endpoint.error().message;
}

EndpointOptions With(Environment::Variables variables) {
  EndpointOptions options;
  options.environment = Environment(std::move(variables));
  return options;
}

TEST(Endpoints, AreRegional) {
  EXPECT_EQ(UrlOf(kCloudTrail, "eu-west-1"), "https://cloudtrail.eu-west-1.amazonaws.com");
  EXPECT_EQ(UrlOf(kSts, "us-east-1"), "https://sts.us-east-1.amazonaws.com");  // A-4
  EXPECT_EQ(UrlOf(kCloudWatch, "cn-north-1"), "https://monitoring.cn-north-1.amazonaws.com.cn");
}

TEST(Endpoints, HaveFipsAndDualStackVariants) {  // S-17
  EXPECT_EQ(UrlOf(kSqs, "us-east-1", {.fips = true}), "https://sqs-fips.us-east-1.amazonaws.com");
  EXPECT_EQ(UrlOf(kSqs, "us-east-1", {.dualstack = true}), "https://sqs.us-east-1.api.aws");
  EXPECT_EQ(UrlOf(kS3, "eu-west-1", {.fips = true, .dualstack = true}),
            "https://s3-fips.dualstack.eu-west-1.amazonaws.com");
  EXPECT_EQ(UrlOf(kSqs, "us-gov-west-1", {.fips = true}),
            "https://sqs.us-gov-west-1.amazonaws.com");
  EXPECT_EQ(UrlOf(kSqs, "us-east-1", With({{"AWS_USE_FIPS_ENDPOINT", "true"}})),
            "https://sqs-fips.us-east-1.amazonaws.com");
  EXPECT_EQ(UrlOf(kSqs, "us-east-1", With({{"AWS_USE_DUALSTACK_ENDPOINT", "TRUE"}})),
            "https://sqs.us-east-1.api.aws");
}

TEST(Endpoints, AMissingVariantIsRejectedWithTheSetting) {
  const auto endpoint = ResolveEndpoint(kS3, "cn-north-1", {.fips = true});
  ASSERT_FALSE(endpoint.has_value());
  EXPECT_EQ(endpoint.error().kind, ErrorKind::kRejected);
  EXPECT_THAT(endpoint.error().message, HasSubstr("use_fips_endpoint"));
}

TEST(Endpoints, IamIsSignedForTheRegionItLivesIn) {
  EXPECT_EQ(ResolveEndpoint(kIam, "eu-west-1", {})->signing_region, "us-east-1");
  EXPECT_EQ(ResolveEndpoint(kIam, "us-gov-east-1", {})->signing_region, "us-gov-west-1");
  EXPECT_EQ(ResolveEndpoint(kSts, "eu-west-1", {})->signing_region, "eu-west-1");
}

TEST(Endpoints, TheConfigurationsUrlComesFirst) {
  EndpointOptions options = With({{"AWS_ENDPOINT_URL", "http://variable"},
                                  {"AWS_ENDPOINT_URL_STS", "http://service"},
                                  {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}});
  options.endpoint_url = "http://configuration:4566/";
  options.fips = true;
  EXPECT_EQ(UrlOf(kSts, "us-east-1", options), "http://configuration:4566");
}

TEST(Endpoints, AServicesVariableComesBeforeTheOneForAll) {
  const EndpointOptions options = With({{"AWS_ENDPOINT_URL", "http://all"},
                                        {"AWS_ENDPOINT_URL_EVENTBRIDGE", "http://events"},
                                        {"AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "http://logs"},
                                        {"AWS_ENDPOINT_URL_CLOUDWATCH", "http://metrics"},
                                        {"AWS_ENDPOINT_URL_EVENTS", "http://wrong"}});
  EXPECT_EQ(UrlOf(kEventBridge, "us-east-1", options), "http://events");
  EXPECT_EQ(UrlOf(kCloudWatchLogs, "us-east-1", options), "http://logs");
  EXPECT_EQ(UrlOf(kCloudWatch, "us-east-1", options), "http://metrics");
  EXPECT_EQ(UrlOf(kSts, "us-east-1", options), "http://all");
}

TEST(Endpoints, KeepAPathAndLoseTheFinalSlash) {
  EXPECT_EQ(UrlOf(kSts, "us-east-1", {.endpoint_url = "https://Proxy.Local:443/aws/sts//"}),
            "https://proxy.local/aws/sts");
}

TEST(Endpoints, AUrlThatIsNoneIsRejected) {
  for (const char* url : {"localhost:4566", "http://h/?q", "ftp://h"}) {
    const auto endpoint = ResolveEndpoint(kSts, "us-east-1", {.endpoint_url = url});
    ASSERT_FALSE(endpoint.has_value()) << url;
    EXPECT_EQ(endpoint.error().kind, ErrorKind::kRejected);
  }
}

TEST(Endpoints, ARegionThatCannotBeAHostNameIsRejected) {
  // Whatever is written there must not lead a signed request to somebody else's host.
  for (const char* region : {"", "us east 1", "evil.com/", "us-east-1.evil.com", "us_east_1", "-a",
                             "a-", "us-east-1\n", "us-east-1#", "@evil"}) {
    const auto endpoint = ResolveEndpoint(kSts, region, {});
    ASSERT_FALSE(endpoint.has_value()) << region;
    EXPECT_EQ(endpoint.error().kind, ErrorKind::kRejected);
    EXPECT_THAT(endpoint.error().message, HasSubstr("us-east-1"));
  }
}

class ConfigFileEndpointTest : public testing::Test {
 protected:
  ConfigFileEndpointTest()
      : path_(testing::TempDir() + "endpoint_config_" + std::to_string(::getpid())) {}
  ~ConfigFileEndpointTest() override { std::filesystem::remove(path_); }

  std::string Resolve(const std::string& text, Environment::Variables variables = {}) {
    std::ofstream(path_) << text;
    variables["AWS_CONFIG_FILE"] = path_;
    return UrlOf(kSqs, "us-east-1", With(std::move(variables)));
  }

  const std::string path_;
};

TEST_F(ConfigFileEndpointTest, ASectionThatIsNamedAndMissingIsAnErrorWithItsName) {
  EXPECT_THAT(Resolve("[default]\nservices = local\n"), HasSubstr("[services local]"));
}

TEST_F(ConfigFileEndpointTest, AFileThatCannotBeReadIsAnErrorWithItsLine) {
  EXPECT_THAT(Resolve("[default]\nwhat\n"), HasSubstr(path_ + ":2:"));
}

TEST_F(ConfigFileEndpointTest, AVariableMakesTheFileUnimportant) {
  EXPECT_EQ(Resolve("garbage", {{"AWS_ENDPOINT_URL", "http://v"}}), "http://v");
}

TEST(Regions, AreKnownByTheirForm) {
  for (const char* name : {"us-east-1", "us-esat-1", "eu-south-22", "cn-north-1", "us-gov-west-1",
                           "us-isob-east-1", "eusc-de-east-1", "mx-central-1"}) {
    EXPECT_TRUE(LooksLikeRegion(name)) << name;
  }
  for (const char* name :
       {"", "useast1", "us-east", "us-east-", "us--1", "us-east-1a", "xx-east-1", "US-EAST-1",
        "aws-global", "-east-1", "us-east-1 ", "-1", "us-east-north-1"}) {
    EXPECT_FALSE(LooksLikeRegion(name)) << name;
  }
}

TEST(Regions, AMisspeltOneIsNotKnownAndHasANeighbour) {
  EXPECT_TRUE(IsKnownRegion("us-east-1"));
  EXPECT_FALSE(IsKnownRegion("us-esat-1"));
  EXPECT_EQ(NearestRegion("us-esat-1"), "us-east-1");
  EXPECT_EQ(NearestRegion("eu-wst-1"), "eu-west-1");
  EXPECT_EQ(NearestRegion("useast1"), "us-east-1");
  EXPECT_EQ(NearestRegion("US-EAST-1"), "");
  EXPECT_EQ(NearestRegion("somewhere"), "");
  EXPECT_EQ(NearestRegion(std::string(10'000, 'a')), "");
}

TEST(Regions, HaveAPartition) {  // S-17
  EXPECT_EQ(PartitionOf("eu-west-1"), "aws");
  EXPECT_EQ(PartitionOf("us-gov-west-1"), "aws-us-gov");
  EXPECT_EQ(PartitionOf("us-iso-west-1"), "aws-iso");
  EXPECT_EQ(PartitionOf("nowhere"), "aws");
}

}  // namespace
}  // namespace collector::aws
