// FrameParser: what a Devo endpoint makes of the bytes of one connection: newline frames,
// octet-counted frames and gzip members in any mixture. Obvious rather than quick. One thread.
#ifndef COLLECTOR_TESTS_FAKES_FRAME_PARSER_H_
#define COLLECTOR_TESTS_FAKES_FRAME_PARSER_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <zlib.h>

namespace collector {

class FrameParser {
 public:
  FrameParser() = default;
  ~FrameParser() {
    if (inflating_) inflateEnd(&stream_);
  }
  FrameParser(const FrameParser&) = delete;
  FrameParser& operator=(const FrameParser&) = delete;

  // Takes the next bytes; returns the frames that they complete, each with its final newline and
  // without its count.
  std::vector<std::string> Take(std::string_view bytes) {
    std::vector<std::string> frames;
    wire_.append(bytes);
    while (!broken_ && !wire_.empty()) {
      if (inflating_ || StartsWithMember()) {
        if (!Inflate()) break;
      } else if (wire_.size() == 1 && wire_[0] == '\x1f') {
        break;  // the first byte of a member's magic
      } else if (!TakeOne(wire_, frames)) {
        break;
      }
      while (TakeOne(plain_, frames)) {
      }
    }
    return frames;
  }

  size_t members() const { return members_; }
  bool broken() const { return broken_; }
  // Whether a frame or a member is half here.
  bool inside() const { return inflating_ || !wire_.empty() || !plain_.empty(); }

 private:
  bool StartsWithMember() const {
    return wire_.size() >= 2 && wire_.compare(0, 2, "\x1f\x8b") == 0;
  }

  bool TakeOne(std::string& from, std::vector<std::string>& frames) {
    if (from.empty()) return false;
    size_t start = 0;
    size_t size = 0;
    if (from[0] >= '1' && from[0] <= '9') {
      const size_t space = from.find(' ');
      if (space == std::string::npos) return false;
      start = space + 1;
      size = std::stoul(from.substr(0, space));
      if (from.size() < start + size) return false;
    } else if (from[0] == '<') {
      const size_t end = from.find('\n');
      if (end == std::string::npos) return false;
      size = end + 1;
    } else {
      broken_ = true;
      return false;
    }
    frames.push_back(from.substr(start, size));
    broken_ = broken_ || frames.back().back() != '\n';
    from.erase(0, start + size);
    return true;
  }

  // One call of inflate; false when it needs more bytes.
  bool Inflate() {
    if (!inflating_) {
      stream_ = {};
      if (inflateInit2(&stream_, 15 + 16) != Z_OK) return false;
      inflating_ = true;
    }
    char out[4096];
    stream_.next_in = reinterpret_cast<Bytef*>(wire_.data());
    stream_.avail_in = static_cast<uInt>(wire_.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = sizeof out;
    const int result = inflate(&stream_, Z_NO_FLUSH);
    wire_.erase(0, wire_.size() - stream_.avail_in);
    plain_.append(out, sizeof out - stream_.avail_out);
    if (result == Z_STREAM_END) {
      inflateEnd(&stream_);
      inflating_ = false;
      ++members_;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      broken_ = true;
    }
    return result == Z_STREAM_END || stream_.avail_out == 0;
  }

  std::string wire_;
  std::string plain_;  // out of members
  z_stream stream_{};
  bool inflating_ = false;
  bool broken_ = false;
  size_t members_ = 0;
};

}  // namespace collector

#endif  // COLLECTOR_TESTS_FAKES_FRAME_PARSER_H_
