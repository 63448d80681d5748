// GzipMember: bytes as gzip members (RFC 1952), one call one whole member. Devo's receiver tells a
// member from plain frames by its magic bytes, so both may alternate on a connection. Owned by one
// output and used by its writer thread.
#ifndef COLLECTOR_OUTPUTS_GZIP_MEMBER_H_
#define COLLECTOR_OUTPUTS_GZIP_MEMBER_H_

#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace collector {

class GzipMember {
 public:
  // `level`: 1 (fast) to 9 (small).
  explicit GzipMember(int level);
  ~GzipMember();
  GzipMember(const GzipMember&) = delete;
  GzipMember& operator=(const GzipMember&) = delete;

  // Appends one member that holds `plain`. At most 4 GiB - 1.
  void Append(std::string_view plain, std::string& out);

 private:
  const std::unique_ptr<z_stream_s> stream_;
};

}  // namespace collector

#endif  // COLLECTOR_OUTPUTS_GZIP_MEMBER_H_
