#include "decode/slow_decode.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace collector {
namespace {

struct Mangled {};  // thrown inside this file only

uint32_t Crc32(std::string_view bytes) {
  uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

class Bits {
 public:
  explicit Bits(std::string_view bytes) : bytes_(bytes) {}

  unsigned Bit() {
    if (at_ >= bytes_.size() * 8) throw Mangled();
    const unsigned bit = static_cast<uint8_t>(bytes_[at_ / 8]) >> at_ % 8 & 1;
    ++at_;
    return bit;
  }
  unsigned Number(size_t bits) {
    unsigned number = 0;
    for (size_t i = 0; i < bits; ++i) number |= Bit() << i;
    return number;
  }
  uint8_t Byte() { return static_cast<uint8_t>(Number(8)); }
  void ToWholeByte() { at_ = (at_ + 7) / 8 * 8; }
  size_t byte() const { return at_ / 8; }
  bool AtEnd() const { return at_ == bytes_.size() * 8; }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

// A canonical Huffman code (RFC 1951, 3.2.2), read by comparing with every code there is.
class Huffman {
 public:
  explicit Huffman(std::vector<unsigned> lengths) : lengths_(std::move(lengths)) {
    unsigned code = 0;
    codes_.resize(lengths_.size());
    for (unsigned length = 1; length <= 15; ++length) {
      code <<= 1;
      for (size_t symbol = 0; symbol < lengths_.size(); ++symbol) {
        if (lengths_[symbol] != length) continue;
        codes_[symbol] = code++;
        by_length_[length].push_back(static_cast<unsigned>(symbol));
        ++used_;
      }
      if (code > 1U << length) throw Mangled();  // more codes than there are
      complete_ = code == 1U << length;
    }
    if (used_ == 0) complete_ = false;
  }

  // Codes that nothing uses are no mistake where a single one is used, of one bit.
  bool Sound(HuffmanCodes taken) const {
    return taken == HuffmanCodes::kAny || complete_ || (used_ == 1 && !by_length_[1].empty());
  }
  bool Empty() const { return used_ == 0; }

  unsigned Symbol(Bits& bits) const {
    unsigned code = 0;
    for (unsigned length = 1; length <= 15; ++length) {
      code = code << 1 | bits.Bit();
      const std::vector<unsigned>& symbols = by_length_[length];
      if (symbols.empty() || code < codes_[symbols.front()]) continue;
      const size_t index = code - codes_[symbols.front()];
      if (index < symbols.size()) return symbols[index];
    }
    throw Mangled();
  }

 private:
  std::vector<unsigned> lengths_;
  std::vector<unsigned> codes_;
  std::array<std::vector<unsigned>, 16> by_length_;
  size_t used_ = 0;
  bool complete_ = false;
};

struct Codes {
  Huffman literals;
  Huffman distances;
};

Codes FixedCodes() {
  std::vector<unsigned> lengths(288, 8);
  std::fill(lengths.begin() + 144, lengths.begin() + 256, 9);
  std::fill(lengths.begin() + 256, lengths.begin() + 280, 7);
  return {Huffman(lengths), Huffman(std::vector<unsigned>(32, 5))};
}

Codes ReadCodes(Bits& bits, HuffmanCodes taken) {
  constexpr std::array<size_t, 19> kOrder = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                             11, 4,  12, 3, 13, 2, 14, 1, 15};
  const size_t literals = bits.Number(5) + 257;
  const size_t distances = bits.Number(5) + 1;
  const size_t code_lengths = bits.Number(4) + 4;
  if (literals > 286 || distances > 30) throw Mangled();
  std::vector<unsigned> of_lengths(19, 0);
  for (size_t i = 0; i < code_lengths; ++i) of_lengths[kOrder[i]] = bits.Number(3);
  const Huffman code(of_lengths);
  if (!code.Sound(taken)) throw Mangled();
  std::vector<unsigned> lengths;
  while (lengths.size() < literals + distances) {
    const unsigned symbol = code.Symbol(bits);
    if (symbol < 16) {
      lengths.push_back(symbol);
    } else {
      if (symbol == 16 && lengths.empty()) throw Mangled();
      const unsigned repeated = symbol == 16 ? lengths.back() : 0;
      const unsigned times = symbol == 16   ? 3 + bits.Number(2)
                             : symbol == 17 ? 3 + bits.Number(3)
                                            : 11 + bits.Number(7);
      lengths.insert(lengths.end(), times, repeated);
    }
  }
  if (lengths.size() > literals + distances || lengths[256] == 0) throw Mangled();
  const auto middle = lengths.begin() + static_cast<std::ptrdiff_t>(literals);
  Codes codes = {Huffman({lengths.begin(), middle}), Huffman({middle, lengths.end()})};
  if (!codes.literals.Sound(taken) || !(codes.distances.Sound(taken) || codes.distances.Empty())) {
    throw Mangled();
  }
  return codes;
}

void ReadCoded(Bits& bits, const Codes& codes, std::string& out) {
  for (;;) {
    const unsigned symbol = codes.literals.Symbol(bits);
    if (symbol == 256) return;
    if (symbol < 256) {
      out += static_cast<char>(symbol);
      continue;
    }
    if (symbol > 285) throw Mangled();
    // Four lengths for each number of extra bits, after the first eight (RFC 1951, 3.2.5).
    const unsigned l = symbol - 257;
    const unsigned length_bits = l < 8 || l == 28 ? 0 : l / 4 - 1;
    const unsigned length_base = l < 8 ? 3 + l : l == 28 ? 258 : 3 + ((4 + l % 4) << length_bits);
    const unsigned length = length_base + bits.Number(length_bits);
    const unsigned d = codes.distances.Symbol(bits);
    if (d > 29) throw Mangled();
    const unsigned distance_bits = d < 4 ? 0 : d / 2 - 1;
    const unsigned distance_base = d < 4 ? 1 + d : 1 + ((2 + d % 2) << distance_bits);
    const size_t distance = distance_base + bits.Number(distance_bits);
    if (distance > out.size()) throw Mangled();
    for (unsigned i = 0; i < length; ++i) out += out[out.size() - distance];
  }
}

std::string Inflate(Bits& bits, HuffmanCodes taken) {
  static const Codes fixed = FixedCodes();
  std::string out;
  for (bool last = false; !last;) {
    last = bits.Bit() == 1;
    switch (bits.Number(2)) {
      case 0: {
        bits.ToWholeByte();
        const unsigned size = bits.Number(16);
        if ((bits.Number(16) ^ 0xFFFF) != size) throw Mangled();
        for (unsigned i = 0; i < size; ++i) out += static_cast<char>(bits.Byte());
        break;
      }
      case 1:
        ReadCoded(bits, fixed, out);
        break;
      case 2:
        ReadCoded(bits, ReadCodes(bits, taken), out);
        break;
      default:
        throw Mangled();
    }
  }
  bits.ToWholeByte();
  return out;
}

std::string ReadMember(Bits& bits, std::string_view bytes, HuffmanCodes taken) {
  const size_t begin = bits.byte();
  if (bits.Byte() != 0x1F || bits.Byte() != 0x8B || bits.Byte() != 8) throw Mangled();
  const unsigned flags = bits.Byte();
  if ((flags & 0xE0) != 0) throw Mangled();
  for (int i = 0; i < 6; ++i) bits.Byte();
  if ((flags & 4) != 0) {
    for (unsigned left = bits.Number(16); left > 0; --left) bits.Byte();
  }
  for (const unsigned text : {8U, 16U}) {
    while ((flags & text) != 0 && bits.Byte() != 0) continue;
  }
  if ((flags & 2) != 0) {
    const uint32_t crc = Crc32(bytes.substr(begin, bits.byte() - begin));
    if (bits.Number(16) != (crc & 0xFFFF)) throw Mangled();
  }
  std::string plain = Inflate(bits, taken);
  if (bits.Number(32) != Crc32(plain)) throw Mangled();
  if (bits.Number(32) != static_cast<uint32_t>(plain.size())) throw Mangled();
  return plain;
}

}  // namespace

std::optional<std::string> SlowGunzip(std::string_view bytes, HuffmanCodes taken) {
  try {
    Bits bits(bytes);
    std::string plain = ReadMember(bits, bytes, taken);
    while (!bits.AtEnd()) {
      if (bytes[bits.byte()] == '\0') {
        while (!bits.AtEnd()) {
          if (bits.Byte() != 0) throw Mangled();
        }
      } else {
        plain += ReadMember(bits, bytes, taken);
      }
    }
    return plain;
  } catch (const Mangled&) {
    return std::nullopt;
  }
}

std::optional<std::string> SlowUnpack(std::string_view bytes, HuffmanCodes taken) {
  const bool is_gzip = bytes.size() >= 2 && bytes[0] == '\x1F' && bytes[1] == '\x8B';
  if (is_gzip) return SlowGunzip(bytes, taken);
  return std::string(bytes);
}

std::vector<std::string> SlowLines(std::string_view text) {
  std::vector<std::string> lines;
  std::string line;
  const auto end_line = [&] {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) lines.push_back(line);
    line.clear();
  };
  for (const char c : text) {
    if (c == '\n') {
      end_line();
    } else {
      line += c;
    }
  }
  end_line();
  return lines;
}

}  // namespace collector
