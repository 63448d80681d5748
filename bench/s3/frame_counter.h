// FrameCounter: what a Devo endpoint receives on one connection, counted: newline frames,
// octet-counted ones and gzip members of them, in any mixture. By default it only counts newlines,
// at memory speed; with `exact` it takes each frame apart and sums up the messages. One thread.
#ifndef COLLECTOR_BENCH_S3_FRAME_COUNTER_H_
#define COLLECTOR_BENCH_S3_FRAME_COUNTER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "s3/message_sum.h"

struct inflate_state;

namespace collector::bench {

size_t CountNewlines(std::string_view bytes);

class FrameCounter {
 public:
  // Without `exact` an octet-counted frame counts as many as it has newlines: only for corpora
  // whose messages have none.
  explicit FrameCounter(bool exact);
  ~FrameCounter();

  void Take(std::string_view bytes);

  uint64_t frames() const { return frames_; }
  uint64_t plain_bytes() const { return plain_bytes_; }  // after gunzip
  uint64_t members() const { return members_; }
  const MessageSum& messages() const { return messages_; }  // with `exact`
  // Something that is neither a frame nor a member; what follows is not looked at.
  bool broken() const { return broken_; }

 private:
  // Takes one member's next bytes; returns how many.
  size_t Inflate(std::string_view bytes);
  void Plain(std::string_view bytes);
  // Takes whole frames off the front of `bytes`; returns how many bytes that were.
  size_t TakeFrames(std::string_view bytes);
  void Frame(std::string_view frame);

  const bool exact_;
  uint64_t frames_ = 0;
  uint64_t plain_bytes_ = 0;
  uint64_t members_ = 0;
  MessageSum messages_;
  bool broken_ = false;
  bool inflating_ = false;
  char last_ = '\n';  // of the plain bytes: a member starts only after a whole frame
  std::string rest_;  // with `exact`: the start of a frame whose end has not come yet
  std::unique_ptr<inflate_state> inflate_;
  std::string inflated_;
};

}  // namespace collector::bench

#endif  // COLLECTOR_BENCH_S3_FRAME_COUNTER_H_
