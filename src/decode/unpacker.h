// Unpacker: the bytes of an object as they arrive, to plain bytes. What the object is follows from
// its first bytes, never from its name: gzip (GzipStream), zstd (ZstdStream), else plain, which
// passes as it stands. Pure: it does no I/O and knows no clock.
//
// A reader thread owns one and keeps it for all its objects: after Reset() the next one costs no
// allocation. Memory: nothing until the first packed object, then 86 KiB for gzip (40 KiB with
// zlib), and for zstd what ZstdStream says; none of it grows with the object.
#ifndef COLLECTOR_DECODE_UNPACKER_H_
#define COLLECTOR_DECODE_UNPACKER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "decode/gzip_stream.h"
#include "decode/inflater.h"
#include "decode/zstd_stream.h"

namespace collector {

class Unpacker {
 public:
  enum class Kind { kUnknown, kPlain, kGzip, kZstd };

  explicit Unpacker(InflateBackend backend = BestInflateBackend()) : backend_(backend) {}

  // Takes from the front of `input`, which goes on where the last call's ended, and writes at most
  // `room` (> 0) bytes to `out`. Returns how many: fewer than `room` only when the input is used up
  // and nothing is held back, so that this empties it:
  //
  //     do { n = Unpack(input, at_end, out, room); use(out, n); } while (n == room);
  //
  // `at_end`: nothing follows `input`; at the latest a call with an empty input must say so,
  // because the end is where a truncated object shows. Only a call with `at_end` that returned
  // fewer than `room` means that the object was whole.
  //
  // Errors (kRejected): mangled or truncated data. An error is final: further calls repeat it,
  // until Reset(). What was written before came from data whose checksum was not yet seen.
  Result<size_t> Unpack(std::string_view& input, bool at_end, char* out, size_t room);

  // Known after four bytes at the latest, or at the end.
  Kind kind() const { return kind_; }

  // The packed bytes taken so far.
  uint64_t taken() const { return taken_; }

  // Ready for another object.
  void Reset();

 private:
  bool Recognise(std::string_view& input, bool at_end);
  Result<size_t> Decode(std::string_view& bytes, char* out, size_t room);
  tl::unexpected<Error> Final(Error error);
  bool may_end() const;

  const InflateBackend backend_;
  std::optional<GzipStream> gzip_;  // made when first needed, then kept
  std::optional<ZstdStream> zstd_;
  Kind kind_ = Kind::kUnknown;
  std::array<char, 4> first_ = {};  // the first bytes, until they are decoded
  size_t first_begin_ = 0;
  size_t first_end_ = 0;
  uint64_t taken_ = 0;
  std::optional<Error> error_;
};

}  // namespace collector

#endif  // COLLECTOR_DECODE_UNPACKER_H_
