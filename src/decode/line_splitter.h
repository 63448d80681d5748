// LineSplitter: a record is a line. It ends at "\n"; a "\r" before that, or before the end, is not
// part of it; the last line needs no "\n"; empty lines are no records. Any bytes will do: it knows
// no error. Owned by a reader; one thread at a time.
#ifndef COLLECTOR_DECODE_LINE_SPLITTER_H_
#define COLLECTOR_DECODE_LINE_SPLITTER_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "decode/splitter.h"

namespace collector {

class LineSplitter : public Splitter {
 public:
  Result<size_t> Split(std::string_view data, bool at_end, std::vector<Slice>& records) override;
  void Reset() override { looked_ = 0; }

 private:
  size_t looked_ = 0;  // so many bytes of the next data hold no "\n"
};

}  // namespace collector

#endif  // COLLECTOR_DECODE_LINE_SPLITTER_H_
