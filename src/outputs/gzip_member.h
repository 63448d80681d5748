// GzipMember: bytes as gzip members (RFC 1952), one call one whole member. Devo's receiver tells a
// member from plain frames by its magic bytes, so both may alternate on a connection. Owned by one
// output and used by its writer thread.
#ifndef COLLECTOR_OUTPUTS_GZIP_MEMBER_H_
#define COLLECTOR_OUTPUTS_GZIP_MEMBER_H_

#include <memory>
#include <string>
#include <string_view>

namespace collector {

class GzipMember {
 public:
  // `level`: 1 (fast) to 9 (small). Up to 6 by ISA-L, where the program was built with it: faster
  // than zlib's level 1 to 6, and packs a little less from 4 on; above by zlib.
  explicit GzipMember(int level);
  ~GzipMember();
  GzipMember(const GzipMember&) = delete;
  GzipMember& operator=(const GzipMember&) = delete;

  // Appends one member that holds `plain`. At most 4 GiB - 1.
  void Append(std::string_view plain, std::string& out);

 private:
  struct Zlib;
  struct Isal;

  const int level_;
  std::unique_ptr<Isal> isal_;
  std::unique_ptr<Zlib> zlib_;  // made when first needed
};

}  // namespace collector

#endif  // COLLECTOR_OUTPUTS_GZIP_MEMBER_H_
