// A checksum of messages that does not depend on their order: the sum of a hash of each. What was
// generated and what arrived are compared by it and by their number, so that a run proves that
// every line arrived, once, byte for byte. Pure; any thread.
#ifndef COLLECTOR_BENCH_S3_MESSAGE_SUM_H_
#define COLLECTOR_BENCH_S3_MESSAGE_SUM_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace collector::bench {

// Not for anything that an adversary could try: it is there to be quick and to notice accidents.
inline uint64_t MessageHash(std::string_view message) {
  constexpr uint64_t kFactor = 0x9E3779B97F4A7C15;
  __extension__ using Wide = unsigned __int128;
  const auto mix = [](uint64_t a, uint64_t b) {
    const Wide product = Wide{a} * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  };
  uint64_t hash = mix(message.size() + 1, kFactor);
  const char* data = message.data();
  size_t left = message.size();
  for (; left >= 8; left -= 8, data += 8) {
    uint64_t word;
    std::memcpy(&word, data, 8);
    hash = mix(hash ^ word, kFactor);
  }
  uint64_t word = 0;
  std::memcpy(&word, data, left);
  return mix(hash ^ word, kFactor ^ left);
}

struct MessageSum {
  uint64_t messages = 0;
  uint64_t bytes = 0;  // of the messages, without their ends of line
  uint64_t sum = 0;

  void Add(std::string_view message) {
    ++messages;
    bytes += message.size();
    sum += MessageHash(message);
  }
  void Add(const MessageSum& other) {
    messages += other.messages;
    bytes += other.bytes;
    sum += other.sum;
  }
};

}  // namespace collector::bench

#endif  // COLLECTOR_BENCH_S3_MESSAGE_SUM_H_
