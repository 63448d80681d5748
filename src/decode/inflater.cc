#include "decode/inflater.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include <zlib.h>

#if defined(COLLECTOR_HAVE_ISAL)
#include "decode/isal_inflater.h"
#endif

namespace collector {
namespace {

constexpr size_t kMostAtOnce = size_t{1} << 30;  // zlib counts in 32 bits
constexpr int kRawWindowBits = -15;              // the largest window, no wrapper (zlib.h)
constexpr size_t kTrailerSize = 8;

class ZlibInflater : public Inflater {
 public:
  ZlibInflater() {
    // It fails only without memory.
    if (inflateInit2(&stream_, kRawWindowBits) != Z_OK) std::abort();
  }
  ~ZlibInflater() override { inflateEnd(&stream_); }
  ZlibInflater(const ZlibInflater&) = delete;
  ZlibInflater& operator=(const ZlibInflater&) = delete;

  void Begin() override {
    inflateReset(&stream_);
    crc_ = 0;
    size_ = 0;
    in_trailer_ = false;
    trailer_ = 0;
    trailer_size_ = 0;
  }

  Outcome Inflate(std::string_view& input, char* out, size_t room, size_t& written) override {
    if (!in_trailer_) {
      const int outcome = InflateData(input, out, room, written);
      // No progress, for want of input or of room, is no error; zlib's inflate may be called again.
      if (outcome == Z_OK || outcome == Z_BUF_ERROR) return Outcome::kMore;
      if (outcome != Z_STREAM_END) return Outcome::kMangled;
      in_trailer_ = true;
    }
    return ReadTrailer(input);
  }

 private:
  int InflateData(std::string_view& input, char* out, size_t room, size_t& written) {
    const auto given = static_cast<uInt>(std::min(input.size(), kMostAtOnce));
    const auto space = static_cast<uInt>(std::min(room, kMostAtOnce));
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = given;
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = space;
    const int outcome = inflate(&stream_, Z_NO_FLUSH);
    const uInt made = space - stream_.avail_out;
    input.remove_prefix(given - stream_.avail_in);
    crc_ = static_cast<uint32_t>(crc32(crc_, reinterpret_cast<const Bytef*>(out), made));
    size_ += made;
    written += made;
    return outcome;
  }

  Outcome ReadTrailer(std::string_view& input) {
    for (; trailer_size_ < kTrailerSize && !input.empty(); input.remove_prefix(1)) {
      const auto byte = static_cast<uint8_t>(input.front());
      trailer_ |= uint64_t{byte} << (8 * trailer_size_++);
    }
    if (trailer_size_ < kTrailerSize) return Outcome::kMore;
    // Both little-endian: the CRC-32 of the plain bytes, their number modulo 2^32.
    return trailer_ == (uint64_t{size_} << 32 | crc_) ? Outcome::kEnd : Outcome::kBadChecksum;
  }

  z_stream stream_ = {};
  uint32_t crc_ = 0;
  uint32_t size_ = 0;
  bool in_trailer_ = false;
  uint64_t trailer_ = 0;
  size_t trailer_size_ = 0;
};

}  // namespace

#if defined(COLLECTOR_HAVE_ISAL)
bool HasInflateBackend(InflateBackend) { return true; }
InflateBackend BestInflateBackend() { return InflateBackend::kIsal; }
#else
bool HasInflateBackend(InflateBackend backend) { return backend == InflateBackend::kZlib; }
InflateBackend BestInflateBackend() { return InflateBackend::kZlib; }
#endif

std::unique_ptr<Inflater> MakeInflater(InflateBackend backend) {
#if defined(COLLECTOR_HAVE_ISAL)
  if (backend == InflateBackend::kIsal) return MakeIsalInflater();
#endif
  if (!HasInflateBackend(backend)) std::abort();
  return std::make_unique<ZlibInflater>();
}

}  // namespace collector
