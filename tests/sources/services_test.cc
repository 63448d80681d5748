#include "sources/services.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace collector {
namespace {

struct Row {
  std::string key;
  std::string format;  // empty: none
  std::string account = "";
  std::string region = "";
  std::string name = "";   // of the part beside them
  std::string value = "";  // of that
};

void ExpectRow(const Row& row, const std::string& prefix) {
  const std::string key = prefix + row.key;
  SCOPED_TRACE(key);
  KeyParts parts;
  const ObjectFormat* const format = RecogniseObject(PredefinedObjectFormats(), key, parts);
  ASSERT_EQ(format == nullptr ? "" : format->name, row.format);
  if (format == nullptr) return;
  EXPECT_EQ(parts.Get("account"), row.account);
  EXPECT_EQ(parts.Get("region"), row.region);
  if (!row.name.empty()) {
    EXPECT_EQ(parts.Get(row.name), row.value);
  }
}

void ExpectAll(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    ExpectRow(row, "");
    ExpectRow(row, "my/prefix-of.the_bucket/");
  }
}

const std::string kAccount = "123456789012";
const std::string kLogs = "AWSLogs/123456789012/";

TEST(Services, RecognisesVpcFlowLogsAlsoWithHiveStylePrefixes) {
  ExpectAll({
      {kLogs + "vpcflowlogs/us-east-1/2018/06/20/123456789012_vpcflowlogs_us-east-1_fl-1234abcd_"
               "20180620T1620Z_fe123456.log.gz",
       "vpc-flow", kAccount, "us-east-1"},
      {"AWSLogs/aws-account-id=123456789012/aws-service=vpcflowlogs/aws-region=us-east-1/"
       "year=2021/month=03/day=20/hour=16/123456789012_vpcflowlogs_us-east-1_fl-1_x.log.gz",
       "vpc-flow", kAccount, "us-east-1"},
      {kLogs + "vpcflowlogs/us-east-1/2018/06/20/1_vpcflowlogs_us-east-1_fl-1_x.log.parquet",
       "parquet"},
  });
}

// T-2
TEST(Services, TellsCloudTrailsEventsInsightsAndDigestsApart) {
  const std::string file = "2026/11/24/123456789012_CloudTrail_eu-west-1_20261124T1000Z_x.json.gz";
  ExpectAll({
      {kLogs + "CloudTrail/eu-west-1/" + file, "cloudtrail", kAccount, "eu-west-1"},
      {"AWSLogs/o-exampleorgid/123456789012/CloudTrail/eu-west-1/" + file, "cloudtrail", kAccount,
       "eu-west-1", "organization", "o-exampleorgid"},
      {kLogs + "CloudTrail-Insight/eu-west-1/" + file, "cloudtrail-insight", kAccount, "eu-west-1"},
      {"AWSLogs/o-1/123456789012/CloudTrail-Insight/eu-west-1/" + file, "cloudtrail-insight",
       kAccount, "eu-west-1"},
      {kLogs + "CloudTrail-NetworkActivity/eu-west-1/" + file, "cloudtrail", kAccount, "eu-west-1"},
      {kLogs + "CloudTrail-Aggregated/eu-west-1/" + file, "cloudtrail-aggregated", kAccount,
       "eu-west-1"},
      {kLogs + "CloudTrail-Digest/eu-west-1/" + file, "cloudtrail-digest"},
      {"AWSLogs/o-1/123456789012/CloudTrail-Digest/eu-west-1/" + file, "cloudtrail-digest"},
  });
}

TEST(Services, TellsTheLoadBalancersApart) {
  const std::string path = kLogs + "elasticloadbalancing/us-east-2/2022/05/01/";
  const std::string head = "123456789012_elasticloadbalancing_us-east-2_";
  ExpectAll({
      {path + head +
           "app.my-loadbalancer.1234567890abcdef_20220215T2340Z_172.160.001.192_20sg8hgm."
           "log.gz",
       "alb", kAccount, "us-east-2", "name", "my-loadbalancer"},
      {path + head + "my-loadbalancer_20180215T2340Z_172.160.001.192_20sg8hgm.log", "elb", kAccount,
       "us-east-2", "name", "my-loadbalancer"},
      // Other logs beside them, whose fields are others.
      {path + head + "net.my-lb.1234567890abcdef_20220515T2340Z_20sg8hgm.log.gz", "nlb", kAccount,
       "us-east-2", "name", "my-lb"},
      {path + head + "gwy.my-lb.1234567890abcdef_20220515T2340Z_1.2.3.4_20sg8hgm.log.gz", ""},
      {path + "conn_log." + head + "app.my-lb.12345_20220215T2340Z_1.2.3.4_20sg8hgm.log.gz",
       "alb-connection", kAccount, "us-east-2", "name", "my-lb"},
      {path + "health_check_log_" + head + "app.my-lb.12345_20220215T2340Z_1.2.3.4_20sg8hgm.log.gz",
       "alb-health-check", kAccount, "us-east-2", "name", "my-lb"},
      // What S3 is tried with when logs are turned on.
      {kLogs + "ELBAccessLogTestFile", "elb-test-file", kAccount},
      {kLogs + "ELBConnectionLogTestFile", "elb-test-file", kAccount},
      {kLogs + "ELBHealthCheckLogTestFile", "elb-test-file", kAccount},
  });
}

TEST(Services, RecognisesCloudFrontAndItsDistribution) {
  ExpectAll({
      {"EMLARXS9EXAMPLE.2019-11-14-20.RT4KCN4SGK9.gz", "cloudfront", "", "", "distribution",
       "EMLARXS9EXAMPLE"},
      {kLogs + "CloudFront/EMLARXS9EXAMPLE.2024-11-14-20.a1b2c3d4.gz", "cloudfront", "", "",
       "distribution", "EMLARXS9EXAMPLE"},
  });
}

TEST(Services, RecognisesTheOthersByTheirFolders) {
  ExpectAll({
      {kLogs + "WAFLogs/eu-west-1/TEST-WEBACL/2021/10/28/19/50/123456789012_waflogs_eu-west-1_"
               "TEST-WEBACL_20211028T1950Z_e0ca43b5.log.gz",
       "waf", kAccount, "eu-west-1"},
      {kLogs + "WAFLogs/cloudfront/TEST/2021/10/28/19/50/x.log.gz", "waf", kAccount, "cloudfront"},
      {kLogs + "vpcdnsquerylogs/vpc-0a1/2021/12/08/vpc-0a1_vpcdnsquerylogs_123456789012_"
               "20211208T2355Z_a.log.gz",
       "route53-resolver", kAccount, "", "vpc", "vpc-0a1"},
      {kLogs + "GuardDuty/us-east-1/2021/04/09/9d1d5b6f.jsonl.gz", "guardduty", kAccount,
       "us-east-1"},
      {kLogs + "Config/us-east-2/2016/9/23/ConfigHistory/123456789012_Config_us-east-2_"
               "ConfigHistory_AWS::CloudTrail::Trail_20160924T010000Z_1.json.gz",
       "config", kAccount, "us-east-2"},
      {kLogs + "Config/us-east-2/2016/10/6/OversizedChangeNotification/AWS::EC2::Instance/i-1/x.gz",
       "config-change", kAccount, "us-east-2"},
      {kLogs + "Config/ConfigWritabilityCheckFile", "config-writability-check", kAccount},
      {kLogs + "network-firewall/alert/us-east-2/fw/2020/10/01/19/123456789012_network-firewall_"
               "alert_us-east-2_fw_202010011900_44446ca1.log.gz",
       "network-firewall", kAccount, "us-east-2", "type", "alert"},
      {kLogs + "network-firewall/flow/us-east-2/fw/2020/10/01/19/123456789012_network-firewall_"
               "flow_us-east-2_fw_202010011900_44446ca1.log.gz",
       "network-firewall-flow", kAccount, "us-east-2"},
      {"SecurityHub/2026/11/24/10/delivery-1-2026-11-24-10-00-00-uuid", "securityhub"},
  });
}

TEST(Services, RecognisesTheAccessLogsOfS3InBothLayouts) {
  ExpectAll({
      {"123456789012/us-west-2/source-bucket/2023/03/01/2023-03-01-21-32-16-E568B2907131C0C0",
       "s3-access", kAccount, "us-west-2", "source", "source-bucket"},
      {"2023-03-01-21-32-16-E568B2907131C0C0", "s3-access", "", "", "unique", "E568B2907131C0C0"},
      {"access2023-03-01-21-32-16-E568B2907131C0C0", "s3-access"},
  });
}

TEST(Services, RecognisesNothingElse) {
  ExpectAll({{"", ""},
             {"a", ""},
             {"index.html", ""},
             {"AWSLogs/", ""},
             {kLogs, ""},
             {"AWSLogs/my-account/vpcflowlogs/us-east-1/x", ""},
             {kLogs + "vpcflowlogs", ""},
             {kLogs + "cloudtrail/us-east-1/x.json.gz", ""},
             {kLogs + "Elsewhere/us-east-1/x.gz", ""},
             {"backup/2023-03-01.gz", ""},
             {"2023-03-01-21-32-16-e568b2907131c0c0", ""}});
}

TEST(Services, GivesEachRowItsOwnNameAndATag) {
  for (const ObjectFormat& format : PredefinedObjectFormats()) {
    EXPECT_EQ(FindObjectFormat(format.name), &format);
    const bool is_read = format.split != Split::kIgnored && format.split != Split::kRefused;
    EXPECT_EQ(is_read, !format.tag.empty()) << format.name;
  }
  EXPECT_EQ(FindObjectFormat("none"), nullptr);
  EXPECT_EQ(FindObjectFormat(""), nullptr);
}

}  // namespace
}  // namespace collector
