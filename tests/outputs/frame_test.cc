#include "outputs/frame.h"

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/time_text.h"
#include "outputs/slow_utf8.h"

namespace collector {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr size_t kNoLimit = size_t{1} << 40;

Timestamp TimeOf(std::string_view text) { return ParseTime(text).value(); }

const Timestamp kTime = TimeOf("2023-06-02T08:31:15.123Z");
constexpr std::string_view kHead = "<14>2023-06-02 08:31:15.123 h my.app.a.b: ";

std::string Frame(std::string_view message, size_t limit = kNoLimit, bool cut = false) {
  FrameWriter writer("h", limit);
  std::string out;
  EXPECT_EQ(writer.Append("my.app.a.b", {kTime, message}, out), cut);
  return out;
}

std::string Headed(std::string_view rest) { return std::string(kHead).append(rest); }

// A receiver, written without a look at the writer: a count or a "<", a header, a message.
struct Received {
  std::string date, host, tag, message;
  bool operator==(const Received&) const = default;
};

std::optional<std::vector<Received>> Receive(std::string_view stream) {
  std::vector<Received> all;
  while (!stream.empty()) {
    std::string_view frame;
    if (stream[0] >= '1' && stream[0] <= '9') {
      const size_t space = stream.find(' ');
      if (space == stream.npos) return std::nullopt;
      const size_t length = std::stoul(std::string(stream.substr(0, space)));
      if (stream.size() < space + 1 + length) return std::nullopt;
      frame = stream.substr(space + 1, length);
      stream.remove_prefix(space + 1 + length);
      if (!frame.ends_with('\n')) return std::nullopt;
    } else {
      const size_t end = stream.find('\n');
      if (end == stream.npos) return std::nullopt;
      frame = stream.substr(0, end + 1);
      stream.remove_prefix(end + 1);
    }
    if (!frame.starts_with("<14>")) return std::nullopt;
    frame.remove_prefix(4);
    Received r;
    r.date = frame.substr(0, 23);
    if (frame.size() < 25 || frame[23] != ' ') return std::nullopt;
    frame.remove_prefix(24);
    size_t end = frame.find(' ');
    if (end == frame.npos) return std::nullopt;
    r.host = frame.substr(0, end);
    frame.remove_prefix(end + 1);
    end = frame.find(": ");
    if (end == frame.npos) return std::nullopt;
    r.tag = frame.substr(0, end);
    frame.remove_prefix(end + 2);
    r.message = frame.substr(0, frame.size() - 1);
    all.push_back(std::move(r));
  }
  return all;
}

TEST(DevoFrame, IsWhatDevosOwnCollectorsSend) {
  FrameWriter writer("myhost", kNoLimit);
  std::string out;
  EXPECT_FALSE(writer.Append("cloud.aws.cloudtrail.events.123456789012.us-east-1",
                             {kTime, R"({"eventVersion":"1.08"})"}, out));
  EXPECT_EQ(out,
            "<14>2023-06-02 08:31:15.123 myhost "
            "cloud.aws.cloudtrail.events.123456789012.us-east-1: {\"eventVersion\":\"1.08\"}\n");
}

TEST(DevoFrame, CountsTheOctetsOfAMessageWithAnInnerNewline) {
  EXPECT_EQ(Frame("l1\nl2\n"), "48 <14>2023-06-02 08:31:15.123 h my.app.a.b: l1\nl2\n");
  EXPECT_EQ(Frame("l1\nl2"), Frame("l1\nl2\n"));
}

TEST(DevoFrame, AddsANewlineOnlyWhenTheMessageHasNone) {
  EXPECT_EQ(Frame("m"), Headed("m\n"));
  EXPECT_EQ(Frame("m\n"), Headed("m\n"));
}

TEST(DevoFrame, OfAnEmptyMessageIsAnEmptyRecord) {
  EXPECT_EQ(Frame(""), Headed("\n"));
  EXPECT_EQ(Frame("\n"), Headed("\n"));
}

TEST(DevoFrame, TakesANewlineBeforeTheLastForAnInnerOne) {
  EXPECT_EQ(Frame("\n\n"), "44 " + Headed("\n\n"));
  EXPECT_EQ(Frame("m\n\n\n"), "46 " + Headed("m\n\n\n"));
  EXPECT_EQ(Frame("\nm"), "45 " + Headed("\nm\n"));
}

TEST(DevoFrame, KeepsNulCarriageReturnsAndControlCharacters) {
  EXPECT_EQ(Frame("a\0b\rc\x1b[1m\x7f\t\r\n"s), Headed("a\0b\rc\x1b[1m\x7f\t\r\n"s));
  EXPECT_EQ(Frame("a\r\nb"), "47 " + Headed("a\r\nb\n")) << "LEN must count the CR";
}

TEST(DevoFrame, ReplacesEachIllFormedPartOnce) {
  EXPECT_EQ(Frame("a\xff"), Headed("a\xEF\xBF\xBD\n"));
  // Unicode 15, tables 3-8 to 3-11.
  EXPECT_EQ(Frame("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"),
            Headed("\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA\n"));
  EXPECT_EQ(Frame("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"),
            Headed("\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA\n"));
  EXPECT_EQ(Frame("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"),
            Headed("\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA\uFFFD\uFFFDB\n"));
  EXPECT_EQ(Frame("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), Headed("\uFFFD\uFFFD\uFFFD\uFFFDA\n"));
}

TEST(DevoFrame, CountsTheOctetsOfTheRepairedMessage) {
  EXPECT_EQ(Frame("\xff\n\xff"), fmt::format("{} ", kHead.size() + 8) + Headed("\uFFFD\n\uFFFD\n"));
}

TEST(DevoFrame, IsAppendedToWhatIsThere) {
  FrameWriter writer("h", kNoLimit);
  std::string out = "before";
  EXPECT_FALSE(writer.Append("my.app.a.b", {kTime, "1"}, out));
  EXPECT_FALSE(writer.Append("my.app.c.d", {kTime, "2"}, out));
  EXPECT_FALSE(writer.Append("my.app.a.b", {kTime, "3"}, out));
  EXPECT_EQ(out, "before" + Headed("1\n") + "<14>2023-06-02 08:31:15.123 h my.app.c.d: 2\n" +
                     Headed("3\n"));
}

// D-9: the limit is for the message as it stands in the frame, without the final newline.
TEST(DevoFrame, CutsAtTheLimitAndSaysSo) {
  EXPECT_EQ(Frame("12345", 5), Headed("12345\n"));
  EXPECT_EQ(Frame("12345\n", 5), Headed("12345\n"));
  EXPECT_EQ(Frame("123456", 5, true), Headed("12345\n"));
  EXPECT_EQ(Frame("123456\n", 5, true), Headed("12345\n"));
  EXPECT_EQ(Frame("12345\n6", 5, true), Headed("12345\n")) << "the inner newline is cut off";
  EXPECT_EQ(Frame("1234\n56", 5, true), "48 " + Headed("1234\n\n"));
  EXPECT_EQ(Frame("\xff\xff", 5, true), Headed("\uFFFD\n")) << "two U+FFFD are 6 bytes";
  EXPECT_EQ(Frame("x", 0, true), Headed("\n"));
}

TEST(DevoFrame, CutsMultiByteTextBetweenCharacters) {
  const std::string text =
      "aé€😀\n߿ࠀ￿𐀀\xF4\x8F\xBF\xBF"
      "z";
  for (size_t limit = 0; limit <= text.size(); ++limit) {
    size_t end = 0;
    for (const std::string& character : slow::Characters(text)) {
      if (end + character.size() > limit) break;
      end += character.size();
    }
    const auto received = Receive(Frame(text, limit, limit < text.size()));
    ASSERT_TRUE(received && received->size() == 1) << limit;
    EXPECT_EQ(received->front().message, text.substr(0, end)) << limit;
  }
}

TEST(DevoFrame, TellsTheTimeOfEachRecordForwardsAndBackwards) {
  FrameWriter writer("h", kNoLimit);
  std::mt19937_64 random(1);
  std::vector<Timestamp> times = {
      TimeOf("1969-12-31T23:59:59.999Z"),   TimeOf("1970-01-01T00:00:00.000Z"),
      TimeOf("1970-01-01T00:00:00.999Z"),   TimeOf("1970-01-01T00:00:01.000Z"),
      TimeOf("2024-02-29T23:59:59.999Z"),   TimeOf("2024-03-01T00:00:00.000Z"),
      TimeOf("2024-02-29T23:59:59.998Z"),   TimeOf("9999-12-31T23:59:59.999Z"),
      TimeOf("0000-01-01T00:00:00.000Z"),   Timestamp::max(),
      Timestamp::max() - Milliseconds(500), Timestamp::min(),
      Timestamp::min() + Milliseconds(500)};
  for (int i = 0; i < 200'000; ++i) {
    // Mostly steps of milliseconds to both sides, at times a leap.
    const auto step = static_cast<int64_t>(random() % 3001) - 1500;
    times.push_back(random() % 50 == 0
                        ? kTime + Milliseconds(static_cast<int64_t>(random() % 7'000'000'000'000) -
                                               3'500'000'000'000)
                        : std::clamp(times.back(), TimeOf("1900-01-01"), TimeOf("2200-01-01")) +
                              Milliseconds(step));
  }
  std::string out;
  for (const Timestamp time : times) {
    out.clear();
    EXPECT_FALSE(writer.Append("my.app.a.b", {time, "m"}, out));
    char expected[kDevoTimeSize];
    WriteDevoTime(time, expected);
    ASSERT_EQ(out.substr(4, kDevoTimeSize), std::string_view(expected, kDevoTimeSize));
    ASSERT_EQ(out.substr(4 + kDevoTimeSize), " h my.app.a.b: m\n");
  }
}

TEST(DevoFrame, KeepsTheTimeRightWhenTheTagChangesWithinASecond) {
  FrameWriter writer("h", kNoLimit);
  std::string out;
  for (int i = 0; i < 10; ++i) {
    out.clear();
    EXPECT_FALSE(writer.Append(i % 2 ? "a.b" : "c.d", {kTime + Milliseconds(i), "m"}, out));
    EXPECT_EQ(out,
              fmt::format("<14>2023-06-02 08:31:15.{} h {}: m\n", 123 + i, i % 2 ? "a.b" : "c.d"));
  }
}

TEST(FrameTag, KeepsWhatATagMayHoldAndReplacesTheRest) {
  EXPECT_EQ(FrameTag("my.app.A-1_z.b"), "my.app.A-1_z.b");
  EXPECT_EQ(FrameTag("my app:\n: x\0é"s), "my_app____x___");
  EXPECT_EQ(FrameTag("one-level"), "one-level");
  EXPECT_EQ(FrameTag(""), "unknown.unknown");
  EXPECT_EQ(FrameTag(std::string(1024, 'x')), std::string(1024, 'x'));
  EXPECT_EQ(FrameTag(std::string(1025, 'x')), std::string(1024, 'x'));
}

TEST(FrameHostName, NeverHoldsASpaceNorNothing) {
  EXPECT_EQ(FrameHostName("ip-10-0-0-1.ec2.internal"), "ip-10-0-0-1.ec2.internal");
  EXPECT_EQ(FrameHostName("fe80::1"), "fe80::1");
  EXPECT_EQ(FrameHostName("my host\n\t\x7f\x80"), "my_host____");
  EXPECT_EQ(FrameHostName(""), "unknown");
  EXPECT_EQ(FrameHostName(std::string(256, 'h')).size(), 255u);
}

// Bytes that hit what matters: newlines, lead and continuation bytes, long runs of plain text.
std::string RandomMessage(std::mt19937_64& random) {
  static constexpr std::string_view kPieces[] = {"\n",
                                                 "\r\n",
                                                 "a",
                                                 "\0"sv,
                                                 "é",
                                                 "€",
                                                 "😀",
                                                 "\xED\xA0\x80",
                                                 "\xF4\x90\x80\x80",
                                                 "\xC0",
                                                 "\xE2",
                                                 "\xF0\x9F\x98",
                                                 "\x80",
                                                 "\xFF",
                                                 "<14>",
                                                 "12 ",
                                                 ": ",
                                                 "{\"eventVersion\":\"1.08\"}"};
  std::string message;
  const size_t pieces = random() % 12;
  for (size_t i = 0; i < pieces; ++i) {
    switch (random() % 4) {
      case 0:
        message.push_back(static_cast<char>(random()));
        break;
      case 1:
        message.append(random() % 80, static_cast<char>('a' + random() % 26));
        break;
      default:
        message.append(kPieces[random() % std::size(kPieces)]);
    }
  }
  if (random() % 4 == 0) message.push_back('\n');
  return message;
}

// A stream of random records, read back by the parser above, is what a slow model says of each.
TEST(DevoFrame, IsReadBackAsTheSameRecordForAnyBytes) {
  std::mt19937_64 random(20231102);
  constexpr int kStreams = 2600;
  constexpr int kRecords = 40;
  for (int s = 0; s < kStreams; ++s) {
    const size_t limit = random() % 2 ? kNoLimit : random() % 100;
    FrameWriter writer("h", limit);
    std::string stream;
    std::vector<Received> expected;
    for (int i = 0; i < kRecords; ++i) {
      const std::string message = RandomMessage(random);
      const std::string tag = "t." + std::to_string(random() % 3);
      const size_t before = stream.size();
      const bool cut = writer.Append(tag, {kTime, message}, stream);

      std::string body;
      bool expect_cut = false;
      std::string_view whole = message;
      if (whole.ends_with('\n')) whole.remove_suffix(1);
      for (const std::string& character : slow::Characters(whole)) {
        expect_cut = expect_cut || body.size() + character.size() > limit;
        if (!expect_cut) body += character;
      }
      ASSERT_EQ(cut, expect_cut);
      const bool counted = stream[before] != '<';
      ASSERT_EQ(counted, body.find('\n') != body.npos) << "counting is for inner newlines alone";
      expected.push_back({"2023-06-02 08:31:15.123", "h", tag, body});
    }
    const auto received = Receive(stream);
    ASSERT_TRUE(received.has_value()) << "stream " << s;
    ASSERT_EQ(*received, expected) << "stream " << s;
  }
}

// What a source has checked is not checked again, but never longer than allowed.
TEST(DevoFrame, APlainRecordIsFramedAsAnyOther) {
  FrameWriter writer("h", 5);
  std::string plain;
  std::string checked;
  EXPECT_FALSE(writer.Append("my.app.a.b", {kTime, "12345", true}, plain));
  EXPECT_FALSE(writer.Append("my.app.a.b", {kTime, "12345", false}, checked));
  EXPECT_EQ(plain, checked);
  EXPECT_TRUE(writer.Append("my.app.a.b", {kTime, "123456", true}, plain));
  EXPECT_TRUE(writer.Append("my.app.a.b", {kTime, "123456", false}, checked));
  EXPECT_EQ(plain, checked);
}

// Lines of one object have times in any order, over midnight too.
TEST(DevoFrame, WritesTimesOfDayInAnyOrder) {
  FrameWriter writer("h", kNoLimit);
  std::mt19937_64 random(1);
  const Timestamp midnight = std::chrono::sys_days(std::chrono::year(2026) / 11 / 25);
  for (int i = 0; i < 10'000; ++i) {
    const Timestamp time = midnight + Milliseconds(static_cast<int64_t>(random() % 200'000'000)) -
                           Milliseconds(100'000'000);
    char expected[kDevoTimeSize];
    WriteDevoTime(time, expected);
    std::string frame;
    EXPECT_FALSE(writer.Append("my.app.a.b", {time, "m"}, frame));
    ASSERT_EQ(frame.substr(4, kDevoTimeSize), std::string_view(expected, kDevoTimeSize));
  }
}

}  // namespace
}  // namespace collector
