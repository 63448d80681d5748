// Runs an Unpacker or a Splitter over whole data that is cut as a source of sizes says, as a reader
// does over what a network brings. For tests and fuzz targets, which abort where a contract breaks.
// Used on one thread.
#ifndef COLLECTOR_TESTS_DECODE_DRIVE_H_
#define COLLECTOR_TESTS_DECODE_DRIVE_H_

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decode/splitter.h"
#include "decode/unpacker.h"

namespace collector {

// The next size of a cut or of a room; at least 1.
using Sizes = std::function<size_t()>;

inline Sizes Always(size_t size) {
  return [size] { return size; };
}

// Everything in the object, or nothing when the unpacker says error. The end is told with the last
// bytes or, when `end_apart`, after them.
inline std::optional<std::string> UnpackAll(Unpacker& unpacker, std::string_view packed,
                                            const Sizes& cuts, const Sizes& rooms,
                                            bool end_apart = false) {
  unpacker.Reset();
  std::string plain;
  std::string out;
  for (bool at_end = false; !at_end;) {
    std::string_view input = packed.substr(0, std::min(cuts(), packed.size()));
    at_end = end_apart ? packed.empty() : input.size() == packed.size();
    packed.remove_prefix(input.size());
    for (;;) {
      const size_t room = rooms();
      out.resize(room);
      const Result<size_t> written = unpacker.Unpack(input, at_end, out.data(), room);
      if (!written) {
        // An error stays one.
        if (unpacker.Unpack(input, at_end, out.data(), room)) std::abort();
        return std::nullopt;
      }
      if (*written > room) std::abort();
      plain.append(out, 0, *written);
      if (*written < room) break;
    }
    if (!input.empty()) std::abort();
  }
  return plain;
}

// The records, or nothing when the splitter says error.
inline std::optional<std::vector<std::string>> SplitAll(Splitter& splitter, std::string_view data,
                                                        const Sizes& cuts) {
  splitter.Reset();
  std::vector<std::string> records;
  size_t begin = 0;  // what is done with
  size_t end = 0;    // what has arrived
  for (bool at_end = false; !at_end;) {
    end = std::min(data.size(), end + cuts());
    at_end = end == data.size();
    // A copy of exactly these bytes, so that a sanitizer sees a step beyond them.
    const std::vector<char> arrived(data.begin() + static_cast<std::ptrdiff_t>(begin),
                                    data.begin() + static_cast<std::ptrdiff_t>(end));
    const std::string_view given(arrived.data(), arrived.size());
    std::vector<Slice> slices;
    const Result<size_t> done = splitter.Split(given, at_end, slices);
    if (!done) {
      if (splitter.Split(given, at_end, slices)) std::abort();
      return std::nullopt;
    }
    if (*done > given.size() || (at_end && *done != given.size())) std::abort();
    for (const Slice& slice : slices) {
      if (slice.size == 0 || slice.begin + slice.size > *done) std::abort();
      records.emplace_back(given.substr(slice.begin, slice.size));
    }
    begin += *done;
  }
  return records;
}

}  // namespace collector

#endif  // COLLECTOR_TESTS_DECODE_DRIVE_H_
