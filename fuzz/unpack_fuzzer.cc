// Any bytes as an object: both inflaters say the same, and so does either however the bytes and the
// room are cut; likewise the lines of what comes out. The first byte says how to cut, and whether
// the rest is the object or the deflate data of a gzip member, which then gets a right trailer: by
// itself a fuzzer does not find the checksum. Seeds: tests/testdata/fuzz/unpack_fuzzer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include <zlib.h>

#include "decode/drive.h"
#include "decode/line_splitter.h"
#include "decode/unpacker.h"

namespace {

using namespace collector;

constexpr size_t kMostPlain = size_t{3} << 15;  // three windows

// A gzip member of deflate data that ends within the bytes; what follows its end stays behind.
std::optional<std::string> MemberOf(std::string_view deflated) {
  std::string plain(kMostPlain, '\0');
  z_stream stream = {};
  if (inflateInit2(&stream, -15) != Z_OK) std::abort();
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(deflated.data()));
  stream.avail_in = static_cast<uInt>(deflated.size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  const int outcome = inflate(&stream, Z_FINISH);
  plain.resize(plain.size() - stream.avail_out);
  const size_t taken = deflated.size() - stream.avail_in;
  inflateEnd(&stream);
  if (outcome != Z_STREAM_END) return std::nullopt;
  std::string member("\x1F\x8B\x08\0\0\0\0\0\0\xFF", 10);
  member += deflated.substr(0, taken);
  const uint64_t trailer =
      crc32(0, reinterpret_cast<const Bytef*>(plain.data()), static_cast<uInt>(plain.size())) |
      uint64_t{plain.size()} << 32;
  for (int i = 0; i < 8; ++i) member += static_cast<char>(trailer >> (8 * i) & 0xFF);
  member += deflated.substr(taken);
  return member;
}

// More than kMostPlain is too much of a good thing.
bool IsTooLarge(std::string_view packed) {
  Unpacker unpacker(InflateBackend::kZlib);
  std::string out(kMostPlain, '\0');
  const Result<size_t> written = unpacker.Unpack(packed, true, out.data(), out.size());
  return written && *written == out.size();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  std::string packed(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] >= 128) {
    std::optional<std::string> member = MemberOf(packed);
    if (!member) return 0;
    packed = *std::move(member);
  }
  if (IsTooLarge(packed)) return 0;
  static Unpacker zlib(InflateBackend::kZlib);
  static Unpacker best;
  const auto plain = UnpackAll(zlib, packed, Always(packed.size() + 1), Always(1 << 16));
  // Not by single bytes when there are many: ISA-L moves its window at each call.
  const size_t cut = 1 + data[0] % 64 + packed.size() / 128;
  const size_t room = 1 + data[0] % 32 * 97 + plain.value_or("").size() / 256;
  if (UnpackAll(zlib, packed, Always(cut), Always(room)) != plain) std::abort();
  const auto by_best = UnpackAll(best, packed, Always(packed.size() + 1), Always(1 << 16));
  if (UnpackAll(best, packed, Always(cut), Always(room), true) != by_best) std::abort();
  // It may take what zlib refuses (decode/inflater.h), never the other way round.
  if (plain && by_best != plain) std::abort();
  if (!by_best) return 0;
  LineSplitter lines;
  const auto records = SplitAll(lines, *by_best, Always(by_best->size() + 1));
  if (SplitAll(lines, *by_best, Always(cut)) != records) std::abort();
  for (const std::string& record : *records) {
    if (record.find('\n') != std::string::npos) std::abort();
  }
  return 0;
}
