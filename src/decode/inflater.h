// Inflater: the body of one gzip member, which is deflate data (RFC 1951) and the trailer that
// checks it (RFC 1952, 2.3.1): the seam between GzipStream, which owns it, and two libraries. ISA-L
// inflates two to three times as fast as zlib and exists for x86-64 and arm64; zlib is everywhere.
// Both refuse the same data but for this: ISA-L takes Huffman codes that are incomplete in a part
// that the data does not use, when size and checksum of the bytes are right. One thread at a time.
#ifndef COLLECTOR_DECODE_INFLATER_H_
#define COLLECTOR_DECODE_INFLATER_H_

#include <cstddef>
#include <memory>
#include <string_view>

namespace collector {

enum class InflateBackend { kZlib, kIsal };

// Whether the program was built with it. zlib always is.
bool HasInflateBackend(InflateBackend backend);

// The fastest that the program was built with.
InflateBackend BestInflateBackend();

class Inflater {
 public:
  enum class Outcome {
    kMore,         // the input is used up, or the room
    kEnd,          // the member has ended and its trailer was right; input begins after it
    kMangled,      // no deflate data
    kBadChecksum,  // CRC-32 or size in the trailer is not that of the bytes
  };

  virtual ~Inflater() = default;

  // A new member: what comes next follows a gzip header.
  virtual void Begin() = 0;

  // Takes from the front of `input` and adds to `written` what it wrote to `out`, at most `room`
  // bytes, which must not be 0. After kEnd and the errors the next call is Begin().
  virtual Outcome Inflate(std::string_view& input, char* out, size_t room, size_t& written) = 0;
};

// Of a backend that the program was built with. Holds 86 KiB (ISA-L) or 40 KiB (zlib).
std::unique_ptr<Inflater> MakeInflater(InflateBackend backend);

}  // namespace collector

#endif  // COLLECTOR_DECODE_INFLATER_H_
