#include "s3/frame_counter.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <zlib.h>

namespace collector::bench {
namespace {

std::string Frame(const std::string& message) {
  return "<14>2023-06-02 08:31:15.123 host my.app.a.b: " + message + "\n";
}

std::string Counted(const std::string& message) {
  const std::string frame = Frame(message);
  return std::to_string(frame.size()) + " " + frame;
}

std::string Packed(const std::string& plain) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string packed(plain.size() + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

const std::vector<std::string> kMessages = {"one",           "",     "two\nlines",
                                            "with: a colon", "\x1f", std::string(5000, 'x')};

TEST(FrameCounter, CountsNewlinesAtEveryAlignment) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += i % 7 == 0 || i > 15'000 ? '\n' : 'x';
  for (size_t start = 0; start < 40; ++start) {
    for (const size_t size : {0, 1, 15, 16, 17, 4095, 4096, 9000, 19'000}) {
      const std::string_view part = std::string_view(text).substr(start, size);
      size_t newlines = 0;
      for (const char c : part) newlines += c == '\n' ? 1 : 0;
      ASSERT_EQ(CountNewlines(part), newlines) << start << " " << size;
    }
  }
}

TEST(FrameCounter, SumsUpMessagesHoweverTheyAreFramedAndCut) {
  MessageSum expected;
  std::string stream;
  for (int round = 0; round < 3; ++round) {
    for (const std::string& message : kMessages) {
      expected.Add(message);
      const bool counted = message.find('\n') != std::string::npos;
      stream += counted ? Counted(message) : Frame(message);
    }
    expected.Add("packed");
    expected.Add("two\npacked");
    stream += Packed(Frame("packed") + Counted("two\npacked"));
  }
  for (const size_t step : {1, 2, 3, 7, 100, 4096, 100'000}) {
    FrameCounter counter(true);
    for (size_t at = 0; at < stream.size(); at += step) {
      counter.Take(std::string_view(stream).substr(at, step));
    }
    EXPECT_FALSE(counter.broken()) << step;
    EXPECT_EQ(counter.frames(), expected.messages) << step;
    EXPECT_EQ(counter.messages().bytes, expected.bytes) << step;
    EXPECT_EQ(counter.messages().sum, expected.sum) << step;
    EXPECT_EQ(counter.members(), 3U) << step;
  }
}

TEST(FrameCounter, CountsLinesAndMembersWithoutTakingThemApart) {
  FrameCounter counter(false);
  const std::string stream = Frame("a") + Packed(Frame("b") + Frame("c")) + Frame("d \x1f e");
  for (const char c : stream) counter.Take({&c, 1});
  EXPECT_EQ(counter.frames(), 4U);
  EXPECT_EQ(counter.members(), 1U);
  EXPECT_FALSE(counter.broken());
}

TEST(FrameCounter, NoticesWhatIsNoFrame) {
  for (const std::string& bad : {Frame("a") + "x", "5 " + Frame("a"), std::string("<14>no\n"),
                                 std::string("\x1f\x8c") + std::string(20, 'x')}) {
    FrameCounter counter(true);
    counter.Take(bad);
    EXPECT_TRUE(counter.broken()) << bad;
  }
}

TEST(MessageSum, DependsOnEveryByteAndNotOnTheOrder) {
  MessageSum one, other;
  for (const std::string& message : kMessages) one.Add(message);
  for (auto message = kMessages.rbegin(); message != kMessages.rend(); ++message) {
    other.Add(*message);
  }
  EXPECT_EQ(one.sum, other.sum);
  for (size_t size = 1; size < 40; ++size) {
    for (size_t at = 0; at < size; ++at) {
      std::string changed(size, 'a');
      const uint64_t before = MessageHash(changed);
      changed[at] = 'b';
      ASSERT_NE(MessageHash(changed), before);
    }
    ASSERT_NE(MessageHash(std::string(size, '\0')), MessageHash(std::string(size - 1, '\0')));
  }
}

}  // namespace
}  // namespace collector::bench
