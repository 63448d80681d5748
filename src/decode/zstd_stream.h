// ZstdStream: Zstandard data (RFC 8878) as it arrives, to plain bytes: any number of frames and
// skippable frames. Content checksums are checked where the writer made some. Anything else between
// or after the frames is an error, as is an end inside one. Owned by an Unpacker; one thread at a
// time. It holds a window as large as the data asks for: 2 to 8 MiB with the levels in use, and at
// most 128 MiB (kLargestWindowLog); a large one is given back at Reset().
#ifndef COLLECTOR_DECODE_ZSTD_STREAM_H_
#define COLLECTOR_DECODE_ZSTD_STREAM_H_

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/result.h"

struct ZSTD_DCtx_s;

namespace collector {

class ZstdStream {
 public:
  // What the zstd program itself admits without being asked for more.
  static constexpr int kLargestWindowLog = 27;

  ZstdStream();
  ~ZstdStream();
  ZstdStream(const ZstdStream&) = delete;
  ZstdStream& operator=(const ZstdStream&) = delete;

  void Reset();

  // As GzipStream's.
  Result<size_t> Unpack(std::string_view& input, char* out, size_t room);
  bool may_end() const { return frame_ended_; }

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };

  std::unique_ptr<ZSTD_DCtx_s, Free> context_;
  bool frame_ended_ = false;
  bool holds_output_ = false;  // the room of the last call was used up
};

}  // namespace collector

#endif  // COLLECTOR_DECODE_ZSTD_STREAM_H_
