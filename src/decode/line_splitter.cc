#include "decode/line_splitter.h"

#include <cstring>

namespace collector {
namespace {

void AddLine(std::string_view data, size_t begin, size_t end, std::vector<Slice>& records) {
  if (end > begin && data[end - 1] == '\r') --end;
  if (end > begin) records.push_back({begin, end - begin});
}

}  // namespace

Result<size_t> LineSplitter::Split(std::string_view data, bool at_end,
                                   std::vector<Slice>& records) {
  size_t begin = 0;
  size_t from = looked_;
  while (from < data.size()) {
    const void* found = std::memchr(data.data() + from, '\n', data.size() - from);
    if (found == nullptr) break;
    const auto end = static_cast<size_t>(static_cast<const char*>(found) - data.data());
    AddLine(data, begin, end, records);
    begin = from = end + 1;
  }
  if (at_end) {
    AddLine(data, begin, data.size(), records);
    begin = data.size();
  }
  looked_ = data.size() - begin;
  return begin;
}

}  // namespace collector
