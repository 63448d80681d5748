// Packed data for the tests of src/decode: gzip members of every make, zstd frames, and random
// bytes that look like logs. Values made by one test; one thread at a time.
#ifndef COLLECTOR_TESTS_DECODE_PACKING_H_
#define COLLECTOR_TESTS_DECODE_PACKING_H_

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include <zlib.h>

namespace collector {

using Random = std::mt19937_64;

inline size_t Below(Random& random, size_t limit) { return limit == 0 ? 0 : random() % limit; }
inline bool OneIn(Random& random, size_t times) { return Below(random, times) == 0; }

// What a gzip member's header holds besides what it must.
struct GzipMake {
  int level = 6;  // of zlib, 0 to 9; 0 stores
  int strategy = Z_DEFAULT_STRATEGY;
  bool extra = false;
  bool name = false;
  bool comment = false;
  bool header_crc = false;
};

GzipMake RandomMake(Random& random);
std::string GzipMember(std::string_view plain, const GzipMake& make = {});
std::string ZstdFrame(std::string_view plain, int level = 1, bool checksum = true);
std::string ZstdSkippableFrame(std::string_view content);

// Up to `most` bytes: lines of words, line ends of both kinds, empty lines, and at times bytes that
// are no UTF-8.
std::string RandomLines(Random& random, size_t most);

// One of: a byte changed, cut off, inserted, doubled, or a stretch of bytes gone.
void Mutate(std::string& bytes, Random& random);

}  // namespace collector

#endif  // COLLECTOR_TESTS_DECODE_PACKING_H_
