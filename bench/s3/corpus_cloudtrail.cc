// CloudTrail's files: one JSON object on one line, whose "Records" are the events.
#include <array>
#include <vector>

#include <fmt/format.h>

#include "s3/corpus.h"

namespace collector::bench {
namespace {

constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kBase64Text =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct Call {
  std::string_view source, name, resource;
  bool reads;
};
constexpr std::array<Call, 12> kCalls = {{
    {"s3.amazonaws.com", "GetBucketAcl", "bucketName", true},
    {"sts.amazonaws.com", "AssumeRole", "roleArn", true},
    {"ec2.amazonaws.com", "DescribeInstances", "instanceId", true},
    {"kms.amazonaws.com", "Decrypt", "keyId", true},
    {"kms.amazonaws.com", "GenerateDataKey", "keyId", true},
    {"logs.amazonaws.com", "CreateLogStream", "logStreamName", false},
    {"lambda.amazonaws.com", "UpdateFunctionConfiguration20150331v2", "functionName", false},
    {"iam.amazonaws.com", "GetRolePolicy", "roleName", true},
    {"dynamodb.amazonaws.com", "DescribeTable", "tableName", true},
    {"ssm.amazonaws.com", "GetParametersByPath", "path", true},
    {"ecr.amazonaws.com", "BatchGetImage", "repositoryName", true},
    {"secretsmanager.amazonaws.com", "GetSecretValue", "secretId", true},
}};
constexpr std::array<std::string_view, 6> kCallers = {
    "aws-sdk-go-v2/1.39.2 ua/2.1 os/linux lang/go#1.25.1 md/GOOS#linux md/GOARCH#amd64 "
    "api/ec2#1.254.1 m/E,g",
    "Boto3/1.40.52 md/Botocore#1.40.52 ua/2.1 os/linux#6.1.150-174.273.amzn2023.x86_64 "
    "md/arch#x86_64 lang/python#3.12.11 md/pyimpl#CPython m/D,b,Z cfg/retry-mode#legacy",
    "aws-internal/3 aws-sdk-java/1.12.792 Linux/5.10.240-215.958.amzn2int.x86_64 "
    "OpenJDK_64-Bit_Server_VM/25.462-b08 java/1.8.0_462 vendor/Oracle_Corporation",
    "APN/1.0 HashiCorp/1.0 Terraform/1.13.3 (+https://www.terraform.io) "
    "terraform-provider-aws/6.16.0",
    "autoscaling.amazonaws.com",
    "console.amazonaws.com",
};

class CloudTrailLog : public LogKind {
 public:
  explicit CloudTrailLog(uint64_t seed) {
    Random random(seed);
    for (int i = 0; i < 40; ++i) {
      roles_.push_back(
          {fmt::format("{}-role-{}", random.Text("abcdefghiklmnoprstu", 8), random.Hex(4)),
           "AROA" + random.Text(kUpper, 17), "ASIA" + random.Text(kUpper, 16),
           fmt::format("10.{}.{}.{}", random.Below(4), random.Below(32), random.Between(4, 254))});
    }
  }

  std::string Start() const override { return "{\"Records\":["; }
  std::string_view Between() const override { return ","; }
  std::string_view End() const override { return "]}"; }

  void Append(Random& random, std::string& out) override {
    if (random.Percent(12)) second_ += 1;
    const Role& role = roles_[random.Skewed(roles_.size())];
    const Call& call = kCalls[random.Skewed(kCalls.size())];
    const std::string session =
        fmt::format("i-0{}", random.Percent(70) ? role.key.substr(4, 12) : random.Hex(16));
    const std::string time = fmt::format("2025-11-20T{:02}:{:02}:{:02}Z", 12 + second_ / 3600 % 12,
                                         second_ / 60 % 60, second_ % 60);
    auto to = std::back_inserter(out);
    fmt::format_to(to,
                   R"({{"eventVersion":"1.11","userIdentity":{{"type":"AssumedRole",)"
                   R"("principalId":"{}:{}","arn":"arn:aws:sts::123456789012:assumed-role/{}/{}",)"
                   R"("accountId":"123456789012","accessKeyId":"{}","sessionContext":)"
                   R"({{"sessionIssuer":{{"type":"Role","principalId":"{}","arn":)"
                   R"("arn:aws:iam::123456789012:role/{}","accountId":"123456789012",)"
                   R"("userName":"{}"}},"attributes":{{"creationDate":"2025-11-20T{:02}:14:31Z",)"
                   R"("mfaAuthenticated":"false"}},"ec2RoleDelivery":"2.0"}}}},)",
                   role.id, session, role.name, session, role.key, role.id, role.name, role.name,
                   6 + random.Below(6));
    fmt::format_to(to,
                   R"("eventTime":"{}","eventSource":"{}","eventName":"{}",)"
                   R"("awsRegion":"us-east-1","sourceIPAddress":"{}","userAgent":"{}",)",
                   time, call.source, call.name, role.address,
                   kCallers[random.Skewed(kCallers.size())]);
    AppendParameters(random, call, to);
    if (random.Percent(55)) {
      fmt::format_to(to,
                     R"("additionalEventData":{{"x-amz-id-2":"{}==","bytesTransferredOut":{}}},)",
                     random.Text(kBase64Text, 74), random.Below(5000));
    }
    fmt::format_to(to,
                   R"("requestID":"{}","eventID":"{}","readOnly":{},"eventType":"AwsApiCall",)"
                   R"("managementEvent":true,"recipientAccountId":"123456789012",)"
                   R"("eventCategory":"Management","tlsDetails":{{"tlsVersion":"TLSv1.3",)"
                   R"("cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":)"
                   R"("{}.us-east-1.amazonaws.com"}}}})",
                   Uuid(random), Uuid(random), call.reads,
                   call.source.substr(0, call.source.find('.')));
  }

 private:
  struct Role {
    std::string name, id, key, address;
  };

  static std::string Uuid(Random& random) {
    const std::string hex = random.Hex(31);
    return fmt::format("{}-{}-4{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 3),
                       hex.substr(15, 4), hex.substr(19, 12));
  }

  template <typename Out>
  static void AppendParameters(Random& random, const Call& call, Out to) {
    const std::string value = fmt::format("{}-{}", call.resource, random.Hex(10));
    fmt::format_to(to,
                   R"("requestParameters":{{"{}":"{}","encryptionContext":{{"aws:s3:arn":)"
                   R"("arn:aws:s3:::example-data-lake-us-east-1/curated/events/year=2025/month=11/)"
                   R"(day=20/part-{:05}-{}.c000.snappy.parquet"}},"maxResults":{}}},)",
                   call.resource, value, random.Below(2000), random.Hex(12),
                   random.Percent(80) ? 100 : random.Between(5, 1000));
    if (random.Percent(60)) {
      fmt::format_to(to, R"("responseElements":null,)");
    } else {
      fmt::format_to(to,
                     R"("responseElements":{{"credentials":{{"accessKeyId":"ASIA{}",)"
                     R"("sessionToken":"{}","expiration":"Nov 20, 2025, 1:{:02}:31 PM"}}}},)",
                     random.Text(kUpper, 16), random.Text(kBase64Text, 160), random.Below(60));
    }
    fmt::format_to(to,
                   R"("resources":[{{"accountId":"123456789012","type":"AWS::{}::Resource","ARN":)"
                   R"("arn:aws:{}:us-east-1:123456789012:{}/{}"}}],)",
                   call.source.substr(0, call.source.find('.')),
                   call.source.substr(0, call.source.find('.')), call.resource, value);
  }

  std::vector<Role> roles_;
  uint64_t second_ = 0;
};

}  // namespace

std::unique_ptr<LogKind> MakeCloudTrailLog(uint64_t seed) {
  return std::make_unique<CloudTrailLog>(seed);
}

}  // namespace collector::bench
