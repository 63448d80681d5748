// ObjectDecoder: turns the bytes of an S3 object into batches of records: unpacks, cuts, leaves out
// headers and what filters drop, reads each record's time, and gives it its tag. It works through
// blocks of 256 KiB, so its memory does not grow with the object (S-25); where all records of an
// object have one tag, they stay where they were unpacked and no record is copied.
//
// Without I/O. Owned and used by one thread, for one object after the other.
#ifndef COLLECTOR_SOURCES_OBJECT_DECODER_H_
#define COLLECTOR_SOURCES_OBJECT_DECODER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/result.h"
#include "collect/batch.h"
#include "decode/fields.h"
#include "decode/splitter.h"
#include "decode/unpacker.h"
#include "sources/record_layout.h"
#include "sources/services.h"
#include "sources/settings.h"

namespace collector {

class ObjectDecoder {
 public:
  struct Object {
    const ObjectFormat* format = nullptr;
    const KeyParts* key = nullptr;
    std::string_view account;  // where the key names none
    std::string_view region;
    std::string_view bucket;
    std::string_view tag;     // of the configuration; empty: the format's
    Timestamp now;            // the time of records that have none
    int64_t packed_size = -1; // -1: unknown
    uint64_t skip = 0;        // so many records were delivered by an earlier try
  };

  struct Counts {
    uint64_t records = 0;   // handed over
    uint64_t filtered = 0;  // dropped by a filter
    uint64_t cut = 0;       // lines longer than kMaxLineBytes
  };

  // Takes a batch; an error ends the object.
  using Sink = std::function<Status(std::shared_ptr<const Records>)>;

  // A longer line is cut there (D-9); a longer JSON record is an error, for half of one is none.
  static constexpr size_t kMaxLineBytes = 16 << 20;

  explicit ObjectDecoder(const S3LogsSettings& settings);
  ~ObjectDecoder();

  void Begin(const Object& object, Sink sink);
  // The next bytes of the object as S3 has them. kRejected: they cannot be unpacked or cut.
  Status Feed(std::string_view packed);
  // The object has ended. kRejected: it was cut short (S-12).
  Status Finish();

  const Counts& counts() const { return counts_; }
  // How many records of the object, from its first on, are in batches that the sink took, or were
  // left out: what another try may skip.
  uint64_t settled() const { return settled_; }

 private:
  Status TakeRecords(bool at_end);
  void TakeRecord(std::string_view record, size_t offset);
  void AddTagged(Timestamp time, std::string_view record);
  Status Flush(bool at_end);
  Status MakeRoom();

  const S3LogsSettings& settings_;
  std::string service_name_;
  Unpacker unpacker_;
  LineSplitter lines_;
  JsonSplitter documents_;
  std::optional<JsonSplitter> array_;  // of the format used last
  std::string array_path_;
  Splitter* splitter_ = nullptr;
  std::vector<Slice> slices_;
  RecordLayout layout_;

  Object object_;
  Sink sink_;
  Counts counts_;
  uint64_t seen_ = 0;     // records cut so far, without headers
  uint64_t settled_ = 0;
  Buffer block_;
  size_t begin_ = 0;      // where in block_ the record begins that is not complete yet
  bool skip_line_ = false;  // the rest of a line that was cut
  std::shared_ptr<Records> records_;                      // in block_
  std::map<std::string, std::shared_ptr<Records>> tagged_;  // copies, by tag
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_OBJECT_DECODER_H_
