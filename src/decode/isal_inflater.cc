#include "decode/isal_inflater.h"

#include <algorithm>
#include <cstdint>

#include <isa-l/igzip_lib.h>

namespace collector {
namespace {

// Its counters have 32 bits, and sums of them must not wrap.
constexpr size_t kMostIsalBytes = size_t{1} << 30;

class IsalInflater : public Inflater {
 public:
  void Begin() override {
    isal_inflate_init(&state_);
    // The header was read by us; ISA-L computes the CRC as it goes and checks the trailer. It must
    // be ISA-L that reads the trailer, because its bit buffer may hold the first bytes of it.
    state_.crc_flag = ISAL_GZIP_NO_HDR_VER;
  }

  Outcome Inflate(std::string_view& input, char* out, size_t room, size_t& written) override {
    const auto given = static_cast<uint32_t>(std::min(input.size(), kMostIsalBytes));
    const auto space = static_cast<uint32_t>(std::min(room, kMostIsalBytes));
    state_.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(input.data()));
    state_.avail_in = given;
    state_.next_out = reinterpret_cast<uint8_t*>(out);
    state_.avail_out = space;
    const int outcome = isal_inflate(&state_);
    // On mangled data it can step back behind what it was given, to the bytes of its bit buffer.
    if (state_.avail_in > given || state_.avail_out > space) return Outcome::kMangled;
    input.remove_prefix(given - state_.avail_in);
    written += space - state_.avail_out;
    if (outcome == ISAL_INCORRECT_CHECKSUM) return Outcome::kBadChecksum;
    if (outcome != ISAL_DECOMP_OK) return Outcome::kMangled;
    return state_.block_state == ISAL_BLOCK_FINISH ? Outcome::kEnd : Outcome::kMore;
  }

 private:
  inflate_state state_ = {};
};

}  // namespace

std::unique_ptr<Inflater> MakeIsalInflater() { return std::make_unique<IsalInflater>(); }

}  // namespace collector
