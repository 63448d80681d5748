#include "decode/unpacker.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace collector {
namespace {

constexpr std::string_view kGzip = "\x1F\x8B";
constexpr std::string_view kZstd = "\x28\xB5\x2F\xFD";
constexpr std::string_view kSkippableZstd = "\x2A\x4D\x18";  // after a byte from 0x50 to 0x5F

bool BeginAlike(std::string_view a, std::string_view b) {
  const size_t size = std::min(a.size(), b.size());
  return a.substr(0, size) == b.substr(0, size);
}

// What begins with `first`; kUnknown: more bytes are needed. At the end, two or three bytes of
// zstd's magic are taken for a truncated frame: no text begins with them. Of a skippable frame's
// magic the first three are letters, so that alone they are plain.
Unpacker::Kind KindOf(std::string_view first, bool at_end) {
  using Kind = Unpacker::Kind;
  const auto decided = [&](std::string_view magic, Kind kind, bool enough_at_end) {
    if (first.size() >= magic.size()) return kind;
    if (!at_end) return Kind::kUnknown;
    return enough_at_end ? kind : Kind::kPlain;
  };
  if (first.empty()) return at_end ? Kind::kPlain : Kind::kUnknown;
  if (BeginAlike(first, kGzip)) return decided(kGzip, Kind::kGzip, false);
  if (BeginAlike(first, kZstd)) return decided(kZstd, Kind::kZstd, first.size() > 1);
  if ((first.front() & 0xF0) == 0x50 && BeginAlike(first.substr(1), kSkippableZstd)) {
    return decided(kZstd, Kind::kZstd, false);
  }
  return Kind::kPlain;
}

}  // namespace

void Unpacker::Reset() {
  if (gzip_) gzip_->Reset();
  if (zstd_ && kind_ == Kind::kZstd) zstd_->Reset();
  kind_ = Kind::kUnknown;
  first_begin_ = first_end_ = 0;
  taken_ = 0;
  error_.reset();
}

Result<size_t> Unpacker::Unpack(std::string_view& input, bool at_end, char* out, size_t room) {
  if (error_) return tl::unexpected<Error>(*error_);
  if (kind_ == Kind::kUnknown && !Recognise(input, at_end)) return 0;
  size_t written = 0;
  if (first_begin_ < first_end_) {
    std::string_view first(&first_[first_begin_], first_end_ - first_begin_);
    const Result<size_t> decoded = Decode(first, out, room);
    if (!decoded) return Final(decoded.error());
    written = *decoded;
    first_begin_ = first_end_ - first.size();
  }
  if (first_begin_ == first_end_) {
    const size_t given = input.size();
    const Result<size_t> decoded = Decode(input, out + written, room - written);
    taken_ += given - input.size();
    if (!decoded) return Final(decoded.error());
    written += *decoded;
  }
  if (at_end && written < room && !may_end()) {
    return Final({ErrorKind::kRejected,
                  fmt::format("the {} data is truncated", kind_ == Kind::kGzip ? "gzip" : "zstd")});
  }
  return written;
}

bool Unpacker::Recognise(std::string_view& input, bool at_end) {
  for (;;) {
    const std::string_view first(first_.data(), first_end_);
    kind_ = KindOf(first, at_end && input.empty());
    if (kind_ != Kind::kUnknown || input.empty()) break;
    first_[first_end_++] = input.front();
    input.remove_prefix(1);
    ++taken_;
  }
  if (kind_ == Kind::kGzip && !gzip_) gzip_.emplace(backend_);
  if (kind_ == Kind::kZstd && !zstd_) zstd_.emplace();
  return kind_ != Kind::kUnknown;
}

Result<size_t> Unpacker::Decode(std::string_view& bytes, char* out, size_t room) {
  if (kind_ == Kind::kGzip) return gzip_->Unpack(bytes, out, room);
  if (kind_ == Kind::kZstd) return zstd_->Unpack(bytes, out, room);
  const size_t size = std::min(bytes.size(), room);
  if (size > 0) std::memcpy(out, bytes.data(), size);
  bytes.remove_prefix(size);
  return size;
}

bool Unpacker::may_end() const {
  if (kind_ == Kind::kGzip) return gzip_->may_end();
  return kind_ != Kind::kZstd || zstd_->may_end();
}

tl::unexpected<Error> Unpacker::Final(Error error) {
  error.message += fmt::format(", {} packed bytes in", taken_);
  error_ = std::move(error);
  return tl::unexpected<Error>(*error_);
}

}  // namespace collector
