#include "outputs/gzip_member.h"

#include <algorithm>
#include <cstdlib>

#include <zlib.h>

namespace collector {
namespace {

// 15 is the largest window; 16 more asks zlib for a gzip wrapper instead of its own (zlib.h).
constexpr int kGzipWindowBits = 15 + 16;
constexpr int kMemoryLevel = 8;  // zlib's default

}  // namespace

GzipMember::GzipMember(int level) : stream_(std::make_unique<z_stream_s>()) {
  // It fails only without memory or with a level that the settings do not admit.
  if (deflateInit2(stream_.get(), std::clamp(level, 1, 9), Z_DEFLATED, kGzipWindowBits,
                   kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    std::abort();
  }
}

GzipMember::~GzipMember() { deflateEnd(stream_.get()); }

void GzipMember::Append(std::string_view plain, std::string& out) {
  deflateReset(stream_.get());
  const size_t before = out.size();
  const size_t bound = deflateBound(stream_.get(), plain.size());
  out.resize(before + bound);
  stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream_->avail_in = static_cast<uInt>(plain.size());
  stream_->next_out = reinterpret_cast<Bytef*>(out.data() + before);
  stream_->avail_out = static_cast<uInt>(bound);
  // With room for deflateBound() bytes one call is the whole member.
  if (deflate(stream_.get(), Z_FINISH) != Z_STREAM_END) std::abort();
  out.resize(before + bound - stream_->avail_out);
}

}  // namespace collector
