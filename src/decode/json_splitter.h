// JsonSplitter: the records in JSON text, as raw slices, while it streams through: no tree, and no
// more of the text in memory than a record (a CloudTrail object is one line of tens of megabytes).
// A record is either an element of the array at a path, JsonSplitter("Records"), or a whole
// document of several that follow each other, with or without blanks between
// (JsonSplitter::Documents()): "JSON lines", and what subscription filters and Firehose write.
//
// It checks what decides where records begin and end: brackets that match, strings that end, the
// commas and colons around the records, numbers and literals that are records, that each document
// holds the array, and that nothing else follows. So a truncated document is always an error.
// It does not check what lies inside a record or a value that it steps over.
//
// Owned by a reader; one thread at a time. Memory: 1 KiB.
#ifndef COLLECTOR_DECODE_JSON_SPLITTER_H_
#define COLLECTOR_DECODE_JSON_SPLITTER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decode/json_value_end.h"
#include "decode/splitter.h"

namespace collector {

class JsonSplitter : public Splitter {
 public:
  // Elements of the array at `path`, keys joined by dots ("detail.findings"); empty: the document
  // itself is the array. Several documents may follow each other; each must hold the array. A
  // document that holds it more than once, by equal keys, has all of the elements.
  explicit JsonSplitter(std::string_view path);

  // Whole documents: objects, arrays, or anything else that JSON has.
  static JsonSplitter Documents();

  Result<size_t> Split(std::string_view data, bool at_end, std::vector<Slice>& records) override;
  void Reset() override;

 private:
  // What comes next, besides blanks.
  enum class Expect {
    kDocument,        // or the end
    kFirstKey,        // or the end of the object
    kKey,             // after a comma
    kRestOfKey,       // within
    kColon,           // after a key
    kMemberValue,     // after a colon
    kRestOfValue,     // within a record, or a value that is stepped over
    kRestOfScalar,    // likewise, a number or a literal
    kFirstElement,    // or the end of the array
    kElement,         // after a comma
    kElementEnd,      // a comma, or the end of the array
    kMemberValueEnd,  // a comma, or the end of the object
  };

  JsonSplitter(std::vector<std::string> path, bool documents);

  Status Step(std::string_view data, std::vector<Slice>& records);
  Status StepWithin(std::string_view data, std::vector<Slice>& records);
  Status BeginDocument(char first);
  Status BeginMember(char first, bool may_close);
  Status BeginMemberValue(char first);
  Status BeginValue(char first, bool is_record);
  Status EndMemberValue(char next);
  Status EndObject();
  void EndArray();
  void EndKey(std::string_view quoted);
  void EndValue(std::vector<Slice>& records);
  size_t DoneWith() const;
  tl::unexpected<Error> Mangled(std::string_view what) const;

  const std::vector<std::string> path_;
  const bool documents_;  // whole documents are the records
  JsonValueEnd value_;
  Expect expect_ = Expect::kDocument;
  size_t level_ = 0;        // how many objects of the path are open, less one
  bool on_path_ = false;    // the key that was read last is the path's next
  bool found_ = false;      // the document has had its array
  bool is_record_ = false;  // the value that has begun is one
  size_t at_ = 0;           // how far it has looked in the data
  size_t begin_ = 0;        // of the key or value that has begun
  uint64_t before_ = 0;     // the bytes of the object that came before the data
  std::optional<Error> error_;
};

}  // namespace collector

#endif  // COLLECTOR_DECODE_JSON_SPLITTER_H_
