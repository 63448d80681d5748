// Splitter: the seam between plain bytes as they arrive and the records in them. Pure: no I/O, no
// clock, and no copy, since a record is a slice of the caller's data. A reader owns one for each
// object it reads at a time and keeps it for the next (Reset()); one thread at a time.
//
// LineSplitter (decode/line_splitter.h) and JsonSplitter (decode/json_splitter.h) implement it.
#ifndef COLLECTOR_DECODE_SPLITTER_H_
#define COLLECTOR_DECODE_SPLITTER_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace collector {

// A record, as a part of the data that was given to Split().
struct Slice {
  size_t begin = 0;
  size_t size = 0;

  bool operator==(const Slice&) const = default;
};

class Splitter {
 public:
  virtual ~Splitter() = default;

  // `data`: everything since the end of what was done with before; it may have grown since the last
  // call, and lie elsewhere. Appends the records that are complete. Returns how much of `data` is
  // done with: the next call's data begins there. What is not done with is a record that has begun,
  // so a limit on its size is a limit on what the caller holds. No byte is looked at twice, so the
  // time is linear however the data is cut.
  //
  // `at_end`: nothing follows; then all is done with, or it is an error.
  // Errors (kRejected): data that is not what it should be; final until Reset().
  virtual Result<size_t> Split(std::string_view data, bool at_end, std::vector<Slice>& records) = 0;

  // Ready for another object.
  virtual void Reset() = 0;
};

}  // namespace collector

#endif  // COLLECTOR_DECODE_SPLITTER_H_
