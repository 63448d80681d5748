// ObjectStream: an object of S3 read from its first byte to its last, over as many connections as
// it takes (S-14): where one breaks off, the next goes on with the byte that was missing, of the
// very same object. Owned by its reader; one thread at a time.
#ifndef COLLECTOR_AWS_S3_OBJECT_STREAM_H_
#define COLLECTOR_AWS_S3_OBJECT_STREAM_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "aws/client.h"
#include "aws/s3/get_object.h"
#include "base/result.h"
#include "http/transport.h"

namespace collector::aws::s3 {

// Values of Error::code.
inline constexpr std::string_view kObjectChanged = "ObjectChanged";

class ObjectStream {
 public:
  // `object` without a range. `client` has to outlive the stream; its region matters only until
  // the bucket's is known. kNotFound: there is no such object or version (S-11); a
  // bucket that is not there, and a 404 that S3 did not write, are kRejected, for whoever reads
  // kNotFound forgets the object. kRejected: not allowed, encrypted with a key
  // that cannot be used, archived. Else as Client::Open() says.
  static Result<std::unique_ptr<ObjectStream>> Open(Client& client, GetObject object,
                                                    std::stop_token stop);

  // The next bytes, valid until the next call; empty at the end of the object, which is only where
  // all of it has been read. Errors as with Open(); kRetry once the session's retries brought not
  // one byte more; kRetry and kObjectChanged: the object was replaced while it was read, so that
  // what was read belongs to one that is gone.
  Result<std::string_view> Read(std::stop_token stop);

  // In bytes; nothing when S3 did not say, which it does.
  std::optional<uint64_t> size() const { return size_; }
  const std::string& etag() const { return etag_; }  // with its quotes
  uint64_t bytes_read() const { return offset_; }

 private:
  ObjectStream(Client& client, GetObject object) : client_(client), object_(std::move(object)) {}

  // One Read() of the exchange without what was read before: empty when its body has ended.
  Result<std::string_view> ReadSome(std::stop_token stop);
  Status GoOn(const Error& broken, std::stop_token stop);
  // Sets `skip_`, by what the answer says of the bytes that it brings.
  Status FindPlace();

  Client& client_;
  GetObject object_;
  std::unique_ptr<http::Exchange> exchange_;
  std::optional<uint64_t> size_;
  std::string etag_;
  uint64_t offset_ = 0;  // of the next byte to hand out
  uint64_t skip_ = 0;    // bytes that come once more
  int fruitless_ = 0;    // times it was opened since the last byte
};

}  // namespace collector::aws::s3

#endif  // COLLECTOR_AWS_S3_OBJECT_STREAM_H_
