// Random: numbers that follow from a seed alone, the same with every compiler and library (which
// those of <random>'s distributions are not). A plain value; one thread.
#ifndef COLLECTOR_BENCH_S3_RANDOM_H_
#define COLLECTOR_BENCH_S3_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace collector::bench {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  // Sebastiano Vigna's splitmix64.
  uint64_t Next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  uint64_t Below(uint64_t bound) { return Next() % bound; }
  uint64_t Between(uint64_t least, uint64_t most) { return least + Below(most - least + 1); }
  // True so many times in a hundred.
  bool Percent(uint64_t percent) { return Below(100) < percent; }
  // Below `bound`, small numbers much more often, as popularity is spread.
  uint64_t Skewed(uint64_t bound) {
    const uint64_t narrowed = 1 + Below(bound);
    return Below(1 + Below(narrowed));
  }
  std::string Text(std::string_view alphabet, size_t size) {
    std::string text(size, '\0');
    for (char& c : text) c = alphabet[Below(alphabet.size())];
    return text;
  }
  std::string Hex(size_t size) { return Text("0123456789abcdef", size); }

 private:
  uint64_t state_;
};

}  // namespace collector::bench

#endif  // COLLECTOR_BENCH_S3_RANDOM_H_
