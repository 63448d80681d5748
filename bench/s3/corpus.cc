#include "s3/corpus.h"

#include <cstdlib>

#include <fmt/format.h>
#include <zlib.h>

namespace collector::bench {
namespace {

constexpr std::string_view kBase36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

// A gzip stream that grows.
class Packer {
 public:
  Packer() {
    if (deflateInit2(&stream_, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) std::abort();
  }
  ~Packer() { deflateEnd(&stream_); }
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;

  void Add(std::string_view bytes, int flush) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    unpacked_ += bytes.size();
    char buffer[64 << 10];
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(buffer);
      stream_.avail_out = sizeof buffer;
      if (deflate(&stream_, flush) == Z_STREAM_ERROR) std::abort();
      packed_.append(buffer, sizeof buffer - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }
  size_t unpacked() const { return unpacked_; }
  std::string& packed() { return packed_; }

 private:
  z_stream stream_{};
  size_t unpacked_ = 0;
  std::string packed_;
};

size_t PackedSize(std::string_view bytes) {
  Packer packer;
  packer.Add(bytes, Z_FINISH);
  return packer.packed().size();
}

}  // namespace

PackedFile MakeFile(LogKind& kind, Random& random, size_t packed_bytes) {
  // zlib holds back what it has not yet made a block of: for a small file it has to be asked.
  constexpr size_t kSmall = 64 << 10;
  PackedFile file;
  Packer packer;
  std::string text = kind.Start();
  std::string record;
  for (;;) {
    record.clear();
    kind.Append(random, record);
    file.messages.Add(record);
    text += record;
    const bool full = packed_bytes < kSmall ? PackedSize(text) >= packed_bytes
                                            : packer.packed().size() + kSmall / 4 >= packed_bytes;
    if (full) break;
    text += kind.Between();
    if (packed_bytes >= kSmall && text.size() >= kSmall) {
      packer.Add(text, Z_NO_FLUSH);
      text.clear();
    }
  }
  text += kind.End();
  packer.Add(text, Z_FINISH);
  file.unpacked_bytes = packer.unpacked();
  file.packed = std::move(packer.packed());
  return file;
}

std::string ObjectKey(std::string_view corpus, size_t number) {
  Random random(number + 1);
  // An hour has 12 files of 5 minutes; every 16 objects have a time of their own.
  const size_t minute = number / 16 * 5 % 60;
  const size_t hour = number / 16 / 12 % 24;
  const size_t day = 1 + number / 16 / 12 / 24 % 28;
  if (corpus == "cloudfront") {
    return fmt::format("EXAMPLE1DIST01.2026-11-{:02}-{:02}.{}.gz", day, hour,
                       random.Text("0123456789abcdef", 8));
  }
  if (corpus == "cloudtrail") {
    return fmt::format(
        "AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/{:02}/"
        "123456789012_CloudTrail_us-east-1_202611{:02}T{:02}{:02}Z_{}.json.gz",
        day, day, hour, minute, random.Text(kBase36, 16));
  }
  return fmt::format(
      "AWSLogs/123456789012/vpcflowlogs/us-east-1/2026/11/{:02}/"
      "123456789012_vpcflowlogs_us-east-1_fl-0a1b2c3d4e5f67890_202611{:02}T{:02}{:02}Z_{}.log.gz",
      day, day, hour, minute, random.Hex(8));
}

}  // namespace collector::bench
