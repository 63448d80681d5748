#include "decode/zstd_stream.h"

#include <cstdlib>

#include <fmt/format.h>
#include <zstd.h>

namespace collector {
namespace {

// Levels up to 19 use windows of 8 MiB at most.
constexpr size_t kMostKept = size_t{12} << 20;

}  // namespace

void ZstdStream::Free::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }

ZstdStream::ZstdStream() { Reset(); }

ZstdStream::~ZstdStream() = default;

void ZstdStream::Reset() {
  frame_ended_ = false;
  holds_output_ = false;
  if (context_ != nullptr && ZSTD_sizeof_DCtx(context_.get()) > kMostKept) context_.reset();
  if (context_ != nullptr) {
    ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
    return;
  }
  context_.reset(ZSTD_createDCtx());
  // It fails only without memory.
  if (context_ == nullptr) std::abort();
  ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kLargestWindowLog);
}

Result<size_t> ZstdStream::Unpack(std::string_view& input, char* out, size_t room) {
  ZSTD_inBuffer in = {input.data(), input.size(), 0};
  ZSTD_outBuffer to = {out, room, 0};
  // Called without input it would begin a frame that nobody announced, or, often enough, complain
  // that nothing moves.
  while (to.pos < room && (in.pos < in.size || (holds_output_ && !frame_ended_))) {
    const size_t outcome = ZSTD_decompressStream(context_.get(), &to, &in);
    if (ZSTD_isError(outcome) != 0) {
      return Fail(ErrorKind::kRejected,
                  fmt::format("the zstd data is mangled ({})", ZSTD_getErrorName(outcome)));
    }
    frame_ended_ = outcome == 0;
    holds_output_ = to.pos == room;
  }
  input.remove_prefix(in.pos);
  return to.pos;
}

}  // namespace collector
