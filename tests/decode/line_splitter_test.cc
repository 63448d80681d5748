#include "decode/line_splitter.h"

#include <string>

#include <gtest/gtest.h>

#include "decode/drive.h"

namespace collector {
namespace {

using Lines = std::vector<std::string>;

// In every cut, with the same outcome.
Lines Split(std::string_view text) {
  LineSplitter splitter;
  const Lines whole = *SplitAll(splitter, text, Always(text.size() + 1));
  for (size_t cut = 1; cut < text.size(); ++cut) {
    EXPECT_EQ(SplitAll(splitter, text, Always(cut)), whole) << cut;
  }
  return whole;
}

TEST(LineSplitter, EndsRecordsAtLineFeedsOfBothKinds) {
  EXPECT_EQ(Split("a\nbc\r\nd\n"), Lines({"a", "bc", "d"}));
}

TEST(LineSplitter, NeedsNoLineFeedAtTheEnd) {
  EXPECT_EQ(Split("a\nb"), Lines({"a", "b"}));
  EXPECT_EQ(Split("a\nb\r"), Lines({"a", "b"}));
}

TEST(LineSplitter, MakesNoRecordsOfEmptyLines) {
  EXPECT_EQ(Split(""), Lines());
  EXPECT_EQ(Split("\n\r\n\n"), Lines());
  EXPECT_EQ(Split("\n\na\n\r\nb\n\n\r"), Lines({"a", "b"}));
}

TEST(LineSplitter, KeepsWhatIsOnlyNearlyALineEnd) {
  EXPECT_EQ(Split("a\rb\n\r\r\nc\r\r\n"), Lines({"a\rb", "\r", "c\r"}));
  EXPECT_EQ(Split(" \n\t\n"), Lines({" ", "\t"}));
}

TEST(LineSplitter, TakesAnyBytes) {
  const std::string line("\0\xFF\xC3\x28\x80", 5);
  EXPECT_EQ(Split(line + "\n" + line), Lines({line, line}));
}

// S-25: the caller sees a line grow, and may give up.
TEST(LineSplitter, ShowsHowMuchOfALineIsPending) {
  LineSplitter splitter;
  std::vector<Slice> records;
  EXPECT_EQ(splitter.Split("one\ntw", false, records), 4);
  EXPECT_EQ(records, std::vector<Slice>({{0, 3}}));
  EXPECT_EQ(splitter.Split("two, thre", false, records), 0);
  EXPECT_EQ(splitter.Split("two, three\r", false, records), 0);
  EXPECT_EQ(splitter.Split("two, three\r\n", false, records), 12);
  EXPECT_EQ(records, std::vector<Slice>({{0, 3}, {0, 10}}));
}

TEST(LineSplitter, DoesNotLookTwiceAtALineThatGrows) {
  // Quadratic, this would be 2^20 bytes looked at 2^14 times: minutes.
  const std::string line(1 << 20, 'x');
  LineSplitter splitter;
  std::vector<Slice> records;
  for (size_t size = 64; size < line.size(); size += 64) {
    EXPECT_EQ(splitter.Split(std::string_view(line).substr(0, size), false, records), 0);
  }
  EXPECT_EQ(splitter.Split(line, true, records), line.size());
  EXPECT_EQ(records, std::vector<Slice>({{0, line.size()}}));
}

}  // namespace
}  // namespace collector
