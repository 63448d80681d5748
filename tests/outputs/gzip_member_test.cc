#include "outputs/gzip_member.h"

#include <random>
#include <string>

#include <gtest/gtest.h>
#include <zlib.h>

namespace collector {
namespace {

// What zlib, which is not what made it, reads out of one member; "(mangled)" for anything else.
std::string Unpack(std::string_view packed) {
  z_stream stream = {};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return "(mangled)";
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string plain(size_t{8} << 20, '\0');
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  const int outcome = inflate(&stream, Z_FINISH);
  plain.resize(stream.total_out);
  const bool whole = outcome == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  return whole ? plain : "(mangled)";
}

std::string Lines(size_t bytes) {
  std::string text;
  for (size_t i = 0; text.size() < bytes; ++i) {
    text += "<14>2026-11-24 03:05:21.123 h my.app.a.b: 2 123456789012 eni-" + std::to_string(i) +
            " 10.0.0.1 10.0.0.2 443 " + std::to_string(i * 7919 % 65536) + " ACCEPT OK\n";
  }
  return text;
}

TEST(GzipMember, IsOneWholeMemberAtEveryLevel) {
  for (int level = 1; level <= 9; ++level) {
    GzipMember gzip(level);
    for (const size_t bytes : {size_t{0}, size_t{1}, size_t{51'200}, size_t{3} << 20}) {
      const std::string plain = bytes == 0 ? "" : Lines(bytes);
      std::string packed = "before";
      gzip.Append(plain, packed);
      ASSERT_TRUE(packed.starts_with("before"));
      EXPECT_EQ(Unpack(packed.substr(6)), plain) << level;
    }
  }
}

TEST(GzipMember, TakesWhatCannotBePacked) {
  std::mt19937_64 random(1);
  for (const int level : {1, 6, 9}) {
    GzipMember gzip(level);
    for (const size_t bytes : {1, 100, 65'535, 65'536, 1'000'000}) {
      std::string plain(bytes, '\0');
      for (char& c : plain) c = static_cast<char>(random());
      std::string packed;
      gzip.Append(plain, packed);
      EXPECT_EQ(Unpack(packed), plain) << level << " " << bytes;
    }
  }
}

TEST(GzipMember, PacksLinesToAFifthAtMost) {
  const std::string plain = Lines(51'200);
  for (const int level : {1, 3, 6, 9}) {
    std::string packed;
    GzipMember(level).Append(plain, packed);
    EXPECT_LT(packed.size(), plain.size() / 5) << level;
  }
}

}  // namespace
}  // namespace collector
