#include "setup/export.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "setup/template_resources.h"

namespace collector::setup {
namespace {

void AddOfBucket(const Wanted& wanted, const Resource& bucket, std::vector<std::string>& left) {
  if (bucket.owner == Owner::kAnyone) {
    left.push_back(fmt::format(
        "bucket {} in {}: when it exists already, take it, its policy and its notifications out of "
        "the template, and put what they say beside what the bucket has: a template replaces all "
        "of it",
        bucket.name, bucket.region));
  }
  for (const Resource& one : wanted.resources) {
    if (bucket.owner != Owner::kOthers || !IsPartOf(one, bucket)) continue;
    if (one.type == kBucketPolicy) {
      left.push_back(fmt::format("bucket {} in {}: add to its policy, beside what that has: {}",
                                 bucket.name, bucket.region,
                                 one.properties.at("PolicyDocument").at("Statement").dump()));
    } else {
      left.push_back(fmt::format(
          "bucket {} in {}: send {} of keys that begin with \"{}\" to queue {}, beside what it "
          "sends already",
          bucket.name, bucket.region, one.properties.at("Event").get<std::string>(),
          one.properties.at("Prefix").get<std::string>(), one.name));
    }
  }
}

// What S3 refuses, whoever asks for it.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
void AddRefused(const Wanted& wanted, const Resource& bucket, std::vector<std::string>& left) {
  std::vector<const Resource*> notifications;
  for (const Resource& one : wanted.resources) {
    if (one.type == kBucket && one.name == bucket.name && one.region > bucket.region) {
      left.push_back(fmt::format(
          "bucket {} is wanted in {} and in {}, but stands in one region: name another for each, "
          "in an input of its own",
          bucket.name, bucket.region, one.region));
    }
    if (one.type == kNotification && IsPartOf(one, bucket)) notifications.push_back(&one);
  }
  for (const Resource* a : notifications) {
    for (const Resource* b : notifications) {
      const auto prefix = a->properties.at("Prefix").get<std::string>();
      if (a == b || !b->properties.at("Prefix").get<std::string>().starts_with(prefix)) continue;
      left.push_back(fmt::format(
          "bucket {} in {}: S3 refuses to send the same objects to both queue {} and queue {}: "
          "have one of them read all",
          bucket.name, bucket.region, a->name, b->name));
    }
  }
}

}  // namespace

std::string TemplateFile(const std::string& input, const std::string& region) {
  std::string name = input;
  std::replace_if(
      name.begin(), name.end(),
      [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '_' && c < 0x80; },
      '_');
  return region.empty() ? name + ".tf" : fmt::format("{}-{}.json", name, region);
}

std::vector<std::string> LeftByTemplates(const Wanted& wanted) {
  std::vector<std::string> left = wanted.by_hand;
  for (const Resource& one : wanted.resources) {
    if (one.type != kBucket) continue;
    AddOfBucket(wanted, one, left);
    AddRefused(wanted, one, left);
  }
  return left;
}

bool IsPartOf(const Resource& part, const Resource& bucket) {
  return (part.type == kBucketPolicy || part.type == kNotification) &&
         part.region == bucket.region && part.properties.at("Bucket") == bucket.name;
}

std::vector<Resource> TemplateResources(const Wanted& wanted) {
  const auto is_others = [&wanted](const Resource& resource) {
    return std::any_of(wanted.resources.begin(), wanted.resources.end(), [&](const Resource& one) {
      return one.type == kBucket && one.owner == Owner::kOthers &&
             (one.Id() == resource.Id() || IsPartOf(resource, one));
    });
  };
  std::vector<Resource> written;
  const auto stands = [&written](const std::string& id) {
    return std::any_of(written.begin(), written.end(),
                       [&id](const Resource& one) { return one.Id() == id; });
  };
  std::string delivery;
  for (const Resource& resource : wanted.resources) {
    if (is_others(resource)) continue;
    written.push_back(resource);
    std::vector<std::string>& needs = written.back().needs;
    std::erase_if(needs, [&](const std::string& id) { return !stands(id); });
    if (resource.type != kDelivery) continue;
    if (!delivery.empty()) needs.push_back(delivery);
    delivery = resource.Id();
  }
  return written;
}

}  // namespace collector::setup
