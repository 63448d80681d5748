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
#include "decode/json_splitter.h"
#include "decode/line_splitter.h"
#include "decode/splitter.h"
#include "decode/unpacker.h"
#include "sources/record_layout.h"
#include "sources/services.h"
#include "sources/settings.h"
#include "sources/tag_template.h"

namespace collector {

class ObjectDecoder {
 public:
  struct Object {
    const ObjectFormat* format = nullptr;
    const KeyParts* key = nullptr;
    std::string_view account;  // where the key names none
    std::string_view region;
    std::string_view bucket;
    Timestamp now;             // the time of records that have none
    int64_t packed_size = -1;  // -1: unknown
    uint64_t skip = 0;         // so many records were delivered by an earlier try
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

  // `settings` must outlive it.
  explicit ObjectDecoder(const S3LogsSettings& settings);

  void Begin(const Object& object, Sink sink);
  // The next bytes of the object as S3 has them. kRejected: they cannot be unpacked or cut; the
  // records before that place are handed over all the same.
  Status Feed(std::string_view packed);
  // The object has ended. kRejected: it was cut short (S-12).
  Status Finish();

  // Why an object in this form, which services can be told to write, is not read.
  static Error ParquetError();

  const Counts& counts() const { return counts_; }
  // How many records of the object, from its first on, are in batches that the sink took, or were
  // left out: what another try may skip.
  uint64_t settled() const { return settled_; }

 private:
  void PrepareTag();
  std::string FillTag() const;
  Splitter& SplitterFor(const ObjectFormat& format);
  Status Unpack(std::string_view packed, bool at_end);
  Status Split(bool at_end);
  void TakeRecord(size_t offset, size_t size);
  void AddTagged(Timestamp time, std::string_view record);
  Status MakeRoom();
  Status CutLine();
  void SkipRestOfLine();
  Status Flush(bool at_end);
  Status Give(std::shared_ptr<Records> records);

  const S3LogsSettings& settings_;
  Unpacker unpacker_;
  LineSplitter lines_;
  JsonSplitter documents_ = JsonSplitter::Documents();
  std::map<std::string, JsonSplitter, std::less<>> arrays_;  // by path
  Splitter* splitter_ = nullptr;
  std::vector<Slice> slices_;
  RecordLayout layout_;

  Object object_;
  Sink sink_;
  Counts counts_;
  uint64_t seen_ = 0;  // records cut so far, without headers
  uint64_t settled_ = 0;

  TagTemplate tag_template_{""};
  std::vector<std::string> tag_fields_;  // of the record, that the tag names
  std::string tag_;                      // of the last record; where it names none, of all
  std::vector<std::string> tag_values_;  // of tag_fields_, in tag_

  Buffer block_;
  size_t begin_ = 0;                   // where in block_ the record begins that is not complete
  size_t records_per_block_ = 0;       // at most so far
  bool skip_line_ = false;             // what comes is the rest of a line that was cut
  std::shared_ptr<Records> in_block_;  // slices of block_
  std::map<std::string, std::shared_ptr<Records>, std::less<>> copies_;  // by tag
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_OBJECT_DECODER_H_
