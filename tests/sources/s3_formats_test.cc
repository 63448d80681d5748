// Every row of the table of formats on objects as AWS writes them, from the key to the records that
// are delivered. tests/testdata/s3/README.md tells what the files are and where they come from.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/time_text.h"
#include "decode/packing.h"
#include "sources/object_decoder.h"
#include "sources/services.h"

namespace collector {
namespace {

// What the file "expected" of a folder says.
struct FormatFixture {
  std::vector<std::string> keys;
  std::string format;
  std::vector<std::string> records;  // "TIME TAG", and behind a line feed the message
};

std::vector<std::filesystem::path> FixtureFolders() {
  std::vector<std::filesystem::path> folders;
  const auto top = std::filesystem::path(COLLECTOR_SOURCE_DIR) / "tests/testdata/s3";
  for (const auto& entry : std::filesystem::directory_iterator(top)) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

FormatFixture ReadFixture(const std::filesystem::path& folder) {
  FormatFixture fixture;
  std::istringstream lines(ReadFile(folder / "expected").value());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("record ")) {
      fixture.records.push_back(line.substr(line.find(' ') + 1));
    } else if (!fixture.records.empty()) {
      fixture.records.back() += "\n" + line;
    } else if (line.starts_with("key ")) {
      fixture.keys.push_back(line.substr(4));
    } else if (line.starts_with("format ")) {
      fixture.format = line.substr(7);
    } else {
      ADD_FAILURE() << folder << " has an odd line: " << line;
    }
  }
  return fixture;
}

// As `records` of a fixture; at the end an error, if there was one.
std::vector<std::string> RecordsOf(const ObjectFormat& format, const KeyParts& key,
                                   const std::string& packed) {
  const Timestamp now = *ParseTime("2026-11-24T03:00:00Z");
  const S3LogsSettings settings;
  ObjectDecoder decoder(settings);
  ObjectDecoder::Object object;
  object.format = &format;
  object.key = &key;
  object.account = "999999999999";
  object.region = "eu-central-1";
  object.bucket = "bucket";
  object.now = now;
  std::vector<std::string> texts;
  decoder.Begin(object, [&](const std::shared_ptr<const Records>& records) -> Status {
    for (size_t i = 0; i < records->size(); ++i) {
      const Record record = (*records)[i];
      texts.push_back(fmt::format("{} {}\n{}",
                                  record.time == now ? "now" : FormatRfc3339(record.time),
                                  records->tag(), record.message));
    }
    return {};
  });
  const size_t half = packed.size() / 2;
  Status status = decoder.Feed(packed.substr(0, half));
  if (status) status = decoder.Feed(packed.substr(half));
  if (status) status = decoder.Finish();
  if (!status) texts.push_back(status.error().message);
  return texts;
}

// V-1, V-2, V-4, T-1, T-2
TEST(S3Formats, MakeOfEachObjectTheRecordsThatAreExpected) {
  for (const auto& folder : FixtureFolders()) {
    SCOPED_TRACE(folder.filename());
    const FormatFixture fixture = ReadFixture(folder);
    ASSERT_FALSE(fixture.keys.empty());
    for (const std::string& key : fixture.keys) {
      SCOPED_TRACE(key);
      KeyParts parts;
      const ObjectFormat* const format = RecogniseObject(PredefinedObjectFormats(), key, parts);
      EXPECT_EQ(format == nullptr ? "none" : format->name, fixture.format);
      if (format == nullptr) continue;
      const bool is_read = format->split != Split::kIgnored && format->split != Split::kRefused;
      ASSERT_EQ(is_read, !fixture.records.empty());
      if (!is_read) continue;
      const std::string plain = ReadFile(folder / "object").value();
      const std::string members = GzipMember(plain.substr(0, plain.size() / 3)) +
                                  GzipMember(plain.substr(plain.size() / 3));
      for (const std::string& packed : {plain, members, ZstdFrame(plain)}) {
        EXPECT_EQ(RecordsOf(*format, parts, packed), fixture.records);
      }
    }
  }
}

TEST(S3Formats, HaveAnObjectForEveryRowOfTheTable) {
  std::set<std::string> rows;
  std::set<std::string> tried;
  for (const ObjectFormat& format : PredefinedObjectFormats()) rows.insert(format.name);
  for (const auto& folder : FixtureFolders()) tried.insert(ReadFixture(folder).format);
  EXPECT_EQ(tried, rows);
}

}  // namespace
}  // namespace collector
