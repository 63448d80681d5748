#include "sources/object_decoder.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "decode/packing.h"

namespace collector {
namespace {

const Timestamp kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);
constexpr size_t kBlock = size_t{256} << 10;

struct Got {
  std::vector<std::string> messages;
  std::vector<Timestamp> times;
  std::vector<std::string> tags;
  size_t wrongly_plain = 0;
  size_t plain = 0;
  size_t largest_batch = 0;
  Status status;
  ObjectDecoder::Counts counts;
  uint64_t settled = 0;
};

struct How {
  const ObjectFormat* format = FindObjectFormat("vpc-flow");
  std::string key = "AWSLogs/123456789012/vpcflowlogs/eu-west-1/2026/11/24/x.log.gz";
  S3LogsSettings settings;
  uint64_t skip = 0;
  uint64_t seed = 0;  // of the places where the bytes are cut; 0: not at all
};

bool IsPlain(std::string_view message) {
  for (const char c : message) {
    if (c == '\n' || static_cast<unsigned char>(c) >= 0x80) return false;  // our tests' own
  }
  return true;
}

Got Decode(const std::string& packed, const How& how) {
  Got got;
  ObjectDecoder decoder(how.settings);
  KeyParts parts;
  for (const KeyPattern& pattern : how.format->keys) {
    if (auto found = pattern.Match(how.key)) {
      parts = *found;
      break;
    }
  }
  ObjectDecoder::Object object;
  object.format = how.format;
  object.key = &parts;
  object.account = "999999999999";
  object.region = "us-east-1";
  object.bucket = "bucket";
  object.now = kNow;
  object.skip = how.skip;
  object.packed_size = how.seed % 2 == 0 ? -1 : static_cast<int64_t>(packed.size());
  decoder.Begin(object, [&got](const std::shared_ptr<const Records>& records) -> Status {
    for (size_t i = 0; i < records->size(); ++i) {
      const Record record = (*records)[i];
      got.messages.emplace_back(record.message);
      got.times.push_back(record.time);
      got.tags.push_back(records->tag());
      got.plain += record.plain;
      got.wrongly_plain += record.plain && !IsPlain(record.message);
    }
    got.largest_batch = std::max(got.largest_batch, records->bytes());
    return {};
  });
  Random random(how.seed);
  std::string_view rest = packed;
  while (!rest.empty() && got.status) {
    const size_t most = OneIn(random, 3) ? 16 : 100'000;
    const size_t size =
        how.seed == 0 ? rest.size() : 1 + Below(random, std::min(rest.size(), most));
    got.status = decoder.Feed(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  if (got.status) got.status = decoder.Finish();
  got.counts = decoder.counts();
  got.settled = decoder.settled();
  return got;
}

ObjectFormat Plain(Split split, const std::string& path = "") {
  ObjectFormat format;
  format.name = "own";
  format.split = split;
  format.path = path;
  format.tag = "my.app.own";
  return format;
}

Got DecodeAs(const ObjectFormat& format, const std::string& packed, uint64_t skip = 0,
             uint64_t seed = 0) {
  How how;
  how.format = &format;
  how.skip = skip;
  how.seed = seed;
  return Decode(packed, how);
}

using Texts = std::vector<std::string>;

TEST(ObjectDecoder, GivesTheSameRecordsHoweverTheBytesAreCut) {
  Random random(7);
  const ObjectFormat lines = Plain(Split::kLines);
  const ObjectFormat documents = Plain(Split::kJsonLines);
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    const std::string text = RandomLines(random, size_t{1} << 20);
    std::string json;
    for (size_t i = 0; i < 5'000; ++i) {
      json += R"({"n":")" + std::string(Below(random, 300), OneIn(random, 50) ? '\x80' : 'x') +
              (OneIn(random, 2) ? "\"}\n" : "\",\n\"b\":[1]}");
    }
    for (const ObjectFormat& format : {lines, documents}) {
      const std::string& plain = format == lines ? text : json;
      const Got whole = DecodeAs(format, plain);
      const Got cut = DecodeAs(format, GzipMember(plain), 0, seed);
      ASSERT_TRUE(whole.status && cut.status);
      EXPECT_EQ(whole.messages, cut.messages);
      EXPECT_EQ(whole.wrongly_plain + cut.wrongly_plain, 0U);
      EXPECT_EQ(cut.counts.records, cut.messages.size());
      EXPECT_EQ(cut.settled, cut.messages.size());
      EXPECT_LE(cut.largest_batch, 4 * kBlock);
    }
  }
}

TEST(ObjectDecoder, LosesNothingWhereALineEndsAtTheEndOfABlock) {
  const ObjectFormat format = Plain(Split::kLines);
  for (const size_t size :
       {kBlock - 2, kBlock - 1, kBlock, kBlock + 1, 4 * kBlock - 1, 4 * kBlock, 4 * kBlock + 1}) {
    for (const char* end : {"\n", "\r\n", ""}) {
      const std::string first(size, 'a');
      const Got one = DecodeAs(format, first + end);
      EXPECT_EQ(one.messages, Texts{first}) << size;
      const Got three = DecodeAs(format, "short\n" + first + "\nlast" + end);
      EXPECT_EQ(three.messages, (Texts{"short", first, "last"})) << size;
      EXPECT_EQ(three.counts.cut, 0U);
    }
  }
}

TEST(ObjectDecoder, CutsALineAtItsLimitAndGoesOnBehindIt) {
  const ObjectFormat format = Plain(Split::kLines);
  constexpr size_t kMost = ObjectDecoder::kMaxLineBytes;
  for (const size_t before : {size_t{0}, size_t{1'000}, size_t{200'000}, size_t{250'000}}) {
    std::string text = std::string(before, 'b') + "\n" + std::string(kMost + 5, 'a') + "\nnext\n" +
                       std::string(kMost - 1, 'c') + "\nlast";
    if (before == 0) text.erase(0, 1);
    const Got got = DecodeAs(format, text);
    ASSERT_TRUE(got.status);
    Texts messages = got.messages;
    if (before > 0) messages.erase(messages.begin());
    ASSERT_EQ(messages.size(), 4U);
    EXPECT_EQ(messages[0].size(), kMost);
    EXPECT_EQ(messages[1], "next");
    EXPECT_EQ(messages[2].size(), kMost - 1);
    EXPECT_EQ(messages[3], "last");
    EXPECT_EQ(got.counts.cut, 1U);
    EXPECT_LE(got.largest_batch, kMost + 4096);
  }
}

TEST(ObjectDecoder, RefusesAJsonRecordBeyondTheLimitButKeepsThoseBeforeIt) {
  const ObjectFormat format = Plain(Split::kJsonLines);
  const std::string huge(ObjectDecoder::kMaxLineBytes, 'a');
  const Got got = DecodeAs(format, "{\"a\":1}\n[2]\n{\"b\":\"" + huge + "\"}\n");
  ASSERT_FALSE(got.status);
  EXPECT_EQ(got.status.error().kind, ErrorKind::kRejected);
  EXPECT_EQ(got.messages, (Texts{"{\"a\":1}", "[2]"}));
}

// S-12, S-13
TEST(ObjectDecoder, DeliversWhatIsBeforeTheFaultOfATruncatedObjectAndThenFails) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "line " + std::to_string(i) + "\n";
  const std::string packed = GzipMember(text);
  const ObjectFormat format = Plain(Split::kLines);
  const Got whole = DecodeAs(format, packed);
  for (const size_t cut : {size_t{1}, size_t{8}, size_t{9}, packed.size() / 2}) {
    const Got got = DecodeAs(format, packed.substr(0, packed.size() - cut), 0, cut);
    ASSERT_FALSE(got.status);
    EXPECT_EQ(got.status.error().kind, ErrorKind::kRejected);
    ASSERT_GT(got.messages.size(), 0U);
    ASSERT_LE(got.messages.size(), whole.messages.size());
    EXPECT_TRUE(std::equal(got.messages.begin(), got.messages.end(), whole.messages.begin()));
    EXPECT_EQ(got.settled, got.messages.size());
    // The next try goes on there.
    const Got again = DecodeAs(format, packed, got.settled);
    EXPECT_EQ(again.messages.size(), whole.messages.size() - got.messages.size());
    EXPECT_EQ(again.settled, whole.messages.size());
    if (!again.messages.empty()) {
      EXPECT_EQ(again.messages[0], whole.messages[got.messages.size()]);
    }
  }
}

TEST(ObjectDecoder, NeverCallsARecordPlainThatIsNotAlsoBeforeAFault) {
  for (const std::string& record :
       {std::string("{\"a\":\"\xFF\"}"), std::string("{\"a\":\n1}"), std::string("[\"\xC3\"]")}) {
    const Got got = DecodeAs(Plain(Split::kJsonLines), record + "\n{\"b\":1}\n}");
    ASSERT_FALSE(got.status);
    EXPECT_EQ(got.messages, (Texts{record, "{\"b\":1}"}));
    EXPECT_EQ(got.plain, 0U) << record;
    const Got array =
        DecodeAs(Plain(Split::kJsonArray, "Records"), "{\"Records\":[" + record + "],\"x\":}");
    EXPECT_EQ(array.messages, Texts{record});
    EXPECT_EQ(array.plain, 0U) << record;
  }
  EXPECT_EQ(DecodeAs(Plain(Split::kLines), "a\nb\n").plain, 2U);
  EXPECT_EQ(DecodeAs(Plain(Split::kLines), "a\nb\xFF\n").plain, 0U);
}

TEST(ObjectDecoder, SkipsWhatAnEarlierTryDeliveredNotCountingHeaders) {
  How how;
  how.skip = 2;
  const std::string text = "version start\n2 1\n2 2\n2 3\n";
  EXPECT_EQ(Decode(text, how).messages, Texts{"2 3"});
  how.skip = 3;
  EXPECT_TRUE(Decode(text, how).messages.empty());
  how.skip = 99;
  EXPECT_TRUE(Decode(text, how).status);
}

// How far a damaged object can be read depends on how its bytes come.
TEST(ObjectDecoder, SettlesNeverLessThanAnEarlierTryDid) {
  How how;
  how.skip = 3;
  const std::string text = "version start\n2 1\n2 2\n";
  EXPECT_EQ(Decode(text, how).settled, 3U);
  EXPECT_EQ(Decode("", how).settled, 3U);
}

TEST(ObjectDecoder, DropsWhatAFilterNamesAndCountsIt) {
  How how;
  how.settings.drop_records = {{"log-status", {"NODATA", "SKIPDATA"}}};
  const Got got =
      Decode("version log-status start\n2 OK 1\n2 NODATA 2\n2 SKIPDATA 3\n2 OK 4\n", how);
  EXPECT_EQ(got.messages, (Texts{"2 OK 1", "2 OK 4"}));
  EXPECT_EQ(got.counts.filtered, 2U);
  EXPECT_EQ(got.settled, 4U);
}

TEST(ObjectDecoder, FillsTheTagFromKeyAndRecord) {
  How how;
  how.settings.service.tag = "my.{service}.{account}.{region}.{bucket}.{record.action}";
  how.settings.service.name = "flow";
  const Got got = Decode("version action end\n2 ACCEPT 1\n2 REJECT 1\n2 ACCEPT 2\n2\n", how);
  std::vector<std::pair<std::string, std::string>> pairs;
  for (size_t i = 0; i < got.tags.size(); ++i) pairs.emplace_back(got.tags[i], got.messages[i]);
  const std::string head = "my.flow.123456789012.eu-west-1.bucket.";
  EXPECT_EQ(pairs,
            (std::vector<std::pair<std::string, std::string>>{{head + "ACCEPT", "2 ACCEPT 1"},
                                                              {head + "ACCEPT", "2 ACCEPT 2"},
                                                              {head + "REJECT", "2 REJECT 1"},
                                                              {head + "unknown", "2"}}));
}

TEST(ObjectDecoder, FillsTheTagFromFieldsOfJson) {
  How how;
  how.format = FindObjectFormat("cloudtrail");
  how.key = "AWSLogs/123456789012/CloudTrail/eu-west-1/2026/11/24/x.json.gz";
  how.settings.service.tag = "my.app.{record.eventName}.{record.userIdentity.type}";
  const Got got = Decode(
      R"({"Records":[{"userIdentity":{"type":"Root"},"eventName":"CreateUser"},{"a":1}]})", how);
  EXPECT_EQ(got.tags, (Texts{"my.app.CreateUser.Root", "my.app.unknown.unknown"}));
}

// V-1, V-2
TEST(ObjectDecoder, ReadsTheTimeOfFlowLogsInAnyOrderOfFields) {
  How how;
  const Got got = Decode("start end version\n1700000000 1700000060 5\n- - 2\n", how);
  ASSERT_EQ(got.times.size(), 2U);
  EXPECT_EQ(got.times[0], Timestamp(Seconds(1'700'000'000)));
  EXPECT_EQ(got.times[1], kNow);
  const Got usual = Decode(
      "2 123456789010 eni-1 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 "
      "ACCEPT OK\n",
      how);
  ASSERT_EQ(usual.times.size(), 1U);  // without a header: the default format
  EXPECT_EQ(usual.times[0], Timestamp(Seconds(1'418'530'010)));
}

// V-4
TEST(ObjectDecoder, ReadsCloudFrontAsW3cAndAsJson) {
  How how;
  how.format = FindObjectFormat("cloudfront");
  how.key = "prefix/EMLARXS9EXAMPLE.2019-11-14-20.RT4KCN4SGK9.gz";
  const Got w3c = Decode(GzipMember("#Version: 1.0\n#Fields: date time x-edge-location sc-bytes\n"
                                    "2019-12-04\t21:02:31\tLAX1\t392\n"),
                         how);
  EXPECT_EQ(w3c.messages, Texts{"2019-12-04\t21:02:31\tLAX1\t392"});
  const Got json = Decode(R"({"date":"2019-12-04","time":"21:02:31","sc-bytes":"392"})"
                          "\n",
                          how);
  ASSERT_EQ(w3c.times.size() + json.times.size(), 2U);
  const Timestamp time = std::chrono::sys_days(std::chrono::year(2019) / 12 / 4) +
                         std::chrono::hours(21) + std::chrono::minutes(2) + Seconds(31);
  EXPECT_EQ(w3c.times[0], time);
  EXPECT_EQ(json.times[0], time);
  EXPECT_EQ(w3c.tags[0], "web.aws.cloudfront.access-w3c.us-east-1.EMLARXS9EXAMPLE");
}

// V-4
TEST(ObjectDecoder, RefusesParquetWhateverItsKeySays) {
  const std::string parquet("PAR1\x15\x04\x15\n\x15\x0c\nPAR1", 14);
  for (const uint64_t seed : {0, 1, 2}) {
    const Got got = DecodeAs(Plain(Split::kLines), parquet, 0, seed);
    ASSERT_FALSE(got.status);
    EXPECT_EQ(got.status.error().kind, ErrorKind::kRejected);
    EXPECT_TRUE(got.messages.empty());
  }
  EXPECT_EQ(DecodeAs(Plain(Split::kLines), "PAR1 is a word\n").messages, Texts{"PAR1 is a word"});
}

// L-15
TEST(ObjectDecoder, ReadsEnvelopesThatFollowEachOtherWithoutABlank) {
  How how;
  how.format = FindObjectFormat("securityhub");
  how.key = "securityhub/2026/11/24/10/x";
  const std::string envelope =
      R"({"detail-type":"x","detail":{"findings":[{"Id":"1","UpdatedAt":"2026-01-01T00:00:00Z"},)"
      R"({"Id":"2"}]}})";
  const Got got = Decode(envelope + envelope, how);
  ASSERT_TRUE(got.status);
  EXPECT_EQ(got.messages.size(), 4U);
  EXPECT_EQ(got.times[2], Timestamp(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)));
}

}  // namespace
}  // namespace collector
