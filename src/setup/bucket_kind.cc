#include <string>
#include <utility>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "aws/endpoints.h"
#include "aws/s3/bucket_operations.h"
#include "setup/kind.h"
#include "setup/xml_text.h"

namespace collector::setup {
namespace {

namespace s3 = aws::s3;

constexpr char kUsEast1[] = "us-east-1";
constexpr const char* kAccessBlocks[] = {"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy",
                                         "RestrictPublicBuckets"};

// The parts of a bucket that have a document each.
Result<Json> ReadTags(Caller& aws, const std::string& bucket) {
  Json tags = Json::object();
  const auto answer = aws.Call(s3::GetBucketTagging{bucket});
  if (!answer && IsMissing(answer.error())) return tags;
  if (!answer) return Propagate(answer);
  const auto document = ParseXml(*answer);
  if (!document) return Propagate(document);
  for (const auto& tag : (*document)->first_child().child("TagSet").children("Tag")) {
    tags[tag.child_value("Key")] = tag.child_value("Value");
  }
  return tags;
}

Result<Json> ReadEncryption(Caller& aws, const std::string& bucket) {
  Json rules = Json::array();
  const auto answer = aws.Call(s3::GetBucketEncryption{bucket});
  if (!answer && IsMissing(answer.error())) return Json();
  if (!answer) return Propagate(answer);
  const auto document = ParseXml(*answer);
  if (!document) return Propagate(document);
  for (const auto& rule : (*document)->first_child().children("Rule")) {
    const auto by_default = rule.child("ApplyServerSideEncryptionByDefault");
    Json encryption = {{"SSEAlgorithm", by_default.child_value("SSEAlgorithm")}};
    if (const auto key = by_default.child("KMSMasterKeyID")) {
      encryption["KMSMasterKeyID"] = key.child_value();
    }
    rules.push_back({{"ServerSideEncryptionByDefault", std::move(encryption)}});
  }
  return Json{{"ServerSideEncryptionConfiguration", std::move(rules)}};
}

// Empty: it is encrypted with none of KMS.
std::string KeyOf(const Json& encryption) {
  if (!encryption.is_object()) return {};
  for (const Json& rule : encryption.at("ServerSideEncryptionConfiguration")) {
    const Json& by_default = rule.at("ServerSideEncryptionByDefault");
    if (!by_default.value("SSEAlgorithm", "").starts_with("aws:kms")) continue;
    return by_default.value("KMSMasterKeyID", "alias/aws/s3");
  }
  return {};
}

Result<Json> ReadAccessBlock(Caller& aws, const std::string& bucket) {
  const auto answer = aws.Call(s3::GetPublicAccessBlock{bucket});
  if (!answer && IsMissing(answer.error())) return Json();
  if (!answer) return Propagate(answer);
  const auto document = ParseXml(*answer);
  if (!document) return Propagate(document);
  Json block = Json::object();
  for (const char* name : kAccessBlocks) {
    const std::string_view value = (*document)->first_child().child_value(name);
    block[name] = value == "true" || value == "TRUE" || value == "True";
  }
  return block;
}

std::string TagsText(const Json& tags) {
  pugi::xml_document document;
  auto set = NewDocument(document, "Tagging").append_child("TagSet");
  for (const auto& [name, value] : tags.items()) {
    auto tag = set.append_child("Tag");
    AppendText(tag, "Key", name);
    AppendText(tag, "Value", value.get<std::string>());
  }
  return XmlText(document);
}

std::string EncryptionText(const Json& encryption) {
  pugi::xml_document document;
  auto root = NewDocument(document, "ServerSideEncryptionConfiguration");
  for (const Json& rule : encryption.at("ServerSideEncryptionConfiguration")) {
    auto by_default = root.append_child("Rule").append_child("ApplyServerSideEncryptionByDefault");
    for (const auto& [name, value] : rule.at("ServerSideEncryptionByDefault").items()) {
      AppendText(by_default, name.c_str(), value.get<std::string>());
    }
  }
  return XmlText(document);
}

std::string AccessBlockText(const Json& block) {
  pugi::xml_document document;
  auto root = NewDocument(document, "PublicAccessBlockConfiguration");
  for (const char* name : kAccessBlocks) {
    AppendText(root, name, block.at(name).get<bool>() ? "true" : "false");
  }
  return XmlText(document);
}

std::string LocationText(const std::string& region) {
  if (region == kUsEast1) return {};  // S3 refuses its name here
  pugi::xml_document document;
  AppendText(NewDocument(document, "CreateBucketConfiguration"), "LocationConstraint", region);
  return XmlText(document);
}

class Buckets final : public Kind {
 public:
  std::string_view noun() const override { return "S3 bucket"; }

  Result<std::optional<Found>> Look(Caller& aws, const Resource& wanted) const override {
    const auto location = aws.Call(s3::GetBucketLocation{wanted.name});
    if (!location && IsMissing(location.error())) return std::nullopt;
    if (!location) return Propagate(location);
    const auto document = ParseXml(*location);
    if (!document) return Propagate(document);
    Found found;
    std::string region = (*document)->first_child().child_value();
    if (region.empty()) region = kUsEast1;
    if (region == "EU") region = "eu-west-1";  // of buckets made before 2012
    if (region != wanted.region) {
      found.refusal = fmt::format(
          "the bucket is in {}, and its queue has to be there too; expected "
          "one in {}",
          region, wanted.region);
      found.ours = false;
      return found;
    }
    auto tags = ReadTags(aws, wanted.name);
    if (!tags) return Propagate(tags);
    found.properties["BucketName"] = wanted.name;
    found.properties["Tags"] = *std::move(tags);
    // Without any tag under the name that is made of the account's number it is what an earlier
    // try has left, which broke off between making and marking it.
    found.ours = HasOurMarks(found.properties["Tags"], wanted) ||
                 (wanted.owner == Owner::kUs && found.properties["Tags"].empty());
    auto encryption = ReadEncryption(aws, wanted.name);
    if (!encryption) return Propagate(encryption);
    if (const std::string key = KeyOf(*encryption); !key.empty()) {
      found.properties[std::string(kKeyProperty)] = key;
      *encryption = wanted.properties.value("BucketEncryption", Json());
    }
    found.properties["BucketEncryption"] = *std::move(encryption);
    auto block = ReadAccessBlock(aws, wanted.name);
    if (!block) return Propagate(block);
    found.properties["PublicAccessBlockConfiguration"] = *std::move(block);
    return found;
  }

  Status Create(Caller& aws, const Resource& wanted) const override {
    const auto made = aws.Call(s3::CreateBucket{wanted.name, LocationText(wanted.region)});
    if (!made && made.error().code != "BucketAlreadyOwnedByYou") return Propagate(made);
    return Furnish(aws, wanted, Found{});
  }

  Status Change(Caller& aws, const Resource& wanted, const Found& found) const override {
    return Furnish(aws, wanted, found);
  }

  Result<std::string> Remove(Caller& aws, const Resource& bucket, const Found&) const override {
    const auto others = UsedByOthers(aws, bucket.name);
    if (!others) return Propagate(others);
    if (!others->empty()) return *others;
    const auto removed = aws.Call(s3::DeleteBucket{bucket.name});
    if (removed || IsMissing(removed.error())) return std::string();
    if (removed.error().code == "BucketNotEmpty") {
      return "it holds logs; empty it, then destroy again";
    }
    return Propagate(removed);
  }

  // Names of buckets are the world's, so what is looked for is what the configuration wants.
  Result<std::vector<Resource>> List(Caller&, const std::string&) const override {
    return std::vector<Resource>();
  }

  std::string Arn(const Resource& bucket, std::string_view) const override {
    return fmt::format("arn:{}:s3:::{}", aws::PartitionOf(bucket.region), bucket.name);
  }

 private:
  // When ours are gone: what others have hung onto the bucket, as a sentence.
  static Result<std::string> UsedByOthers(Caller& aws, const std::string& bucket) {
    const auto notifications = aws.Call(s3::GetBucketNotification{bucket});
    if (!notifications && IsMissing(notifications.error())) return std::string();
    if (!notifications) return Propagate(notifications);
    const auto document = ParseXml(*notifications);
    if (!document) return Propagate(document);
    if (!(*document)->first_child().first_child().empty()) {
      return "others have it tell them of new objects; take that away, then destroy again";
    }
    const auto policy = aws.Call(s3::GetBucketPolicy{bucket});
    if (policy) return "its policy has statements of others; take them away, then destroy again";
    if (!IsMissing(policy.error())) return Propagate(policy);
    return std::string();
  }

  // The tags first: with them it is known as ours, should the rest break off.
  static Status Furnish(Caller& aws, const Resource& wanted, const Found& found) {
    const auto differs = [&](const char* name) {
      return !found.properties.contains(name) ||
             found.properties[name] != wanted.properties.at(name);
    };
    if (differs("Tags")) {
      Json tags = found.properties.value("Tags", Json::object());
      tags.update(wanted.properties.at("Tags"));
      const auto put = aws.Call(s3::PutBucketTagging{wanted.name, TagsText(tags)});
      if (!put) return Propagate(put);
    }
    if (differs("PublicAccessBlockConfiguration")) {
      const auto put = aws.Call(s3::PutPublicAccessBlock{
          wanted.name, AccessBlockText(wanted.properties.at("PublicAccessBlockConfiguration"))});
      if (!put) return Propagate(put);
    }
    if (differs("BucketEncryption")) {
      const auto put = aws.Call(s3::PutBucketEncryption{
          wanted.name, EncryptionText(wanted.properties.at("BucketEncryption"))});
      if (!put) return Propagate(put);
    }
    return {};
  }
};

}  // namespace

const Kind& BucketKind() {
  static const Buckets kKind;
  return kKind;
}

}  // namespace collector::setup
