#include "s3/frame_counter.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <isa-l.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace collector::bench {

size_t CountNewlines(std::string_view bytes) {
  const char* data = bytes.data();
  size_t left = bytes.size();
  size_t count = 0;
#ifdef __SSE2__
  const __m128i newline = _mm_set1_epi8('\n');
  while (left >= 16) {
    // A byte of `found` counts down from 0 for each newline in its column: at most 255 rounds.
    const size_t rounds = std::min<size_t>(left / 16, 255);
    __m128i found = _mm_setzero_si128();
    for (size_t i = 0; i < rounds; ++i, data += 16) {
      const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data));
      found = _mm_sub_epi8(found, _mm_cmpeq_epi8(block, newline));
    }
    const __m128i sums = _mm_sad_epu8(found, _mm_setzero_si128());
    count += static_cast<size_t>(_mm_cvtsi128_si64(sums)) +
             static_cast<size_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(sums, sums)));
    left -= rounds * 16;
  }
#endif
  return count + static_cast<size_t>(std::count(data, data + left, '\n'));
}

FrameCounter::FrameCounter(bool exact)
    : exact_(exact), inflate_(std::make_unique<inflate_state>()) {}

FrameCounter::~FrameCounter() = default;

void FrameCounter::Take(std::string_view bytes) {
  constexpr char kMemberStart = '\x1f';
  while (!bytes.empty() && !broken_) {
    if (inflating_) {
      bytes.remove_prefix(Inflate(bytes));
    } else if (bytes.front() == kMemberStart && last_ == '\n') {
      isal_inflate_init(inflate_.get());
      inflate_->crc_flag = ISAL_GZIP;
      inflating_ = true;
    } else {
      // The byte that starts a member may stand inside a frame, too; then it follows no newline.
      size_t size = 1;
      for (;; ++size) {
        const void* at = size >= bytes.size()
                             ? nullptr
                             : std::memchr(bytes.data() + size, kMemberStart, bytes.size() - size);
        size = at == nullptr ? bytes.size()
                             : static_cast<size_t>(static_cast<const char*>(at) - bytes.data());
        if (at == nullptr || bytes[size - 1] == '\n') break;
      }
      Plain(bytes.substr(0, size));
      bytes.remove_prefix(size);
    }
  }
}

size_t FrameCounter::Inflate(std::string_view bytes) {
  inflated_.resize(256 << 10);
  inflate_->next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(bytes.data()));
  inflate_->avail_in = static_cast<uint32_t>(bytes.size());
  do {
    inflate_->next_out = reinterpret_cast<uint8_t*>(inflated_.data());
    inflate_->avail_out = static_cast<uint32_t>(inflated_.size());
    if (isal_inflate(inflate_.get()) != ISAL_DECOMP_OK) {
      broken_ = true;
      return bytes.size();
    }
    Plain(std::string_view(inflated_).substr(0, inflated_.size() - inflate_->avail_out));
  } while (inflate_->avail_out == 0);
  if (inflate_->block_state == ISAL_BLOCK_FINISH) {
    inflating_ = false;
    ++members_;
  }
  return bytes.size() - inflate_->avail_in;
}

void FrameCounter::Plain(std::string_view bytes) {
  if (bytes.empty()) return;
  plain_bytes_ += bytes.size();
  last_ = bytes.back();
  if (!exact_) {
    frames_ += CountNewlines(bytes);
    return;
  }
  if (!rest_.empty()) {
    // Complete the frame that began before; what follows it is read where it lies. A count needs
    // more than its own line, so this may take several rounds.
    while (!rest_.empty() && !bytes.empty()) {
      const size_t newline = bytes.find('\n');
      const size_t size = newline == std::string_view::npos ? bytes.size() : newline + 1;
      rest_.append(bytes.substr(0, size));
      bytes.remove_prefix(size);
      rest_.erase(0, TakeFrames(rest_));
    }
    if (bytes.empty()) return;
  }
  bytes.remove_prefix(TakeFrames(bytes));
  rest_.assign(bytes);
}

size_t FrameCounter::TakeFrames(std::string_view bytes) {
  size_t taken = 0;
  while (taken < bytes.size() && !broken_) {
    const std::string_view left = bytes.substr(taken);
    size_t start = 0;
    size_t size = 0;
    if (left.front() == '<') {
      const size_t newline = left.find('\n');
      if (newline == std::string_view::npos) break;
      size = newline + 1;
    } else if (left.front() >= '1' && left.front() <= '9') {
      const auto [end, error] = std::from_chars(left.data(), left.data() + left.size(), size);
      if (end == left.data() + left.size()) break;
      start = static_cast<size_t>(end - left.data()) + 1;
      broken_ = error != std::errc() || *end != ' ' || size == 0;
      if (broken_ || left.size() < start + size) break;
      broken_ = left[start] != '<' || left[start + size - 1] != '\n';
    } else {
      broken_ = true;
    }
    if (broken_) break;
    Frame(left.substr(start, size));
    taken += start + size;
  }
  return taken;
}

// "<14>2023-06-02 08:31:15.123 HOST TAG: MESSAGE\n": the first colon before a blank ends the tag,
// since neither date, host nor tag has one.
void FrameCounter::Frame(std::string_view frame) {
  const size_t colon = frame.find(": ");
  if (colon == std::string_view::npos) {
    broken_ = true;
    return;
  }
  ++frames_;
  messages_.Add(frame.substr(colon + 2, frame.size() - colon - 3));
}

}  // namespace collector::bench
