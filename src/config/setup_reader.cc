// What the configuration says of `aws-collector setup`.
#include <algorithm>
#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/readers.h"
#include "config/section.h"
#include "config/service_draft.h"
#include "config/text_check.h"

namespace collector {
namespace {

constexpr size_t kLongestPrefix = 30;  // with account and region it becomes a bucket's name
constexpr size_t kShortestBucket = 3;
constexpr size_t kLongestBucket = 63;
constexpr size_t kMostTags = 45;  // AWS takes 50 of each resource; some are ours
constexpr char kUsEast1Region[] = "us-east-1";

bool IsLowerName(std::string_view text, std::string_view others) {
  return !text.empty() && std::isalnum(static_cast<unsigned char>(text.front())) != 0 &&
         std::isalnum(static_cast<unsigned char>(text.back())) != 0 &&
         std::all_of(text.begin(), text.end(), [others](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  others.find(c) != std::string_view::npos;
         });
}

void ReadNamePrefix(const ConfigValue& value, SetupSettings& into) {
  constexpr std::string_view kExpected = "up to 30 lower-case letters, digits and \"-\"";
  const auto text = value.Text(kExpected);
  if (!text) return;
  if (!IsLowerName(*text, "-") || text->size() > kLongestPrefix) {
    value.Expected(kExpected);
  } else {
    into.name_prefix = *text;
  }
}

// https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
constexpr size_t kLongestTagName = 128;
constexpr size_t kLongestTag = 256;
constexpr std::string_view kTagText =
    "a tag of letters, digits, spaces and _ . : / = + - @, its name up to 128, its value up to 256";

bool IsTagText(std::string_view text, size_t longest) {
  return text.size() <= longest && std::all_of(text.begin(), text.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte >= 0x80 || std::isalnum(byte) != 0 ||
                  std::string_view(" _.:/=+-@").find(c) != std::string_view::npos;
         });
}

void ReadTags(const ConfigValue& value, SetupSettings& into) {
  if (!value.IsMap()) return;
  for (const auto& [name, tag] : value.Entries()) {
    if (name.starts_with("aws:") || name == "usedBy" || name == "devo-collector-setup") {
      tag.Error("is a tag that is set by itself; expected another name");
      continue;
    }
    const auto text = tag.Text(kTagText);
    if (!text) continue;
    if (IsTagText(name, kLongestTagName) && IsTagText(*text, kLongestTag)) {
      into.tags.emplace_back(name, *text);
    } else {
      tag.Expected(kTagText);
    }
  }
  if (into.tags.size() > kMostTags) value.Error("holds too many tags; expected at most 45");
}

constexpr Key<SetupSettings> kSetupKeys[] = {
    {"enabled",
     [](const ConfigValue& value, SetupSettings& into) { Assign(into.at_start, value.Bool()); }},
    {"name_prefix", ReadNamePrefix},
    {"tags", ReadTags},
};

// `all`, or a list of ids.
void ReadIds(const ConfigValue& value, std::string_view prefix, std::string_view expected,
             LogSetup& into) {
  if (value.node().kind == YamlNode::Kind::kScalar) {
    const auto text = value.Text(expected);
    if (text && *text == "all") {
      into.all = true;
      return;
    }
  }
  const auto ids = value.TextList(expected);
  if (!ids) return;
  for (const auto& [id, at] : *ids) {
    const bool sound = id.starts_with(prefix) && id.size() > prefix.size() &&
                       std::all_of(id.begin(), id.end(), [](char c) {
                         return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-';
                       });
    if (!sound) {
      value.context().diagnostics.Error(
          at, fmt::format("{} holds {}; expected {}", value.path(), Quoted(id), expected));
    }
    into.ids.push_back(id);
  }
}

constexpr Key<ServiceDraft> kLogSetupKeys[] = {
    {"vpcflowlogs_vpcs",
     [](const ConfigValue& value, ServiceDraft& into) {
       ReadIds(value, "vpc-", "all, or a list of VPCs such as vpc-0a1b2c3d", into.vpc_flow);
     }},
    {"vpcflowlogs_bucket",
     [](const ConfigValue& value, ServiceDraft& into) { ReadBucket(value, into.vpc_flow.bucket); }},
    {"cloudfrontlogs_distributions",
     [](const ConfigValue& value, ServiceDraft& into) {
       ReadIds(value, "E", "all, or a list of distributions such as E1ABCDEF234567",
               into.cloudfront);
     }},
    {"cloudfrontlogs_bucket",
     [](const ConfigValue& value, ServiceDraft& into) {
       ReadBucket(value, into.cloudfront.bucket);
     }},
};

// The queue of logs that are to be set up: as the configuration names it, or as setup does.
void AddSetup(LogSetup setup, std::string_view name, std::string format, ServiceDraft& draft) {
  if (setup.bucket.empty() && setup.ids.empty() && !setup.all) return;
  for (QueueSettings& queue : draft.s3.queues) {
    // CloudFront's logs of all regions come to one, so the queue is not in the others.
    if (queue.queue == setup.queue) queue.region = setup.region;
  }
  if (setup.queue.empty()) {
    setup.queue = fmt::format("{}-{}", draft.name_prefix, name);
    draft.s3.queues.push_back({setup.queue, std::move(format), setup.region});
    draft.queues_at.emplace_back();
  }
  draft.s3.setups.push_back(std::move(setup));
}

}  // namespace

void ReadBucket(const ConfigValue& value, std::string& into) {
  constexpr std::string_view kExpected = "the name of a bucket";
  const auto text = value.Text(kExpected);
  if (!text) return;
  if (!IsLowerName(*text, "-.") || text->size() < kShortestBucket ||
      text->size() > kLongestBucket) {
    value.Expected(kExpected);
  } else {
    into = *text;
  }
}

KeyTable<ServiceDraft> LogSetupKeys() { return kLogSetupKeys; }

void FinishSetups(ServiceDraft& draft) {
  const auto& regions = draft.common.regions;
  if (!regions.empty()) {
    const auto found = std::find(regions.begin(), regions.end(), kUsEast1Region);
    draft.cloudfront.region = found == regions.end() ? regions.front() : *found;
  }
  AddSetup(std::move(draft.vpc_flow), "vpcflowlogs", "vpc-flow", draft);
  AddSetup(std::move(draft.cloudfront), "cloudfrontlogs", "cloudfront", draft);
  AddSetup(std::move(draft.trail), "audit", "cloudtrail", draft);
}

void ReadSetup(const ConfigValue& value, SetupSettings& into) {
  ReadSection<SetupSettings>(value, into, {kSetupKeys});
}

void AppendSetupKeys(std::vector<std::string>& paths) {
  AppendKeyPaths<SetupSettings>("inputs.*.autoconfig", kSetupKeys, paths);
}

}  // namespace collector
