#include "aws/s3/object_stream.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace collector::aws::s3 {
namespace {

std::optional<uint64_t> ReadNumber(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
  return number;
}

std::string HeaderOf(const http::Exchange& exchange, std::string_view name) {
  const std::string* value = exchange.headers().Find(name);
  return value != nullptr ? *value : std::string();
}

struct ContentRange {
  std::optional<uint64_t> first;
  std::optional<uint64_t> size;  // of the whole object
};

// "bytes 42-1233/1234" (RFC 9110, 14.4).
ContentRange ReadContentRange(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (text.substr(0, kUnit.size()) != kUnit) return {};
  text.remove_prefix(kUnit.size());
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return {};
  return {ReadNumber(text.substr(0, text.find('-'))), ReadNumber(text.substr(slash + 1))};
}

// What the caller may take for "it is gone" has to be S3's own word for it.
Error WithKind(Error error) {
  if (error.kind == ErrorKind::kNotFound && error.code != "NoSuchKey" &&
      error.code != "NoSuchVersion") {
    error.kind = ErrorKind::kRejected;
  }
  return error;
}

tl::unexpected<Error> Changed(const GetObject& object) {
  return Fail(ErrorKind::kRetry,
              fmt::format("s3://{}/{} was replaced while it was read; it is read again from its "
                          "beginning",
                          object.bucket, object.key),
              std::string(kObjectChanged));
}

}  // namespace

Result<std::unique_ptr<ObjectStream>> ObjectStream::Open(Client& client, GetObject object,
                                                         std::stop_token stop) {
  std::unique_ptr<ObjectStream> stream(new ObjectStream(client, std::move(object)));
  auto exchange = client.Open(stream->object_, std::move(stop));
  if (!exchange) return tl::unexpected(WithKind(std::move(exchange).error()));
  stream->size_ = ReadNumber(HeaderOf(**exchange, "Content-Length"));
  stream->etag_ = HeaderOf(**exchange, "ETag");
  stream->exchange_ = *std::move(exchange);
  return stream;
}

Result<std::string_view> ObjectStream::Read(std::stop_token stop) {
  for (;;) {
    auto bytes = ReadSome(stop);
    if (bytes && !bytes->empty()) {
      offset_ += bytes->size();
      fruitless_ = 0;
      return bytes;
    }
    if (bytes && skip_ == 0 && (!size_ || offset_ == *size_)) return bytes;
    const Error broken =
        bytes ? Error{ErrorKind::kRetry,
                      fmt::format("s3://{}/{} ended after {} of {} bytes", object_.bucket,
                                  object_.key, offset_, size_.value_or(offset_ + skip_))}
              : std::move(bytes).error();
    if (broken.kind != ErrorKind::kRetry) return tl::unexpected(broken);
    if (auto on = GoOn(broken, stop); !on) return Propagate(on);
  }
}

Result<std::string_view> ObjectStream::ReadSome(std::stop_token stop) {
  for (;;) {
    auto bytes = exchange_->Read(stop);
    if (!bytes || bytes->empty()) return bytes;
    const size_t known = std::min<uint64_t>(skip_, bytes->size());
    skip_ -= known;
    bytes->remove_prefix(known);
    if (size_ && bytes->size() > *size_ - offset_) {
      return Fail(ErrorKind::kRejected, fmt::format("s3://{}/{} brings more than its {} bytes",
                                                    object_.bucket, object_.key, *size_));
    }
    if (!bytes->empty()) return bytes;
  }
}

Status ObjectStream::GoOn(const Error& broken, std::stop_token stop) {
  // Without an ETag nobody knows whether the rest would be of the same object.
  if (etag_.empty() || fruitless_ >= client_.retries()) return tl::unexpected(broken);
  // At once at first: a connection that broke says nothing about the next.
  if (fruitless_ > 0 && !client_.WaitToRetry(GetObject::kInfo, broken, fruitless_, stop)) {
    return tl::unexpected(broken);
  }
  ++fruitless_;
  GetObject rest = object_;
  rest.range_start = offset_;
  rest.if_match = etag_;
  auto exchange = client_.Open(rest, stop);
  if (!exchange) {
    if (exchange.error().code == "PreconditionFailed") return Changed(object_);
    return tl::unexpected(WithKind(std::move(exchange).error()));
  }
  exchange_ = *std::move(exchange);
  return FindPlace();
}

Status ObjectStream::FindPlace() {
  const std::string etag = HeaderOf(*exchange_, "ETag");
  if (!etag.empty() && etag != etag_) return Changed(object_);
  if (exchange_->status() != 206) {
    // A server that knows no ranges begins anew.
    skip_ = offset_;
    return {};
  }
  const ContentRange range = ReadContentRange(HeaderOf(*exchange_, "Content-Range"));
  if (!range.first || *range.first > offset_ || (size_ && range.size && *range.size != *size_)) {
    return Fail(
        ErrorKind::kRejected,
        fmt::format("s3://{}/{}: bytes from {} on were asked for, and the answer brings "
                    "\"{}\"",
                    object_.bucket, object_.key, offset_, HeaderOf(*exchange_, "Content-Range")));
  }
  skip_ = offset_ - *range.first;
  return {};
}

}  // namespace collector::aws::s3
