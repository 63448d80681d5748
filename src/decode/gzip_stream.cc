#include "decode/gzip_stream.h"

#include <algorithm>

#include <fmt/format.h>

namespace collector {

void GzipStream::Reset() {
  header_.Begin();
  where_ = Where::kHeader;
  members_ = 0;
}

Result<size_t> GzipStream::Unpack(std::string_view& input, char* out, size_t room) {
  size_t written = 0;
  while (written < room && (where_ == Where::kBody || !input.empty())) {
    Status status;
    switch (where_) {
      case Where::kHeader:
        status = ReadHeader(input);
        break;
      case Where::kBody: {
        const Result<bool> go_on = ReadBody(input, out, room, written);
        if (!go_on) return Propagate(go_on);
        if (!*go_on) return written;
        break;
      }
      case Where::kAfterMember:
      case Where::kPadding:
        status = ReadAfterMember(input);
        break;
    }
    if (!status) return Propagate(status);
  }
  return written;
}

Status GzipStream::ReadHeader(std::string_view& input) {
  switch (header_.Read(input)) {
    case GzipHeader::Outcome::kMore:
      return {};
    case GzipHeader::Outcome::kDone:
      inflater_->Begin();
      where_ = Where::kBody;
      return {};
    case GzipHeader::Outcome::kNotGzip:
      return Fail(ErrorKind::kRejected,
                  fmt::format("something that is not gzip follows {} gzip member(s)", members_));
    case GzipHeader::Outcome::kMangled:
      break;
  }
  return Fail(ErrorKind::kRejected,
              fmt::format("the header of gzip member {} is mangled", members_ + 1));
}

Result<bool> GzipStream::ReadBody(std::string_view& input, char* out, size_t room,
                                  size_t& written) {
  const size_t size_before = input.size();
  const size_t written_before = written;
  switch (inflater_->Inflate(input, out + written, room - written, written)) {
    case Inflater::Outcome::kMore:
      if (input.empty() || written == room) return written == room;
      // It stopped with input and room left: once more, but not without end.
      if (input.size() < size_before || written > written_before) return true;
      break;
    case Inflater::Outcome::kEnd:
      ++members_;
      where_ = Where::kAfterMember;
      return true;
    case Inflater::Outcome::kMangled:
      break;
    case Inflater::Outcome::kBadChecksum:
      return Fail(
          ErrorKind::kRejected,
          fmt::format("the checksum of gzip member {} is not that of its content", members_ + 1));
  }
  return Fail(ErrorKind::kRejected,
              fmt::format("the deflate data of gzip member {} is mangled", members_ + 1));
}

Status GzipStream::ReadAfterMember(std::string_view& input) {
  const size_t zeros = std::min(input.find_first_not_of('\0'), input.size());
  input.remove_prefix(zeros);
  if (zeros > 0) where_ = Where::kPadding;
  if (input.empty()) return {};
  if (where_ == Where::kPadding) {
    return Fail(ErrorKind::kRejected,
                fmt::format("something follows the zeros after {} gzip member(s)", members_));
  }
  header_.Begin();
  where_ = Where::kHeader;
  return {};
}

}  // namespace collector
