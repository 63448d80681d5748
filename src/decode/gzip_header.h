// GzipHeader: reads the header of a gzip member (RFC 1952, 2.3) as its bytes arrive, with whatever
// optional fields it has, and keeps none of them. Owned by a GzipStream; one thread at a time.
#ifndef COLLECTOR_DECODE_GZIP_HEADER_H_
#define COLLECTOR_DECODE_GZIP_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace collector {

class GzipHeader {
 public:
  enum class Outcome { kMore, kDone, kNotGzip, kMangled };

  void Begin() { *this = GzipHeader(); }

  // Takes from `input` what belongs to the header. kMore: all of it did.
  Outcome Read(std::string_view& input);

 private:
  enum class Step { kFixed, kExtraSize, kExtra, kName, kComment, kChecksum, kDone };

  Outcome Take(uint8_t byte);
  Outcome TakeFixed(uint8_t byte);
  // To the first optional field after `done` that the flags announce.
  void GoOn(Step done);

  Step step_ = Step::kFixed;
  uint8_t flags_ = 0;
  size_t taken_ = 0;    // bytes of the current field
  uint32_t value_ = 0;  // of the current field, when it is a number
  uint32_t crc_ = 0;    // of all bytes before the checksum
};

}  // namespace collector

#endif  // COLLECTOR_DECODE_GZIP_HEADER_H_
