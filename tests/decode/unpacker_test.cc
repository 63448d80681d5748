// The two inflaters, and the rules about what gzip objects look like in the wild: S-12, S-13, S-25.
#include "decode/unpacker.h"

#include <string>

#include <gtest/gtest.h>

#include "decode/drive.h"
#include "decode/packing.h"

namespace collector {
namespace {

using std::string_literals::operator""s;

std::string Many(size_t lines) {
  std::string text;
  for (size_t i = 0; i < lines; ++i) text += "line " + std::to_string(i * 7919) + " ACCEPT OK\n";
  return text;
}

class UnpackerTest : public testing::TestWithParam<InflateBackend> {
 protected:
  std::optional<std::string> Unpack(std::string_view packed, size_t cut = 1000, size_t room = 777) {
    return UnpackAll(unpacker_, packed, Always(cut), Always(room));
  }
  // Cut in every way that can matter, with the same outcome.
  std::optional<std::string> UnpackInEveryWay(std::string_view packed) {
    const std::optional<std::string> whole = Unpack(packed, packed.size() + 1, 1 << 20);
    for (const size_t cut : {1, 2, 3, 7, 64}) {
      for (const size_t room : {1, 3, 100}) {
        EXPECT_EQ(Unpack(packed, cut, room), whole) << cut << " " << room;
        EXPECT_EQ(UnpackAll(unpacker_, packed, Always(cut), Always(room), true), whole);
      }
    }
    return whole;
  }
  std::string ErrorOf(std::string_view packed) {
    unpacker_.Reset();
    std::string out(1 << 16, '\0');
    const Result<size_t> written = unpacker_.Unpack(packed, true, out.data(), out.size());
    return written ? "no error" : written.error().message;
  }

  Unpacker unpacker_{GetParam()};
};

std::string NameOf(const testing::TestParamInfo<InflateBackend>& info) {
  return info.param == InflateBackend::kIsal ? "Isal" : "Zlib";
}

std::vector<InflateBackend> Built() {
  std::vector<InflateBackend> backends = {InflateBackend::kZlib};
  if (HasInflateBackend(InflateBackend::kIsal)) backends.push_back(InflateBackend::kIsal);
  return backends;
}

INSTANTIATE_TEST_SUITE_P(Backends, UnpackerTest, testing::ValuesIn(Built()), NameOf);

#if defined(COLLECTOR_EXPECT_ISAL)
TEST(Inflater, IsIsalWhereItIsPackaged) { EXPECT_EQ(BestInflateBackend(), InflateBackend::kIsal); }
#endif

TEST_P(UnpackerTest, PassesPlainBytesAsTheyStand) {
  for (const std::string& plain : {""s, "\n"s, "x"s, "\x1F"s, "\x28"s, "P*M"s, "line\n"s, "PAR1"s,
                                   "BZh91AY"s, "\0\0\0"s, "\x28\xB5"s + "x"s, Many(500)}) {
    EXPECT_EQ(UnpackInEveryWay(plain), plain);
    EXPECT_EQ(unpacker_.kind(), Unpacker::Kind::kPlain);
  }
}

// S-12: zlib's own inflate stops after the first member.
TEST_P(UnpackerTest, ReadsAllMembersAlsoEmptyOnes) {
  const std::string packed = GzipMember("") + GzipMember("one\n") + GzipMember("") +
                             GzipMember("two\n", {.level = 0}) + GzipMember("");
  EXPECT_EQ(UnpackInEveryWay(packed), "one\ntwo\n");
  EXPECT_EQ(unpacker_.kind(), Unpacker::Kind::kGzip);
  EXPECT_EQ(UnpackInEveryWay(GzipMember("")), "");
}

TEST_P(UnpackerTest, ReadsAThousandMembers) {
  std::string packed;
  std::string plain;
  for (int i = 0; i < 1000; ++i) {
    plain += std::to_string(i) + "\n";
    packed += GzipMember(std::to_string(i) + "\n");
  }
  EXPECT_EQ(Unpack(packed, 61, 17), plain);
}

TEST_P(UnpackerTest, StepsOverEveryOptionalFieldOfAHeader) {
  for (int fields = 0; fields < 16; ++fields) {
    const GzipMake make = {.extra = (fields & 1) != 0,
                           .name = (fields & 2) != 0,
                           .comment = (fields & 4) != 0,
                           .header_crc = (fields & 8) != 0};
    EXPECT_EQ(UnpackInEveryWay(GzipMember("text\n", make)), "text\n") << fields;
  }
}

TEST_P(UnpackerTest, StepsOverAnExtraFieldOfNoBytes) {
  std::string packed = GzipMember("text\n");
  packed[3] = 4;
  EXPECT_EQ(UnpackInEveryWay(packed.insert(10, 2, '\0')), "text\n");
}

TEST_P(UnpackerTest, RefusesAHeaderThatItCannotKnow) {
  std::string packed = GzipMember("text\n", {.header_crc = true});
  packed[10] = static_cast<char>(packed[10] ^ 1);
  EXPECT_EQ(UnpackInEveryWay(packed), std::nullopt);
  packed = GzipMember("text\n");
  packed[3] = '\x20';
  EXPECT_EQ(UnpackInEveryWay(packed), std::nullopt);
  packed = GzipMember("text\n");
  packed[2] = 7;
  EXPECT_EQ(UnpackInEveryWay(packed), std::nullopt);
}

// S-12: tapes and block devices leave zeros behind; anything else is not ours to ignore.
TEST_P(UnpackerTest, LetsZerosFollowTheLastMemberAndNothingElse) {
  const std::string packed = GzipMember("text\n");
  EXPECT_EQ(UnpackInEveryWay(packed + std::string(1, '\0')), "text\n");
  EXPECT_EQ(UnpackInEveryWay(packed + std::string(1000, '\0')), "text\n");
  EXPECT_EQ(UnpackInEveryWay(packed + "\n"), std::nullopt);
  EXPECT_EQ(UnpackInEveryWay(packed + "text\n"), std::nullopt);
  EXPECT_EQ(UnpackInEveryWay(packed + "\0\0x"s), std::nullopt);
  EXPECT_EQ(UnpackInEveryWay(packed + "\0"s + packed), std::nullopt);
  EXPECT_EQ(UnpackInEveryWay(packed + ZstdFrame("more\n")), std::nullopt);
}

// S-12: a truncated stream is an error, not an end. One byte alone is nobody's stream.
TEST_P(UnpackerTest, TakesNoTruncatedObjectForAWholeOne) {
  const std::string first = GzipMember("one, two, one, two, one, two\n", {.name = true});
  const std::string packed = first + GzipMember("three\n", {.extra = true, .header_crc = true});
  for (size_t size = 2; size < packed.size(); ++size) {
    if (size == first.size()) continue;
    for (const size_t cut : {1, 1000}) {
      EXPECT_EQ(Unpack(packed.substr(0, size), cut), std::nullopt) << size;
    }
  }
  const std::string frames = ZstdFrame("one\n") + ZstdSkippableFrame("x") + ZstdFrame("two\n");
  const size_t first_frame = ZstdFrame("one\n").size();
  for (size_t size = 2; size < frames.size(); ++size) {
    if (size == first_frame || size == first_frame + ZstdSkippableFrame("x").size()) continue;
    for (const size_t cut : {1, 1000}) {
      EXPECT_EQ(Unpack(frames.substr(0, size), cut), std::nullopt) << size;
    }
  }
}

// S-13: an error, or a bit that says nothing: the header's time and system, and what fills the last
// byte of the deflate data.
TEST_P(UnpackerTest, NeverTakesFlippedBitsForOtherText) {
  const std::string first = GzipMember("a line, a line, a lane\n");
  const std::string packed = first + GzipMember("and another\n");
  const std::string plain = "a line, a line, a lane\nand another\n";
  size_t refused = 0;
  for (size_t at = 2; at < packed.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = packed;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      const std::optional<std::string> unpacked = Unpack(flipped);
      EXPECT_EQ(unpacked.value_or(plain), plain) << at << " " << bit;
      refused += unpacked ? 0 : 1;
    }
  }
  EXPECT_GT(refused, (packed.size() - 2 * 10) * 8 - 20);
}

TEST_P(UnpackerTest, ReadsAllFramesOfZstdAlsoSkippableOnes) {
  const std::string packed = ZstdSkippableFrame("an index") + ZstdFrame("one\n") + ZstdFrame("") +
                             ZstdFrame("two\n", 19, false) + ZstdSkippableFrame("");
  EXPECT_EQ(UnpackInEveryWay(packed), "one\ntwo\n");
  EXPECT_EQ(unpacker_.kind(), Unpacker::Kind::kZstd);
  EXPECT_EQ(UnpackInEveryWay(packed + "x"), std::nullopt);
  EXPECT_EQ(UnpackInEveryWay(packed + "\0"s), std::nullopt);
  EXPECT_EQ(Unpack(ZstdFrame(Many(20'000), 19), 4096, 65536), Many(20'000));
}

// S-25: a window of 256 MiB would be one for each reader.
TEST_P(UnpackerTest, RefusesZstdThatWantsTooLargeAWindow) {
  // A frame with a window descriptor and no content size, then an empty last block.
  const auto frame = [](int window_log) {
    return "\x28\xB5\x2F\xFD\x00"s + static_cast<char>((window_log - 10) << 3) + "\x01\x00\x00"s;
  };
  EXPECT_EQ(Unpack(frame(17)), "");
  EXPECT_EQ(Unpack(frame(27)), "");
  EXPECT_EQ(Unpack(frame(28)), std::nullopt);
  EXPECT_EQ(Unpack(frame(17)), "");
}

TEST_P(UnpackerTest, IsReadyForAnotherObjectAfterAnyOther) {
  const std::vector<std::pair<std::string, std::optional<std::string>>> objects = {
      {GzipMember("gzip\n"), "gzip\n"},
      {GzipMember("gzip\n").substr(0, 15), std::nullopt},
      {GzipMember("\n") + "x", std::nullopt},
      {ZstdFrame("zstd\n"), "zstd\n"},
      {ZstdFrame("zstd\n").substr(0, 9), std::nullopt},
      {"plain\n", "plain\n"},
      {"", ""}};
  for (const auto& [before, unused] : objects) {
    for (const auto& [packed, plain] : objects) {
      Unpack(before);
      EXPECT_EQ(Unpack(packed), plain);
    }
  }
}

TEST_P(UnpackerTest, UnpacksMoreThanAWindowWithDistantRepeats) {
  Random random(1);
  std::string plain;
  for (int i = 0; i < 40'000; ++i) plain += static_cast<char>(random() & 0xFF);
  plain += plain.substr(8'000, 30'000) + Many(50'000);  // repeats from 32,000 bytes before
  const std::string packed = GzipMember(plain, {.level = 9});
  for (const size_t room : {1000, 32'768, 65'536, 65'537, 300'000}) {
    EXPECT_EQ(Unpack(packed, 16'384, room), plain) << room;
  }
}

TEST_P(UnpackerTest, SaysWhatIsWrongAndWhere) {
  const std::string packed = GzipMember("text\n");
  EXPECT_EQ(ErrorOf(packed.substr(0, 20)), "the gzip data is truncated, 20 packed bytes in");
  EXPECT_EQ(ErrorOf(packed + "x"),
            "something that is not gzip follows 1 gzip member(s), 26 packed bytes in");
  std::string wrong = packed;
  wrong[packed.size() - 1] = 1;
  EXPECT_EQ(ErrorOf(wrong),
            "the checksum of gzip member 1 is not that of its content, 25 packed bytes in");
  EXPECT_EQ(ErrorOf(ZstdFrame("text\n").substr(0, 8)),
            "the zstd data is truncated, 8 packed bytes in");
}

}  // namespace
}  // namespace collector
