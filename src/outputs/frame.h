// FrameWriter: turns records into the frames that Devo takes. It belongs to the one thread that
// writes for a connection; nothing is allocated per record beyond what `out` grows by.
//
//     <14>2023-06-02 08:31:15.123 HOST TAG: MESSAGE\n
//
// The rules, after what Devo's own SDK puts on the wire (DevoInc/python-sdk 7.0.0):
// - 14 is facility 1 (user), severity 6 (info). The date is the record's own time, UTC.
// - The frame ends with one "\n"; a message that ends in one already gets no second.
// - A receiver ends a record at "\n". A message with a "\n" before its end is therefore counted in
//   octets (RFC 6587, 3.4.1): "LEN SP FRAME", LEN being the bytes of the whole frame with its final
//   "\n". A frame starts with "<" and a count with a digit, so both alternate on one connection.
// - Every other byte stays as it is, NUL, CR and further control characters too: receivers split
//   at "\n" alone, so none of them breaks a frame, and what a record means is not ours to change.
//   "\r\n" at the end thus keeps its "\r".
// - Ill-formed UTF-8 becomes U+FFFD (utf8.h). An empty message makes an empty frame: it was a
//   record.
// - A message longer than `max_record_bytes` (as it stands in the frame, the final "\n" not
//   counted) is cut there, at the end of a whole character.
#ifndef COLLECTOR_OUTPUTS_FRAME_H_
#define COLLECTOR_OUTPUTS_FRAME_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "collect/batch.h"

namespace collector {

inline constexpr size_t kMaxTagBytes = 1024;      // Devo's limit
inline constexpr size_t kMaxHostNameBytes = 255;  // RFC 5424, 6.2.4

// `tag` as a frame can carry it: letters, digits, "_", "-" and "."; any other byte becomes "_", and
// what exceeds kMaxTagBytes is cut. An empty tag becomes "unknown.unknown", the table in which Devo
// puts what it cannot place; a tag of one level is left as it is and ends up there by itself.
std::string FrameTag(std::string_view tag);

// `host_name` as a frame can carry it: printable ASCII without spaces; any other byte becomes "_",
// and what exceeds kMaxHostNameBytes is cut. An empty one becomes "unknown".
std::string FrameHostName(std::string_view host_name);

class FrameWriter {
 public:
  FrameWriter(std::string_view host_name, size_t max_record_bytes);

  // Appends the record's one frame to `out`. True when its message was cut: the caller counts it
  // (Events::RecordCut, D-9). Quickest when `tag` and the record's day are those of the last call,
  // as they are within a batch, and the record is known to be plain.
  [[nodiscard]] bool Append(std::string_view tag, const Record& record, std::string& out);

 private:
  void SetTag(std::string_view tag);
  void SetTime(Timestamp time);
  // The message as the frame carries it, without a final "\n".
  std::string_view Fit(std::string_view message, bool& cut);

  const std::string host_name_;
  const size_t max_record_bytes_;
  std::string tag_;       // as the last caller gave it
  std::string prefix_;    // "<14>DATE HOST TAG: " of the last record
  Timestamp day_;         // whose date stands in prefix_
  std::string repaired_;  // scratch
};

}  // namespace collector

#endif  // COLLECTOR_OUTPUTS_FRAME_H_
