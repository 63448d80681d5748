#include "outputs/sent_window.h"

#include <memory>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace collector {
namespace {

class SentWindowTest : public ::testing::Test {
 protected:
  void Push(const std::vector<std::string>& messages) {
    auto records = std::make_shared<Records>("my.app.a.b");
    for (const std::string& message : messages) records->Add(Timestamp(), message);
    window_.Push({records, Ack::Create([](Outcome) {})});
  }
  std::string Frame(size_t enough = 1 << 20) {
    std::string out;
    window_.Frame(writer_, enough, out, [this](const Records&, size_t) { ++cuts_; });
    return out;
  }
  // The messages of frames, joined by commas.
  static std::string Messages(const std::string& frames) {
    std::string all;
    for (size_t at = 0; at < frames.size();) {
      const size_t start = frames.find(": ", at) + 2;
      const size_t end = frames.find('\n', start);
      all += (all.empty() ? "" : ",") + frames.substr(start, end - start);
      at = end + 1;
    }
    return all;
  }

  FrameWriter writer_{"h", 8};
  SentWindow window_;
  int cuts_ = 0;
};

TEST_F(SentWindowTest, FramesInOrderInPortionsThatRespectTheLimit) {
  Push({"a", "b"});
  Push({"c"});
  std::string all;
  while (window_.HasUnframed()) {
    const std::string one = Frame(1);
    EXPECT_EQ(Messages(one).size(), 1u) << "one frame is enough for one byte";
    all += one;
  }
  EXPECT_EQ(Messages(all), "a,b,c");
  EXPECT_EQ(window_.records(), 3u);
}

TEST_F(SentWindowTest, KnowsHowMuchIsNotFramed) {
  EXPECT_EQ(window_.unframed_bytes(), 0u);
  Push({"a"});
  const size_t one = window_.unframed_bytes();
  EXPECT_GT(one, 0u);
  Push({"b", "c"});
  const size_t all = window_.unframed_bytes();
  Frame(1);
  EXPECT_EQ(window_.unframed_bytes(), all - one);
  Frame(1);
  EXPECT_EQ(window_.unframed_bytes(), all - one) << "half a batch is not framed";
  Frame();
  EXPECT_EQ(window_.unframed_bytes(), 0u);
  window_.Rewind();
  EXPECT_EQ(window_.unframed_bytes(), all);
  window_.TakeAll();
  EXPECT_EQ(window_.unframed_bytes(), 0u);
}

TEST_F(SentWindowTest, ABatchIsWrittenOnlyWhenItsLastByteIs) {
  Push({"a"});
  Push({"b"});
  Frame();
  window_.MarkFramed(100);
  window_.MarkWritten(99, 150);
  EXPECT_EQ(window_.written_end(), 0u);
  EXPECT_TRUE(window_.TakeUpToStream(100).empty());
  EXPECT_TRUE(window_.TakeUpToWire(1'000).empty());
  window_.MarkWritten(100, 160);
  EXPECT_EQ(window_.written_end(), 100u);
  EXPECT_TRUE(window_.TakeUpToWire(159).empty());
  EXPECT_TRUE(window_.TakeUpToStream(99).empty());
  EXPECT_EQ(window_.TakeUpToStream(100).size(), 2u);
  EXPECT_TRUE(window_.empty());
}

TEST_F(SentWindowTest, SettlesOldestFirstAndKeepsTheRest) {
  for (uint64_t i = 1; i <= 3; ++i) {
    Push({std::string(1, static_cast<char>('a' + i))});
    Frame();
    window_.MarkFramed(i * 10);
    window_.MarkWritten(i * 10, i * 15);
  }
  EXPECT_EQ(window_.TakeUpToWire(30).size(), 2u);
  EXPECT_EQ(window_.records(), 1u);
  EXPECT_EQ(window_.written_end(), 30u);
  Push({"z"});
  EXPECT_EQ(Messages(Frame()), "z") << "what is sent is not framed again";
  EXPECT_EQ(window_.TakeUpToStream(30).size(), 1u);
  EXPECT_EQ(window_.records(), 1u);
}

TEST_F(SentWindowTest, ARewindRepeatsWholeBatchesFromTheFirstUnsettled) {
  Push({"a"});
  Frame();
  window_.MarkFramed(10);
  window_.MarkWritten(10, 12);
  ASSERT_EQ(window_.TakeUpToStream(10).size(), 1u);
  Push({"b"});
  Push({"c", "d", "e"});
  std::string out;
  window_.Frame(writer_, 60, out, [](const Records&, size_t) {});
  ASSERT_EQ(Messages(out), "b,c") << "stopped within the second batch";
  EXPECT_FALSE(window_.Untouched());
  EXPECT_EQ(window_.Rewind(), 2u);
  EXPECT_TRUE(window_.Untouched());
  EXPECT_EQ(window_.written_end(), 0u);
  EXPECT_EQ(Messages(Frame()), "b,c,d,e");
  EXPECT_TRUE(window_.TakeUpToStream(1'000).empty()) << "written on the old connection only";
}

TEST_F(SentWindowTest, TellsOfEachCutRecordOnce) {
  Push({"short", "much too long", "also far too long"});
  Frame(1);
  Frame(1);
  EXPECT_EQ(cuts_, 1);
  window_.Rewind();
  Frame();
  EXPECT_EQ(cuts_, 2);
  window_.Rewind();
  Frame();
  EXPECT_EQ(cuts_, 2);
}

TEST_F(SentWindowTest, GivesAllBackAtTheEnd) {
  Push({"a", "b"});
  Push({"c"});
  Frame(1);
  EXPECT_EQ(window_.TakeAll().size(), 2u);
  EXPECT_TRUE(window_.empty());
  EXPECT_EQ(window_.records(), 0u);
  EXPECT_FALSE(window_.HasUnframed());
}

}  // namespace
}  // namespace collector
