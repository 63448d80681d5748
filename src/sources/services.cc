#include "sources/services.h"

#include <cstdlib>
#include <initializer_list>
#include <utility>

namespace collector {
namespace {

// The table's patterns are constants of ours: one that cannot be read is a bug.
std::vector<KeyPattern> Keys(std::initializer_list<std::string_view> patterns) {
  std::vector<KeyPattern> keys;
  for (const std::string_view text : patterns) {
    auto pattern = KeyPattern::Parse(text);
    if (!pattern) std::abort();
    keys.push_back(*std::move(pattern));
  }
  return keys;
}

ObjectFormat Lines(std::string name, std::vector<KeyPattern> keys, TimeField time,
                   std::string tag) {
  ObjectFormat format;
  format.name = std::move(name);
  format.keys = std::move(keys);
  format.time = std::move(time);
  format.tag = std::move(tag);
  return format;
}

ObjectFormat JsonLines(std::string name, std::vector<KeyPattern> keys, TimeField time,
                       std::string tag) {
  ObjectFormat format = Lines(std::move(name), std::move(keys), std::move(time), std::move(tag));
  format.split = Split::kJsonLines;
  return format;
}

ObjectFormat JsonArray(std::string name, std::vector<KeyPattern> keys, std::string path,
                       TimeField time, std::string tag) {
  ObjectFormat format = Lines(std::move(name), std::move(keys), std::move(time), std::move(tag));
  format.split = Split::kJsonArray;
  format.path = std::move(path);
  return format;
}

ObjectFormat Only(Split split, std::string name, std::vector<KeyPattern> keys) {
  ObjectFormat format = Lines(std::move(name), std::move(keys), {}, "");
  format.split = split;
  return format;
}

ObjectFormat With(Header header, ObjectFormat format, TimeField json_time = {}) {
  format.header = header;
  format.json_time = std::move(json_time);
  return format;
}

// Where each service writes is in the page named; tags as Devo's tables want them, and below
// "my.app" what Devo has no table for.
std::vector<ObjectFormat> LogsOfTheAccount() {
  return {
      Only(Split::kRefused, "parquet", Keys({"**.parquet"})),
      // https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html
      With(Header::kFieldNames,
           Lines("vpc-flow",
                 Keys({"**/AWSLogs/{account:0-9}/vpcflowlogs/{region}/**",
                       "**/AWSLogs/aws-account-id={account:0-9}/aws-service=vpcflowlogs/"
                       "aws-region={region}/**"}),
                 {"start", TimeForm::kEpochSeconds}, "cloud.aws.vpc.flow.{account}.{region}")),
      // https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
      Only(Split::kIgnored, "cloudtrail-digest", Keys({"**/CloudTrail-Digest/**"})),
      JsonArray("cloudtrail-insight",
                Keys({"**/AWSLogs/{account:0-9}/CloudTrail-Insight/{region}/**",
                      "**/AWSLogs/{organization}/{account:0-9}/CloudTrail-Insight/{region}/**"}),
                "Records", {"eventTime", TimeForm::kIso8601},
                "cloud.aws.cloudtrail.insights.{account}.{region}"),
      // A document that is the array: AWS documents the events, not what is around them.
      JsonArray("cloudtrail-aggregated",
                Keys({"**/AWSLogs/{account:0-9}/CloudTrail-Aggregated/{region}/**",
                      "**/AWSLogs/{organization}/{account:0-9}/CloudTrail-Aggregated/{region}/**"}),
                "", {"timeWindow.windowStart", TimeForm::kIso8601},
                "my.app.cloudtrail.aggregated.{account}.{region}"),
      JsonArray(
          "cloudtrail",
          Keys({"**/AWSLogs/{account:0-9}/CloudTrail/{region}/**",
                "**/AWSLogs/{organization}/{account:0-9}/CloudTrail/{region}/**",
                "**/AWSLogs/{account:0-9}/CloudTrail-NetworkActivity/{region}/**",
                "**/AWSLogs/{organization}/{account:0-9}/CloudTrail-NetworkActivity/{region}/**"}),
          "Records", {"eventTime", TimeForm::kIso8601},
          "cloud.aws.cloudtrail.events.{account}.{region}"),
      // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/AccessLogs.html
      With(Header::kW3c,
           Lines("cloudfront", Keys({"**/{distribution:A-Z0-9}.{hour:0-9-}.{unique:A-Za-z0-9}.gz"}),
                 {"date+time", TimeForm::kDateAndTime},
                 "web.aws.cloudfront.access-w3c.{region}.{key.distribution}"),
           {"date+time", TimeForm::kDateAndTime}),
  };
}

std::vector<ObjectFormat> LogsOfLoadBalancers() {
  return {
      // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
      Only(Split::kIgnored, "elb-test-file",
           Keys({"**/AWSLogs/{account:0-9}/ELBAccessLogTestFile",
                 "**/AWSLogs/{account:0-9}/ELBConnectionLogTestFile",
                 "**/AWSLogs/{account:0-9}/ELBHealthCheckLogTestFile"})),
      Lines("alb",
            Keys({"**/AWSLogs/{account:0-9}/elasticloadbalancing/{region}/*/*/*/"
                  "{owner:0-9}_elasticloadbalancing_*_app.{name:A-Za-z0-9-}.*"}),
            {"2", TimeForm::kIso8601}, "web.aws.alb.access.{region}.{key.name}"),
      // .../application/load-balancer-connection-logs.html, load-balancer-health-check-logs.html
      Lines("alb-connection",
            Keys({"**/AWSLogs/{account:0-9}/elasticloadbalancing/{region}/*/*/*/"
                  "conn_log*_elasticloadbalancing_*_app.{name:A-Za-z0-9-}.*"}),
            {"1", TimeForm::kIso8601}, "my.app.alb.connection.{region}.{key.name}"),
      Lines("alb-health-check",
            Keys({"**/AWSLogs/{account:0-9}/elasticloadbalancing/{region}/*/*/*/"
                  "health_check_log*_elasticloadbalancing_*_app.{name:A-Za-z0-9-}.*"}),
            {"2", TimeForm::kIso8601}, "my.app.alb.health_check.{region}.{key.name}"),
      // https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html
      Lines("nlb",
            Keys({"**/AWSLogs/{account:0-9}/elasticloadbalancing/{region}/*/*/*/"
                  "{owner:0-9}_elasticloadbalancing_*_net.{name:A-Za-z0-9-}.*"}),
            {"3", TimeForm::kIso8601}, "web.aws.nlb.access.{region}.{key.name}"),
      // https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection.html
      Lines("elb",
            Keys({"**/AWSLogs/{account:0-9}/elasticloadbalancing/{region}/*/*/*/"
                  "{owner:0-9}_elasticloadbalancing_*_{name:A-Za-z0-9-}_{end:0-9TZ}_*"}),
            {"1", TimeForm::kIso8601}, "web.aws.elb.access.{region}.{key.name}"),
  };
}

std::vector<ObjectFormat> LogsOfOtherServices() {
  return {
      // https://docs.aws.amazon.com/waf/latest/developerguide/logging-s3.html
      JsonLines("waf", Keys({"**/AWSLogs/{account:0-9}/WAFLogs/{region}/**"}),
                {"timestamp", TimeForm::kEpochMilliseconds},
                "cloud.aws.waf.logs.{account}.{region}"),
      // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-choosing-target-resource.html
      JsonLines("route53-resolver", Keys({"**/AWSLogs/{account:0-9}/vpcdnsquerylogs/{vpc}/**"}),
                {"query_timestamp", TimeForm::kIso8601}, "dns.aws.route53.{account}.{region}"),
      // https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_exportfindings.html
      JsonLines("guardduty", Keys({"**/AWSLogs/{account:0-9}/GuardDuty/{region}/**"}),
                {"updatedAt", TimeForm::kIso8601},
                "cloud.aws.guardduty.findings.{account}.{region}"),
      // https://docs.aws.amazon.com/config/latest/developerguide/manage-delivery-channel.html
      Only(Split::kIgnored, "config-writability-check",
           Keys({"**/AWSLogs/{account:0-9}/Config/ConfigWritabilityCheckFile"})),
      // A change that is too large for SNS, on its own and whole.
      // https://docs.aws.amazon.com/config/latest/developerguide/oversized-notification-example.html
      JsonLines(
          "config-change",
          Keys({"**/AWSLogs/{account:0-9}/Config/{region}/*/*/*/OversizedChangeNotification/**"}),
          {"configurationItem.configurationItemCaptureTime", TimeForm::kIso8601},
          "cloud.aws.configlogs.events.{account}.{region}"),
      JsonArray("config", Keys({"**/AWSLogs/{account:0-9}/Config/{region}/**"}),
                "configurationItems", {"configurationItemCaptureTime", TimeForm::kIso8601},
                "cloud.aws.configlogs.events.{account}.{region}"),
      // https://docs.aws.amazon.com/network-firewall/latest/developerguide/logging-s3.html
      // Devo's tables are named after the types of Suricata's events, "alert" and "netflow".
      JsonLines("network-firewall-flow",
                Keys({"**/AWSLogs/{account:0-9}/network-firewall/flow/{region}/**"}),
                {"event_timestamp", TimeForm::kEpochSeconds},
                "cloud.aws.firewall.netflow.{account}.{region}"),
      JsonLines("network-firewall",
                Keys({"**/AWSLogs/{account:0-9}/network-firewall/{type}/{region}/**"}),
                {"event_timestamp", TimeForm::kEpochSeconds},
                "cloud.aws.firewall.{key.type}.{account}.{region}"),
      // EventBridge's envelopes as Firehose writes them, one right after the other (L-15).
      // https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-event-formats.html
      JsonArray("securityhub",
                Keys({"**/securityhub/**", "**/security-hub/**", "**/SecurityHub/**"}),
                "detail.findings", {"UpdatedAt", TimeForm::kIso8601},
                "cloud.aws.securityhub.findings.{account}.{region}"),
      // https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html
      Lines("s3-access",
            Keys({"**/{account:0-9}/{region}/{source}/*/*/*/*-*-*-*-*-*-{unique:0-9A-F}",
                  "**{date:0-9}-{month:0-9}-{day:0-9}-{h:0-9}-{m:0-9}-{s:0-9}-{unique:0-9A-F}"}),
            {"3", TimeForm::kAccessLog}, "web.aws.s3.access.{region}.{record.2}"),
  };
}

std::vector<ObjectFormat> AllFormats() {
  std::vector<ObjectFormat> formats = LogsOfTheAccount();
  for (auto* more : {&LogsOfLoadBalancers, &LogsOfOtherServices}) {
    for (ObjectFormat& format : more()) formats.push_back(std::move(format));
  }
  return formats;
}

}  // namespace

std::span<const ObjectFormat> PredefinedObjectFormats() {
  static const std::vector<ObjectFormat> kFormats = AllFormats();
  return kFormats;
}

const ObjectFormat* RecogniseObject(std::span<const ObjectFormat> formats, std::string_view key,
                                    KeyParts& parts) {
  for (const ObjectFormat& format : formats) {
    for (const KeyPattern& pattern : format.keys) {
      if (auto found = pattern.Match(key)) {
        parts = *std::move(found);
        return &format;
      }
    }
  }
  return nullptr;
}

const ObjectFormat* FindObjectFormat(std::string_view name) {
  for (const ObjectFormat& format : PredefinedObjectFormats()) {
    if (format.name == name) return &format;
  }
  return nullptr;
}

}  // namespace collector
