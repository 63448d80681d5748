// JsonBlocks: where the quotes, brackets and colons of JSON text are, 64 bytes at a time, as bit
// masks (bit i is byte i). It is what makes splitting as fast as reading memory: what lies between
// the bits is never looked at. SSE2, which every x86-64 has, and words of eight bytes elsewhere. A
// plain value inside the scanners of src/decode; one thread at a time.
#ifndef COLLECTOR_DECODE_JSON_BLOCKS_H_
#define COLLECTOR_DECODE_JSON_BLOCKS_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace collector {

inline constexpr size_t kJsonBlockSize = 64;

// The bytes of a block by what they are, inside strings and out.
struct JsonBytes {
  uint64_t quotes = 0;
  uint64_t backslashes = 0;
  uint64_t brackets = 0;  // { } [ ]
  uint64_t colons = 0;    // only when asked for

  bool operator==(const JsonBytes&) const = default;
};

namespace json_blocks {

// A bit for each of eight bytes of `word` that equals `byte`.
inline uint64_t EqualBytes(uint64_t word, uint8_t byte) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kLow7 = 0x7F * kOnes;
  const uint64_t other = word ^ (byte * kOnes);
  // 0x80 where a byte of `other` is zero; the sum cannot carry from byte to byte.
  const uint64_t equal = ~(((other & kLow7) + kLow7) | other | kLow7);
  // Gathers the eight bits in the top byte.
  return ((equal >> 7) * 0x0102040810204080) >> 56;
}

template <bool kColons>
JsonBytes ClassifyPortable(const char* block) {
  constexpr uint64_t kCase = 0x2020202020202020;  // '[' and '{', ']' and '}' differ in this bit
  JsonBytes bytes;
  for (size_t i = 0; i < kJsonBlockSize; i += 8) {
    uint64_t word;
    std::memcpy(&word, block + i, sizeof word);
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    bytes.quotes |= EqualBytes(word, '"') << i;
    bytes.backslashes |= EqualBytes(word, '\\') << i;
    bytes.brackets |= (EqualBytes(word | kCase, '{') | EqualBytes(word | kCase, '}')) << i;
    if constexpr (kColons) bytes.colons |= EqualBytes(word, ':') << i;
  }
  return bytes;
}

#if defined(__SSE2__)
template <bool kColons, int kAt>
void ClassifySixteen(const char* block, JsonBytes& bytes) {
  const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + kAt));
  const __m128i cased = _mm_or_si128(v, _mm_set1_epi8(0x20));
  const auto bits = [](__m128i equal) {
    return uint64_t{static_cast<uint32_t>(_mm_movemask_epi8(equal))} << kAt;
  };
  bytes.quotes |= bits(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
  bytes.backslashes |= bits(_mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
  bytes.brackets |= bits(_mm_or_si128(_mm_cmpeq_epi8(cased, _mm_set1_epi8('{')),
                                      _mm_cmpeq_epi8(cased, _mm_set1_epi8('}'))));
  if constexpr (kColons) bytes.colons |= bits(_mm_cmpeq_epi8(v, _mm_set1_epi8(':')));
}

// Four times by hand: with -O2 a loop stays one, with shifts by a count.
template <bool kColons>
inline JsonBytes ClassifySse2(const char* block) {
  JsonBytes bytes;
  ClassifySixteen<kColons, 0>(block, bytes);
  ClassifySixteen<kColons, 16>(block, bytes);
  ClassifySixteen<kColons, 32>(block, bytes);
  ClassifySixteen<kColons, 48>(block, bytes);
  return bytes;
}
#endif

template <bool kColons>
JsonBytes Classify(const char* block) {
#if defined(__SSE2__)
  return ClassifySse2<kColons>(block);
#else
  return ClassifyPortable<kColons>(block);
#endif
}

// The bytes that follow an odd run of backslashes, which are what these escape. `escaped`: whether
// the first byte of the block is; afterwards whether that of the next block is.
inline uint64_t EscapedBytes(uint64_t backslashes, uint64_t& escaped) {
  constexpr uint64_t kEven = 0x5555555555555555;
  const uint64_t first = escaped;
  backslashes &= ~first;
  const uint64_t starts = backslashes & ~(backslashes << 1);
  // Adding its start to a run carries to the byte behind it. A run that began on an even byte and
  // ends before an odd one is odd, and the other way round.
  const uint64_t behind_even = backslashes + (starts & kEven);
  uint64_t behind_odd = 0;
  escaped = __builtin_add_overflow(backslashes, starts & ~kEven, &behind_odd) ? 1 : 0;
  return first | (behind_even & ~backslashes & ~kEven) | (behind_odd & ~backslashes & kEven);
}

// Bit i: whether bits 0..i of `bits` are an odd number.
inline uint64_t RunningParity(uint64_t bits) {
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  return bits ^ bits << 32;
}

}  // namespace json_blocks

// What matters of a block: quotes that begin or end strings, and what stands outside strings.
struct JsonMarks {
  uint64_t quotes;
  uint64_t brackets;
  uint64_t colons;
  uint64_t backslashes;  // which JSON has none of: what follows the first is not to be relied on
};

// Goes through text block by block, with what one block means for the next.
class JsonBlocks {
 public:
  // The text's next 64 bytes.
  template <bool kColons>
  JsonMarks Next(const char* block) {
    return Mark(json_blocks::Classify<kColons>(block), kJsonBlockSize);
  }

  // The text's next `size` (< 64) bytes; the block after them begins right behind.
  template <bool kColons>
  JsonMarks NextShort(const char* data, size_t size) {
    char block[kJsonBlockSize] = {};
    std::memcpy(block, data, size);
    return Mark(json_blocks::Classify<kColons>(block), size);
  }

 private:
  JsonMarks Mark(const JsonBytes& bytes, size_t size) {
    uint64_t escaped = 0;
    if ((bytes.backslashes | escaped_) != 0) {
      escaped = json_blocks::EscapedBytes(bytes.backslashes, escaped_);
      if (size < kJsonBlockSize) escaped_ = escaped >> size & 1;
    }
    const uint64_t quotes = bytes.quotes & ~escaped;
    const uint64_t inside = json_blocks::RunningParity(quotes) ^ inside_;
    inside_ = uint64_t{0} - (inside >> 63);
    return {quotes, bytes.brackets & ~inside, bytes.colons & ~inside, bytes.backslashes & ~inside};
  }

  uint64_t escaped_ = 0;  // 1: the next byte is
  uint64_t inside_ = 0;   // all ones: the next byte is inside a string
};

}  // namespace collector

#endif  // COLLECTOR_DECODE_JSON_BLOCKS_H_
