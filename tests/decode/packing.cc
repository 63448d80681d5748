#include "decode/packing.h"

#include <array>
#include <cstdlib>

#include <zstd.h>

namespace collector {
namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

// Number as `size` bytes, the least first.
std::string LittleEndian(uint64_t number, size_t size) {
  std::string bytes;
  for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xFF);
  return bytes;
}

uint64_t Crc(std::string_view bytes) {
  return crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
}

std::string Deflate(std::string_view plain, int level, int strategy) {
  z_stream stream = {};
  // The smallest memory: resetting a large one would take all of a test's time.
  Check(deflateInit2(&stream, level, Z_DEFLATED, -15, 4, strategy) == Z_OK);
  std::string out(deflateBound(&stream, plain.size()) + 16, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  Check(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

GzipMake RandomMake(Random& random) {
  constexpr std::array<int, 4> kStrategies = {Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE};
  GzipMake make;
  make.level = static_cast<int>(Below(random, 10));
  make.strategy = kStrategies[Below(random, kStrategies.size())];
  make.extra = OneIn(random, 8);
  make.name = OneIn(random, 4);
  make.comment = OneIn(random, 8);
  make.header_crc = OneIn(random, 8);
  return make;
}

std::string GzipMember(std::string_view plain, const GzipMake& make) {
  const int flags = (make.header_crc ? 2 : 0) | (make.extra ? 4 : 0) | (make.name ? 8 : 0) |
                    (make.comment ? 16 : 0);
  std::string member = "\x1F\x8B\x08";
  member += static_cast<char>(flags);
  member += LittleEndian(1'700'000'000, 4) + "\x02\x03";
  if (make.extra) member += LittleEndian(5, 2) + "EX\x01" + std::string("\0z", 2);
  if (make.name) member += std::string("flow.log\0", 9);
  if (make.comment) member += std::string("\x1F\x8B\0", 3);
  if (make.header_crc) member += LittleEndian(Crc(member), 2);
  member += Deflate(plain, make.level, make.strategy);
  return member + LittleEndian(Crc(plain), 4) + LittleEndian(plain.size(), 4);
}

std::string ZstdFrame(std::string_view plain, int level, bool checksum) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum ? 1 : 0);
  std::string out(ZSTD_compressBound(plain.size()), '\0');
  const size_t size = ZSTD_compress2(context, out.data(), out.size(), plain.data(), plain.size());
  Check(ZSTD_isError(size) == 0);
  out.resize(size);
  ZSTD_freeCCtx(context);
  return out;
}

std::string ZstdSkippableFrame(std::string_view content) {
  return "\x53\x2A\x4D\x18" + LittleEndian(content.size(), 4) + std::string(content);
}

std::string RandomLines(Random& random, size_t most) {
  constexpr std::array<std::string_view, 8> kWords = {
      "2 123456789012 eni-0abc ", "10.0.0.1 ", "ACCEPT OK", "{\"a\":\"", "\\\"", "-", "\t", "x"};
  const size_t size = Below(random, most + 1);
  std::string text;
  while (text.size() < size) {
    if (OneIn(random, 6)) {
      text += OneIn(random, 3) ? "\r\n" : "\n";
    } else if (OneIn(random, 10)) {
      text += static_cast<char>(random() & 0xFF);
    } else {
      text += kWords[Below(random, kWords.size())];
    }
  }
  text.resize(size);
  return text;
}

void Mutate(std::string& bytes, Random& random) {
  if (bytes.empty()) return;
  const size_t at = Below(random, bytes.size());
  switch (Below(random, 6)) {
    case 0:
      bytes[at] = static_cast<char>(random() & 0xFF);
      break;
    case 1:
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << Below(random, 8)));
      break;
    case 2:
      bytes.resize(at);
      break;
    case 3:
      bytes.insert(at, 1, static_cast<char>(random() & 0xFF));
      break;
    case 4:
      bytes.insert(at, bytes.substr(at, 1 + Below(random, 8)));
      break;
    default:
      bytes.erase(at, 1 + Below(random, 8));
  }
}

}  // namespace collector
