// Log files as AWS writes them to S3, made up from a seed: the same seed gives the same bytes. What
// they are like (bytes a line, how well they pack) is near to real ones, since both decide how fast
// they can be read; s3_corpus says what was achieved. Pure functions; any thread.
#ifndef COLLECTOR_BENCH_S3_CORPUS_H_
#define COLLECTOR_BENCH_S3_CORPUS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "s3/message_sum.h"
#include "s3/random.h"

namespace collector::bench {

inline constexpr std::string_view kManifestName = "manifest.json";

// One kind of log.
class LogKind {
 public:
  virtual ~LogKind() = default;

  // What stands before the first record, between two, and after the last one.
  virtual std::string Start() const = 0;
  virtual std::string_view Between() const { return "\n"; }
  virtual std::string_view End() const { return "\n"; }
  // The next record, as it is to be delivered.
  virtual void Append(Random& random, std::string& out) = 0;
};

std::unique_ptr<LogKind> MakeVpcLog(uint64_t seed);         // default format, version 2
std::unique_ptr<LogKind> MakeCloudFrontLog(uint64_t seed);  // W3C, 33 fields
std::unique_ptr<LogKind> MakeCloudTrailLog(uint64_t seed);  // {"Records":[...]} on one line

struct PackedFile {
  std::string packed;  // gzip, level 6
  size_t unpacked_bytes = 0;
  MessageSum messages;
};

// A file of about this size when packed (never smaller).
PackedFile MakeFile(LogKind& kind, Random& random, size_t packed_bytes);

// The key of the so many-th object of a corpus ("vpc", "cloudfront", "cloudtrail", "small" and
// "big", which are VPC flow logs), as AWS writes it.
std::string ObjectKey(std::string_view corpus, size_t number);

}  // namespace collector::bench

#endif  // COLLECTOR_BENCH_S3_CORPUS_H_
