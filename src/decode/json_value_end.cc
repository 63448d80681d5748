#include "decode/json_value_end.h"

#include <algorithm>
#include <bit>

namespace collector {
namespace {

// Of { } [ ], 0x7B 0x7D 0x5B 0x5D, these bits tell the opening ones and the curly ones.
constexpr unsigned kOpeningShift = 1;
constexpr unsigned kCurly = 0x20;

}  // namespace

JsonValueEnd::Outcome JsonValueEnd::Find(std::string_view data, size_t& at) {
  while (at < data.size()) {
    const char* block = data.data() + at;
    const size_t size = std::min(data.size() - at, kJsonBlockSize);
    const JsonMarks marks =
        size == kJsonBlockSize ? blocks_.Next<false>(block) : blocks_.NextShort<false>(block, size);
    const Outcome outcome = FindInBlock(marks, block, size, at);
    if (outcome != Outcome::kMore) return outcome;
  }
  return Outcome::kMore;
}

JsonValueEnd::Outcome JsonValueEnd::FindInBlock(const JsonMarks& marks, const char* block,
                                                size_t size, size_t& at) {
  if (is_string_) {
    uint64_t quotes = marks.quotes;
    if (!opened_) quotes &= quotes - 1;
    opened_ = true;
    at += quotes == 0 ? size : static_cast<size_t>(std::countr_zero(quotes)) + 1;
    return quotes == 0 ? Outcome::kMore : Outcome::kEnd;
  }
  // In locals, and without a branch that depends on which bracket it is: those cannot be predicted.
  size_t depth = depth_;
  uint64_t mismatch = mismatch_;
  for (uint64_t brackets = marks.brackets; brackets != 0; brackets &= brackets - 1) {
    const int index = std::countr_zero(brackets);
    const auto bracket = static_cast<uint8_t>(block[index]);
    const uint64_t opening = bracket >> kOpeningShift & 1;
    const uint8_t kind = bracket & kCurly;
    depth -= 1 - opening;
    mismatch |= (opening - 1) & static_cast<uint64_t>(kinds_[depth] ^ kind);
    kinds_[depth] = kind;
    depth += opening;
    if (depth == 0) {
      at += static_cast<size_t>(index) + 1;
      mismatch |= marks.backslashes & ((uint64_t{1} << index) - 1);
      return mismatch == 0 ? Outcome::kEnd : Outcome::kMangled;
    }
    if (depth == kDeepest) return Outcome::kMangled;
  }
  depth_ = depth;
  mismatch_ = mismatch | marks.backslashes;
  at += size;
  return mismatch_ == 0 ? Outcome::kMore : Outcome::kMangled;
}

}  // namespace collector
