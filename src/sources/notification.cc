#include "sources/notification.h"

#include <optional>

#include <fmt/format.h>
#include <simdjson.h>

namespace collector {
namespace {

namespace dom = simdjson::dom;

constexpr int kMostEnvelopes =
    3;  // SNS in SNS and a spare: beyond that it is a bomb, not a message

tl::unexpected<Error> NotOne(std::string_view why) {
  return Fail(ErrorKind::kRejected,
              fmt::format("the message is no notification of S3 objects: {}", why));
}

std::string_view Text(dom::element parent, std::string_view pointer) {
  std::string_view text;
  if (parent.at_pointer(pointer).get(text) != simdjson::SUCCESS) return {};
  return text;
}

int64_t Number(dom::element parent, std::string_view pointer) {
  int64_t number = -1;
  if (parent.at_pointer(pointer).get(number) != simdjson::SUCCESS) return -1;
  return number;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// As application/x-www-form-urlencoded: "+" is a space. A "%" without two digits stays.
std::string DecodeKey(std::string_view encoded) {
  std::string key;
  key.reserve(encoded.size());
  for (size_t i = 0; i < encoded.size(); ++i) {
    const bool escape = encoded[i] == '%' && i + 2 < encoded.size() &&
                        HexDigit(encoded[i + 1]) >= 0 && HexDigit(encoded[i + 2]) >= 0;
    if (escape) {
      key += static_cast<char>(HexDigit(encoded[i + 1]) * 16 + HexDigit(encoded[i + 2]));
      i += 2;
    } else {
      key += encoded[i] == '+' ? ' ' : encoded[i];
    }
  }
  return key;
}

Status ReadRecord(dom::element record, Notification& into) {
  const std::string_view event = Text(record, "/eventName");
  if (event.empty() || Text(record, "/s3/bucket/name").empty()) {
    return NotOne("an entry of Records has no eventName or no bucket");
  }
  // "ObjectCreated:Put"; some copies of S3 write "s3:ObjectCreated:Put".
  if (event.find("ObjectCreated:") == std::string_view::npos) {
    ++into.other_events;
    return {};
  }
  AnnouncedObject object;
  object.bucket = Text(record, "/s3/bucket/name");
  object.key = DecodeKey(Text(record, "/s3/object/key"));
  object.version_id = Text(record, "/s3/object/versionId");
  object.etag = Text(record, "/s3/object/eTag");
  object.sequencer = Text(record, "/s3/object/sequencer");
  object.region = Text(record, "/awsRegion");
  object.size = Number(record, "/s3/object/size");
  if (object.key.empty()) return NotOne("an entry of Records has no object key");
  into.objects.push_back(std::move(object));
  return {};
}

Status ReadEventBridge(dom::element root, Notification& into) {
  if (Text(root, "/detail-type") != "Object Created") {
    ++into.other_events;
    return {};
  }
  AnnouncedObject object;
  object.bucket = Text(root, "/detail/bucket/name");
  object.key = Text(root, "/detail/object/key");
  object.version_id = Text(root, "/detail/object/version-id");
  object.etag = Text(root, "/detail/object/etag");
  object.sequencer = Text(root, "/detail/object/sequencer");
  object.region = Text(root, "/region");
  object.size = Number(root, "/detail/object/size");
  if (object.bucket.empty() || object.key.empty()) {
    return NotOne("the event has no detail.bucket.name or no detail.object.key");
  }
  into.objects.push_back(std::move(object));
  return {};
}

Status ReadCloudTrail(dom::element root, dom::element keys, Notification& into) {
  AnnouncedObject object;
  object.bucket = Text(root, "/s3Bucket");
  dom::array list;
  if (object.bucket.empty() || keys.get(list) != simdjson::SUCCESS) {
    return NotOne("it has no s3Bucket, or s3ObjectKey is no list");
  }
  for (const dom::element entry : list) {
    std::string_view key;
    if (entry.get(key) != simdjson::SUCCESS || key.empty()) {
      return NotOne("an s3ObjectKey is no text");
    }
    object.key = key;
    into.objects.push_back(object);
  }
  return {};
}

Status Read(std::string_view body, int envelopes, Notification& into) {
  if (envelopes > kMostEnvelopes) return NotOne("too many envelopes lie in each other");
  dom::parser parser;
  dom::element root;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS || !root.is_object()) {
    return NotOne("it is no JSON object");
  }
  dom::element found;
  if (root["Records"].get(found) == simdjson::SUCCESS) {
    dom::array records;
    if (found.get(records) != simdjson::SUCCESS) return NotOne("Records is no list");
    for (const dom::element record : records) {
      if (Status read = ReadRecord(record, into); !read) return read;
    }
    return {};
  }
  if (Text(root, "/Event") == "s3:TestEvent") {
    into.is_test = true;
    return {};
  }
  if (root["s3ObjectKey"].get(found) == simdjson::SUCCESS) return ReadCloudTrail(root, found, into);
  if (Text(root, "/source") == "aws.s3" && !Text(root, "/detail-type").empty()) {
    return ReadEventBridge(root, into);
  }
  if (const std::string_view inner = Text(root, "/Message"); !inner.empty()) {
    return Read(inner, envelopes + 1, into);
  }
  return NotOne("it has neither Records nor s3ObjectKey nor an event of S3");
}

}  // namespace

RecordId AnnouncedObject::Identity() const {
  // A newline is in none of the parts but the key, which stands last.
  return RecordId::From(
      fmt::format("{}\n{}\n{}\n{}\n{}", bucket, version_id, etag, sequencer, key));
}

std::string AnnouncedObject::Uri() const { return fmt::format("s3://{}/{}", bucket, key); }

Result<Notification> ParseNotification(std::string_view body) {
  Notification notification;
  if (Status read = Read(body, 0, notification); !read) return Propagate(read);
  return notification;
}

}  // namespace collector
