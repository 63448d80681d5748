#include "outputs/gzip_member.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include <zlib.h>

#if defined(COLLECTOR_HAVE_ISAL)
#include <isa-l/igzip_lib.h>
#endif

namespace collector {
namespace {

// 15 is the largest window; 16 more asks zlib for a gzip wrapper instead of its own (zlib.h).
constexpr int kGzipWindowBits = 15 + 16;
constexpr int kMemoryLevel = 8;  // zlib's default

}  // namespace

struct GzipMember::Zlib {
  explicit Zlib(int level) {
    // It fails only without memory or with a level that the settings do not admit.
    if (deflateInit2(&stream, std::clamp(level, 1, 9), Z_DEFLATED, kGzipWindowBits, kMemoryLevel,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
      std::abort();
    }
  }
  ~Zlib() { deflateEnd(&stream); }

  void Append(std::string_view plain, std::string& out) {
    deflateReset(&stream);
    const size_t before = out.size();
    const size_t bound = deflateBound(&stream, plain.size());
    out.resize(before + bound);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    stream.avail_in = static_cast<uInt>(plain.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = static_cast<uInt>(bound);
    // With room for deflateBound() bytes one call is the whole member.
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END) std::abort();
    out.resize(before + bound - stream.avail_out);
  }

  z_stream stream = {};
};

#if defined(COLLECTOR_HAVE_ISAL)
struct GzipMember::Isal {
  // ISA-L's levels 1 to 3, of which each holds its own amount of memory.
  explicit Isal(uint32_t of_isal) : level(of_isal) {
    constexpr size_t kSizes[] = {0, ISAL_DEF_LVL1_DEFAULT, ISAL_DEF_LVL2_DEFAULT,
                                 ISAL_DEF_LVL3_DEFAULT};
    memory.resize(kSizes[level]);
  }

  // False: it does not fit, which data that cannot be packed may do.
  bool Append(std::string_view plain, std::string& out) {
    constexpr size_t kStoredBlock = 65'535;  // RFC 1951, 3.2.4: each has five bytes of its own
    constexpr size_t kWrapper = 64;          // header and trailer, and something to spare
    const size_t before = out.size();
    const size_t bound = plain.size() + (plain.size() / kStoredBlock + 1) * 5 + kWrapper;
    out.resize(before + bound);
    isal_deflate_stateless_init(&stream);
    stream.level = level;
    stream.level_buf = memory.data();
    stream.level_buf_size = static_cast<uint32_t>(memory.size());
    stream.gzip_flag = IGZIP_GZIP;
    stream.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(plain.data()));
    stream.avail_in = static_cast<uint32_t>(plain.size());
    stream.next_out = reinterpret_cast<uint8_t*>(out.data() + before);
    stream.avail_out = static_cast<uint32_t>(bound);
    const bool packed = isal_deflate_stateless(&stream) == COMP_OK && stream.avail_in == 0;
    out.resize(packed ? before + bound - stream.avail_out : before);
    return packed;
  }

  const uint32_t level;
  std::vector<uint8_t> memory;
  isal_zstream stream = {};
};
#else
struct GzipMember::Isal {
  explicit Isal(uint32_t) {}
  bool Append(std::string_view, std::string&) { return false; }
};
#endif

GzipMember::GzipMember(int level) : level_(level) {
  constexpr int kHighestOfIsal = 6;
  if (level <= kHighestOfIsal) {
    isal_ = std::make_unique<Isal>(static_cast<uint32_t>((std::max(level, 1) + 1) / 2));
  }
}

GzipMember::~GzipMember() = default;

void GzipMember::Append(std::string_view plain, std::string& out) {
  if (isal_ != nullptr && isal_->Append(plain, out)) return;
  if (zlib_ == nullptr) zlib_ = std::make_unique<Zlib>(level_);
  zlib_->Append(plain, out);
}

}  // namespace collector
