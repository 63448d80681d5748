// The oracle of the tests of src/decode: the same work done slowly, from the whole of the bytes,
// one bit or byte at a time, as the RFCs say it. Pure; any thread.
#ifndef COLLECTOR_TESTS_DECODE_SLOW_DECODE_H_
#define COLLECTOR_TESTS_DECODE_SLOW_DECODE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace collector {

// zlib refuses Huffman codes that leave bits unused. ISA-L takes them where the data does not meet
// the unused ones, and leaves it to the checksum that the data is what it was.
enum class HuffmanCodes { kComplete, kAny };

// What gzip members hold, with zeros behind them; nothing when the bytes are anything else.
std::optional<std::string> SlowGunzip(std::string_view bytes,
                                      HuffmanCodes taken = HuffmanCodes::kComplete);

// What an object holds that is gzip or plain by its first bytes.
std::optional<std::string> SlowUnpack(std::string_view bytes,
                                      HuffmanCodes taken = HuffmanCodes::kComplete);

std::vector<std::string> SlowLines(std::string_view text);

}  // namespace collector

#endif  // COLLECTOR_TESTS_DECODE_SLOW_DECODE_H_
