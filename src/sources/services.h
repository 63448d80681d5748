// The kinds of log that AWS's services leave in S3, one row each: how an object is recognised by
// its key, how it is cut into records, which field is a record's time, and the tag of its records.
// A constant table; any thread. The configuration can add rows of the same form.
#ifndef COLLECTOR_SOURCES_SERVICES_H_
#define COLLECTOR_SOURCES_SERVICES_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decode/record_time.h"
#include "sources/key_pattern.h"

namespace collector {

// How an object's bytes, once unpacked, are cut into records.
enum class Split {
  kLines,      // a record a line
  kJsonLines,  // a JSON document a record, on lines of their own or one right after the other
  kJsonArray,  // the elements of an array in a JSON document
  kIgnored,    // recognised, and no log: the object counts as done
  kRefused,    // recognised, and cannot be read by this version
};

// What of a file's lines are no records.
enum class Header {
  kNone,
  kFieldNames,  // the first line names the fields, separated by spaces (VPC Flow Logs, V-1)
  kW3c,         // lines that begin with "#"; "#Fields:" names the fields, tabs separate (V-4)
};

// Where a record's time stands; without one, or when it cannot be read, the time of reading counts.
struct TimeField {
  // A field's name; for lines without header its number, from 1; for JSON its path, dotted. Two
  // names joined by "+" are a date and a time of day. Empty: none.
  std::string name;
  TimeForm form = TimeForm::kIso8601;

  bool operator==(const TimeField&) const = default;
};

struct ObjectFormat {
  std::string name;              // "vpc-flow"
  std::vector<KeyPattern> keys;  // any of them
  Split split = Split::kLines;
  std::string path;  // kJsonArray: of the array, dotted; empty: the document is it
  Header header = Header::kNone;
  TimeField time;
  TimeField json_time;  // kLines: of records that are JSON all the same (CloudFront can write both)
  std::string tag;  // with placeholders: {account} {region} {bucket} {service} {key.X} {record.X}

  bool operator==(const ObjectFormat&) const = default;
};

// In the order in which they are tried.
std::span<const ObjectFormat> PredefinedObjectFormats();

// The first of `formats` that recognises the key, whose named parts go to `parts`; nullptr: none.
const ObjectFormat* RecogniseObject(std::span<const ObjectFormat> formats, std::string_view key,
                                    KeyParts& parts);

// The row of that name; nullptr when there is none.
const ObjectFormat* FindObjectFormat(std::string_view name);

}  // namespace collector

#endif  // COLLECTOR_SOURCES_SERVICES_H_
