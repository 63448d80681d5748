#include "decode/gzip_header.h"

#include <zlib.h>

namespace collector {
namespace {

constexpr uint8_t kHasChecksum = 2;
constexpr uint8_t kHasExtra = 4;
constexpr uint8_t kHasName = 8;
constexpr uint8_t kHasComment = 16;
constexpr uint8_t kReserved = 0xE0;  // "must be zero"; a reader must refuse what it cannot know
constexpr uint8_t kDeflate = 8;
constexpr size_t kFixedSize = 10;

}  // namespace

GzipHeader::Outcome GzipHeader::Read(std::string_view& input) {
  while (!input.empty()) {
    const auto byte = static_cast<uint8_t>(input.front());
    input.remove_prefix(1);
    if (step_ != Step::kChecksum) crc_ = static_cast<uint32_t>(crc32(crc_, &byte, 1));
    if (const Outcome outcome = Take(byte); outcome != Outcome::kMore) return outcome;
  }
  return Outcome::kMore;
}

GzipHeader::Outcome GzipHeader::Take(uint8_t byte) {
  const size_t index = taken_++;
  switch (step_) {
    case Step::kFixed:
      return TakeFixed(byte);
    case Step::kExtraSize:
      value_ |= uint32_t{byte} << (8 * index);
      if (taken_ == 2) {
        if (value_ == 0) {
          GoOn(Step::kExtra);
        } else {
          step_ = Step::kExtra;
          taken_ = 0;
        }
      }
      break;
    case Step::kExtra:
      if (taken_ == value_) GoOn(Step::kExtra);
      break;
    case Step::kName:
    case Step::kComment:
      if (byte == 0) GoOn(step_);
      break;
    case Step::kChecksum:
      value_ |= uint32_t{byte} << (8 * index);
      if (taken_ == 2) {
        if (value_ != (crc_ & 0xFFFF)) return Outcome::kMangled;
        step_ = Step::kDone;
      }
      break;
    case Step::kDone:
      break;
  }
  return step_ == Step::kDone ? Outcome::kDone : Outcome::kMore;
}

GzipHeader::Outcome GzipHeader::TakeFixed(uint8_t byte) {
  switch (taken_) {
    case 1:
      return byte == 0x1F ? Outcome::kMore : Outcome::kNotGzip;
    case 2:
      return byte == 0x8B ? Outcome::kMore : Outcome::kNotGzip;
    case 3:
      return byte == kDeflate ? Outcome::kMore : Outcome::kMangled;
    case 4:
      flags_ = byte;
      return (byte & kReserved) == 0 ? Outcome::kMore : Outcome::kMangled;
    case kFixedSize:
      GoOn(Step::kFixed);
      return step_ == Step::kDone ? Outcome::kDone : Outcome::kMore;
    default:
      return Outcome::kMore;  // time, level and system of the writer
  }
}

void GzipHeader::GoOn(Step done) {
  taken_ = 0;
  value_ = 0;
  if (done < Step::kExtraSize && (flags_ & kHasExtra) != 0) {
    step_ = Step::kExtraSize;
  } else if (done < Step::kName && (flags_ & kHasName) != 0) {
    step_ = Step::kName;
  } else if (done < Step::kComment && (flags_ & kHasComment) != 0) {
    step_ = Step::kComment;
  } else if ((flags_ & kHasChecksum) != 0) {
    step_ = Step::kChecksum;
  } else {
    step_ = Step::kDone;
  }
}

}  // namespace collector
