// The parts of the roofline: what one thread has to do with an object, each written as straight as
// we can: inflate, split, frame, TLS. They are the yardstick of the collector, and share no code
// with it. One thread. A failure ends the program: there is nothing to save.
#ifndef COLLECTOR_BENCH_S3_ROOFLINE_PARTS_H_
#define COLLECTOR_BENCH_S3_ROOFLINE_PARTS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <isa-l.h>
#include <openssl/ssl.h>
#include <zlib.h>

namespace collector::bench {

[[noreturn]] void Die(const std::string& why);

// Unpacks one gzip member as its bytes come.
class Inflater {
 public:
  explicit Inflater(bool with_zlib);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  void Start();
  void Give(std::string_view packed);
  // Unpacks to `out` what fits there and what there is; returns how much that was.
  size_t Take(char* out, size_t most);
  bool done() const { return done_; }

 private:
  const bool with_zlib_;
  bool done_ = false;
  inflate_state isal_;
  z_stream zlib_{};
};

// Where blocks of frames go.
class Sink {
 public:
  enum class Kind {
    kNone,
    kMemory,  // encrypted, and then thrown away
    kSocket,
  };
  struct Options {
    Kind kind = Kind::kNone;
    int port = 0;
    std::string chain, cert, key;
    // Whether a block's TLS records go out by one write or by one each, as OpenSSL does alone.
    bool one_write = true;
  };

  explicit Sink(const Options& options);
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  void Write(std::string_view block);
  // Ends the stream and waits until the reader has ended its own: it has read everything.
  void End();
  std::string cipher() const { return ssl_ == nullptr ? "" : SSL_get_cipher(ssl_); }

 private:
  const Options options_;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  BIO* out_ = nullptr;  // with one_write: what TLS wants to send
  int fd_ = -1;
};

// Puts "<14>DATE HOST TAG: " before a message, into blocks of 64 KiB.
class Framer {
 public:
  Framer(Sink& sink, std::string_view tag);

  // `message` without its end of line.
  void Add(std::string_view message) {
    if (size_ + prefix_size_ + message.size() + kSlack > capacity_) MakeRoom(message.size());
    char* out = block_.get() + size_;
    // Copied by a fixed size, which is quicker than the right one; the message overwrites the rest.
    __builtin_memcpy(out, prefix_, kSlack);
    out += prefix_size_;
    __builtin_memcpy(out, message.data(), message.size());
    out[message.size()] = '\n';
    size_ += prefix_size_ + message.size() + 1;
    ++records_;
    if (size_ >= kBlock) Flush();
  }
  // The record's time as seconds since 1970 in ten digits; free when it is that of the last record.
  void SetEpoch(const char* digits);
  // As "YYYY-MM-DD?HH:MM:SS".
  void SetText(const char* text);
  void Flush();
  uint64_t records() const { return records_; }

 private:
  static constexpr size_t kBlock = 64 << 10;
  static constexpr size_t kSlack = 128;  // what the prefix may have at most
  static constexpr size_t kTimeAt = 4;   // behind "<14>"

  void MakeRoom(size_t message);

  Sink& sink_;
  char prefix_[kSlack] = {};
  size_t prefix_size_ = 0;
  char last_[19] = {};  // the time as it was given last
  int64_t day_ = -1;
  size_t capacity_ = 2 * kBlock;
  std::unique_ptr<char[]> block_;
  size_t size_ = 0;
  uint64_t records_ = 0;
};

// An object on its way from packed bytes to frames.
class Chain {
 public:
  enum class Kind { kVpc, kCloudFront, kCloudTrail };
  struct Options {
    Kind kind = Kind::kVpc;
    bool with_zlib = false;
    bool only_inflate = false;
    bool own_time = true;  // of each record; otherwise the frames have one time
  };

  Chain(const Options& options, Framer& framer);
  ~Chain();

  void Start();
  void Give(std::string_view packed);
  void Finish();
  uint64_t unpacked_bytes() const { return unpacked_; }

 private:
  struct Json;

  void Lines(size_t size);
  void Records();
  void Line(std::string_view line);

  const Options options_;
  Framer& framer_;
  Inflater inflater_;
  std::string buffer_;
  size_t carry_ = 0;  // at the start of the buffer: a line whose end has not come yet
  bool first_line_ = true;
  uint64_t unpacked_ = 0;
  std::unique_ptr<Json> json_;
};

}  // namespace collector::bench

#endif  // COLLECTOR_BENCH_S3_ROOFLINE_PARTS_H_
