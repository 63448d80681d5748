#include "sources/notification.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace collector {
namespace {

std::string S3Record(const std::string& key, const std::string& event = "ObjectCreated:Put",
                     const std::string& version = "2.1") {
  return fmt::format(
      R"({{"eventVersion":"{}","eventSource":"aws:s3","awsRegion":"eu-west-1",)"
      R"("eventTime":"2026-11-24T10:00:00.000Z","eventName":"{}",)"
      R"("s3":{{"s3SchemaVersion":"1.0","configurationId":"c","bucket":{{"name":"logs",)"
      R"("arn":"arn:aws:s3:::logs"}},"object":{{"key":"{}","size":1024,"eTag":"d41d8",)"
      R"("versionId":"v7","sequencer":"0055AED6DCD90281E5"}}}}}})",
      version, event, key);
}

std::string S3Body(const std::string& records) { return R"({"Records":[)" + records + "]}"; }

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string InSns(const std::string& message) {
  return R"({"Type":"Notification","MessageId":"1","TopicArn":"arn:aws:sns:eu-west-1:1:t",)"
         R"("Subject":"Amazon S3 Notification","Message":)" +
         Quoted(message) + R"(,"Timestamp":"2026-11-24T10:00:00.000Z"})";
}

std::string EventBridge(const std::string& key, const std::string& type = "Object Created") {
  return R"({"version":"0","id":"17793124","detail-type":")" + type +
         R"(","source":"aws.s3","account":"1","region":"ca-central-1","resources":[],)"
         R"("detail":{"version":"0","bucket":{"name":"logs"},"object":{"key":")" +
         key +
         R"(","size":5,"etag":"b1946","version-id":"x","sequencer":"00617F"},)"
         R"("reason":"PutObject"}})";
}

std::string CloudTrail(const std::string& keys) {
  return R"({"s3Bucket":"trail","s3ObjectKey":)" + keys + "}";
}

std::vector<std::string> KeysOf(const std::string& body) {
  const auto read = ParseNotification(body);
  if (!read) return {read.error().message};
  std::vector<std::string> keys;
  for (const AnnouncedObject& object : read->objects) keys.push_back(object.key);
  return keys;
}

using Keys = std::vector<std::string>;

TEST(Notification, SaysAllThatS3SaysOfAnObject) {
  const auto read = ParseNotification(S3Body(S3Record("a/b.gz")));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->objects.size(), 1U);
  const AnnouncedObject& object = read->objects[0];
  EXPECT_EQ(object.Uri(), "s3://logs/a/b.gz");
  EXPECT_EQ(object.version_id, "v7");
  EXPECT_EQ(object.etag, "d41d8");
  EXPECT_EQ(object.sequencer, "0055AED6DCD90281E5");
  EXPECT_EQ(object.region, "eu-west-1");
  EXPECT_EQ(object.size, 1024);
  EXPECT_FALSE(read->is_test);
  EXPECT_EQ(read->other_events, 0U);
}

// S-1
TEST(Notification, DecodesTheKeysOfS3ButNotThoseOfOthers) {
  const std::vector<std::pair<std::string, std::string>> keys = {
      {"a+b", "a b"},         {"a%2Bb", "a+b"}, {"a%2Fb%2fc", "a/b/c"},
      {"%C3%A9", "\xC3\xA9"}, {"a%20b", "a b"}, {"100%25", "100%"},
      {"%252F", "%2F"},       {"100%", "100%"}, {"%4", "%4"},
      {"%zz", "%zz"},         {"%2", "%2"},     {"a%3D1", "a=1"},
      {"%4G%41", "%4GA"},     {"%%41", "%A"},   {"\xC3\xA9", "\xC3\xA9"}};
  for (const auto& [encoded, key] : keys) {
    EXPECT_EQ(KeysOf(S3Body(S3Record(encoded))), Keys{key});
    EXPECT_EQ(KeysOf(InSns(S3Body(S3Record(encoded)))), Keys{key});
    EXPECT_EQ(KeysOf(EventBridge(encoded)), Keys{encoded});
    EXPECT_EQ(KeysOf(CloudTrail("[\"" + encoded + "\"]")), Keys{encoded});
  }
}

// S-2
TEST(Notification, RecognisesTheTestEventBareAndInSns) {
  const std::string test = R"({"Service":"Amazon S3","Event":"s3:TestEvent",)"
                           R"("Time":"2014-10-13T15:57:02.089Z","Bucket":"logs"})";
  for (const std::string& body : {test, InSns(test), InSns(InSns(test))}) {
    const auto read = ParseNotification(body);
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->is_test);
    EXPECT_TRUE(read->objects.empty());
  }
  EXPECT_FALSE(ParseNotification(R"({"Event":"s3:OtherEvent"})"));
}

// S-3, S-4, T-3
TEST(Notification, ReadsEveryEnvelopeBareAndInSns) {
  for (const std::string& body :
       {S3Body(S3Record("k")), EventBridge("k"), CloudTrail(R"(["k"])")}) {
    EXPECT_EQ(KeysOf(body), Keys{"k"});
    EXPECT_EQ(KeysOf(InSns(body)), Keys{"k"});
    EXPECT_EQ(KeysOf(InSns(InSns(body))), Keys{"k"});
    EXPECT_EQ(KeysOf(" \n" + body + "\n"), Keys{"k"});
  }
}

TEST(Notification, TakesTheRegionAndVersionOfEventBridge) {
  const auto read = ParseNotification(EventBridge("k"));
  ASSERT_TRUE(read && read->objects.size() == 1);
  EXPECT_EQ(read->objects[0].region, "ca-central-1");
  EXPECT_EQ(read->objects[0].version_id, "x");
  EXPECT_EQ(read->objects[0].etag, "b1946");
  EXPECT_EQ(read->objects[0].sequencer, "00617F");
  EXPECT_EQ(read->objects[0].size, 5);
}

// S-5
TEST(Notification, ReadsAllRecordsAndAllKeys) {
  EXPECT_EQ(KeysOf(S3Body(S3Record("a") + "," + S3Record("b") + "," + S3Record("c"))),
            (Keys{"a", "b", "c"}));
  EXPECT_EQ(KeysOf(CloudTrail(R"(["a","b"])")), (Keys{"a", "b"}));
}

TEST(Notification, AcceptsEveryVersionAndKindOfCreation) {
  for (const char* version : {"2.0", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.19"}) {
    EXPECT_EQ(KeysOf(S3Body(S3Record("k", "ObjectCreated:Put", version))), Keys{"k"});
  }
  for (const char* event : {"ObjectCreated:Post", "ObjectCreated:Copy",
                            "ObjectCreated:CompleteMultipartUpload", "s3:ObjectCreated:Put"}) {
    EXPECT_EQ(KeysOf(S3Body(S3Record("k", event))), Keys{"k"});
  }
}

// S-6
TEST(Notification, CountsOtherEvents) {
  const auto read =
      ParseNotification(S3Body(S3Record("a", "ObjectRemoved:Delete") + "," + S3Record("b") + "," +
                               S3Record("c", "ObjectRestore:Completed")));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->objects.size(), 1U);
  EXPECT_EQ(read->other_events, 2U);
  EXPECT_EQ(ParseNotification(EventBridge("k", "Object Deleted"))->other_events, 1U);
}

// S-10: what is no notification is an error, so that its message is not deleted.
TEST(Notification, RefusesWhatIsNone) {
  const std::string good = S3Record("k");
  const std::vector<std::string> bodies = {
      "",
      " ",
      "x",
      "[]",
      "1",
      "null",
      "\"text\"",
      "{}",
      "{",
      "\xFF",
      std::string(1, '\0'),
      S3Body(good).substr(0, 100),
      S3Body(good) + "x",
      S3Body("1"),
      S3Body("{}"),
      S3Body("null"),
      S3Body(good + ",{}"),
      S3Body(S3Record("")),
      R"({"Records":{}})",
      R"({"Records":"x"})",
      R"({"Message":5})",
      R"({"Message":"hello"})",
      R"({"Message":""})",
      InSns("[]"),
      R"({"Records":[{"eventName":5,"s3":{"bucket":{"name":"b"},"object":{"key":"k"}}}]})",
      R"({"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":1}}}]})",
      R"({"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":[]}}]})",
      R"({"source":"aws.ec2","detail-type":"Object Created","detail":{}})",
      EventBridge(""),
      R"({"source":"aws.s3","detail-type":"Object Created","detail":[]})",
      CloudTrail("\"k\""),
      CloudTrail("[1]"),
      CloudTrail(R"(["a",""])"),
      R"({"s3ObjectKey":["k"]})"};
  for (const std::string& body : bodies) {
    const auto read = ParseNotification(body);
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(read.error().kind, ErrorKind::kRejected);
  }
}

TEST(Notification, RefusesEnvelopesThatLieTooDeep) {
  std::string body = S3Body(S3Record("k"));
  for (int i = 0; i < 5; ++i) body = InSns(body);
  EXPECT_FALSE(ParseNotification(body));
  EXPECT_FALSE(ParseNotification(R"({"Records":)" + std::string(100'000, '[')));
  EXPECT_FALSE(ParseNotification(std::string(5'000, '[') + std::string(5'000, ']')));
}

TEST(Notification, DoesNotTakeAnOddSizeForASize) {
  for (const char* size : {"\"5\"", "1.5", "18446744073709551615", "null", "{}"}) {
    const auto read = ParseNotification(
        R"({"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"},)"
        R"("object":{"key":"k","size":)" +
        std::string(size) + "}}}]}");
    ASSERT_TRUE(read && read->objects.size() == 1) << size;
    EXPECT_EQ(read->objects[0].size, -1) << size;
  }
}

// S-19
TEST(Notification, GivesEachVersionOfAnObjectItsOwnIdentity) {
  AnnouncedObject object{"b", "k", "v", "e", "s", "eu-west-1", 5};
  const RecordId same = object.Identity();
  object.size = 6;
  EXPECT_EQ(object.Identity(), same);
  for (std::string AnnouncedObject::*part :
       {&AnnouncedObject::bucket, &AnnouncedObject::key, &AnnouncedObject::version_id,
        &AnnouncedObject::etag, &AnnouncedObject::sequencer}) {
    AnnouncedObject other = object;
    other.*part += "x";
    EXPECT_NE(other.Identity(), same);
  }
}

}  // namespace
}  // namespace collector
