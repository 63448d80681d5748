// GzipStream: gzip data (RFC 1952) as it arrives, to plain bytes: any number of members, empty ones
// too, then any number of zeros, which writers to tapes and blocks leave behind. Each member's CRC
// and size are checked. Anything else after a member is an error, as is an end inside one. Owned by
// an Unpacker; one thread at a time. Holds the Inflater's memory and nothing that grows.
#ifndef COLLECTOR_DECODE_GZIP_STREAM_H_
#define COLLECTOR_DECODE_GZIP_STREAM_H_

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "decode/gzip_header.h"
#include "decode/inflater.h"

namespace collector {

class GzipStream {
 public:
  explicit GzipStream(InflateBackend backend) : inflater_(MakeInflater(backend)) {}

  void Reset();

  // Takes from the front of `input`; returns the number of bytes written to `out`: fewer than
  // `room` only when the input is used up and nothing is held back. Errors are final until Reset().
  Result<size_t> Unpack(std::string_view& input, char* out, size_t room);

  // Whether the data may end here.
  bool may_end() const { return where_ == Where::kAfterMember || where_ == Where::kPadding; }

 private:
  enum class Where { kHeader, kBody, kAfterMember, kPadding };

  Status ReadHeader(std::string_view& input);
  // False when it can do no more with this input and this room.
  Result<bool> ReadBody(std::string_view& input, char* out, size_t room, size_t& written);
  Status ReadAfterMember(std::string_view& input);

  const std::unique_ptr<Inflater> inflater_;
  GzipHeader header_;
  Where where_ = Where::kHeader;
  size_t members_ = 0;  // that have ended
};

}  // namespace collector

#endif  // COLLECTOR_DECODE_GZIP_STREAM_H_
