#include <algorithm>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/time_text.h"
#include "outputs/disk_faults.h"
#include "outputs/file_output.h"
#include "outputs/rotated_files.h"
#include "outputs/text_output_support.h"

namespace collector {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Timestamp At(std::string_view text) { return ParseTime(text).value(); }

class FileRotationTest : public testing::Test {
 protected:
  FileRotationTest() {
    settings_ = {.path = folder_ / "events.log",
                 .format = TextFormat::kPlain,
                 .rotate_bytes = 0,
                 .rotate_interval = Milliseconds(0)};
  }
  ~FileRotationTest() override {
    output_.reset();
    disk_faults::Reset();
  }

  void Open() {
    output_.reset();
    auto output = NewFileOutput("file", settings_, clock_, events_);
    ASSERT_TRUE(output) << output.error().message;
    output_ = std::move(*output);
  }
  // Returns when the batch is delivered.
  void Write(const std::vector<std::string>& messages) {
    ASSERT_TRUE(output_->Submit({MakeRecords(messages), outcomes_.Expect()}, {}));
    ASSERT_TRUE(outcomes_.WaitFor(++batches_));
  }
  void Close() { EXPECT_TRUE(output_->Close(clock_.MonotonicNow() + kPatience)); }

  // The folder's files as a shell sorts them, with the file in use at the end.
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    const auto current = std::find(names.begin(), names.end(), "events.log");
    if (current != names.end()) std::rotate(current, current + 1, names.end());
    return names;
  }

  SettableClock clock_{At("2023-06-02T08:31:15.123Z")};
  Said said_;
  Events events_{said_.Sink()};
  Outcomes outcomes_;
  size_t batches_ = 0;
  TempFolder folder_;
  FileSettings settings_;
  std::unique_ptr<Output> output_;
};

TEST_F(FileRotationTest, BeginsANewFileBeforeTheLineThatDoesNotFit) {
  settings_.rotate_bytes = 10;
  Open();
  Write({"1234", "6789", "abcd"});
  EXPECT_THAT(Names(), ElementsAre("events.log.20230602T083115Z", "events.log"));
  EXPECT_EQ(Content(folder_ / "events.log.20230602T083115Z"), "1234\n6789\n");
  EXPECT_EQ(Content(folder_ / "events.log"), "abcd\n");
}

TEST_F(FileRotationTest, GivesALineLargerThanTheLimitAFileOfItsOwn) {
  settings_.rotate_bytes = 10;
  Open();
  Write({"a", "0123456789abcdef", "b"});
  EXPECT_THAT(Names(), ElementsAre("events.log.20230602T083115Z", "events.log.20230602T083115Z-001",
                                   "events.log"));
  EXPECT_EQ(Content(folder_ / "events.log.20230602T083115Z-001"), "0123456789abcdef\n");
  EXPECT_EQ(Content(folder_ / "events.log"), "b\n");
}

TEST_F(FileRotationTest, CountsWhatAnEarlierRunLeftInTheFile) {
  settings_.rotate_bytes = 10;
  std::ofstream(settings_.path) << "12345678\n";
  Open();
  Write({"x"});
  EXPECT_THAT(Names(), SizeIs(2));
}

TEST_F(FileRotationTest, NamesSortInTheOrderOfWritingEvenWhenTheClockIsSetBack) {
  settings_.rotate_bytes = 5;
  Open();
  const char* const times[] = {"2023-06-02T08:31:15Z", "2023-06-02T08:31:16Z",
                               "2023-06-02T08:31:10Z", "2022-01-01T00:00:00Z",
                               "2023-06-02T08:31:16Z", "2023-06-02T08:31:17Z"};
  std::string expected;
  for (size_t i = 0; i < std::size(times); ++i) {
    clock_.Set(At(times[i]));
    const std::string line = fmt::format("{:04}", i);
    Write({line});
    expected += line + "\n";
  }
  std::string all;
  for (const std::string& name : Names()) all += Content(folder_ / name);
  EXPECT_EQ(all, expected);
  EXPECT_THAT(Names(), SizeIs(6));
}

TEST_F(FileRotationTest, NamesStillSortAfterAThousandInOneSecond) {
  settings_.rotate_bytes = 2;
  std::ofstream(folder_ / "events.log.20230602T083115Z-998") << "a\n";
  Open();
  Write({"b", "c", "d", "e"});
  EXPECT_THAT(Names(), ElementsAre("events.log.20230602T083115Z-998",
                                   "events.log.20230602T083115Z-999", "events.log.20230602T083116Z",
                                   "events.log.20230602T083116Z-001", "events.log"));
  std::string all;
  for (const std::string& name : Names()) all += Content(folder_ / name);
  EXPECT_EQ(all, "a\nb\nc\nd\ne\n");
}

TEST_F(FileRotationTest, EndsAFileWithItsPeriod) {
  settings_.rotate_interval = std::chrono::hours(24);
  Open();
  clock_.Set(At("2023-06-02T23:59:59.998Z"));
  Write({"a"});
  clock_.Set(At("2023-06-02T23:59:59.999Z"));
  Write({"b"});
  clock_.Set(At("2023-06-03T00:00:00.000Z"));
  Write({"c"});
  clock_.Set(At("2023-06-06T12:00:00.000Z"));
  Write({"d"});
  EXPECT_THAT(Names(), ElementsAre("events.log.20230603T000000Z", "events.log.20230606T120000Z",
                                   "events.log"));
  EXPECT_EQ(Content(folder_ / "events.log.20230603T000000Z"), "a\nb\n");
  EXPECT_EQ(Content(folder_ / "events.log.20230606T120000Z"), "c\n");
}

TEST_F(FileRotationTest, KnowsAfterARestartToWhichPeriodTheFileBelongs) {
  settings_.rotate_interval = std::chrono::hours(1);
  std::ofstream(settings_.path) << "old\n";
  const auto modified = At("2023-06-02T07:59:59Z").time_since_epoch();
  const timespec times[2] = {{modified.count() / 1000, 0}, {modified.count() / 1000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, settings_.path.c_str(), times, 0), 0);
  Open();
  Write({"new"});
  EXPECT_THAT(Names(), ElementsAre("events.log.20230602T083115Z", "events.log"));
  EXPECT_EQ(Content(folder_ / "events.log"), "new\n");
}

TEST_F(FileRotationTest, EndsAFileWithItsPeriodEvenIfNothingMoreComes) {
  SystemClock real;
  settings_.rotate_interval = Seconds(1);
  auto output = NewFileOutput("file", settings_, real, events_);
  ASSERT_TRUE(output);
  ASSERT_TRUE((*output)->Submit({MakeRecords({"only"}), outcomes_.Expect()}, {}));
  EXPECT_TRUE(Eventually([&] { return Names().size() == 2; }));
  EXPECT_EQ(Content(folder_ / Names()[0]), "only\n");
  EXPECT_EQ(Content(settings_.path), "");
}

TEST_F(FileRotationTest, NeverRotatesAnEmptyFileNorOneWithoutLimits) {
  settings_.rotate_interval = Seconds(1);
  Open();
  clock_.Set(At("2024-01-01"));
  Write({"x"});
  EXPECT_THAT(Names(), ElementsAre("events.log"));
  Close();
  settings_.rotate_interval = Milliseconds(0);
  Open();
  clock_.Set(At("2034-01-01"));
  Write({std::string(1 << 20, 'x'), "y"});
  EXPECT_THAT(Names(), ElementsAre("events.log"));
}

TEST_F(FileRotationTest, KeepsTheNewestAndLeavesTheFilesOfOthersAlone) {
  settings_.rotate_bytes = 5;
  settings_.keep_files = 2;
  const std::vector<std::string> others = {"events.log.1",
                                           "events.log.20200101T000000Z.gz",
                                           "events.log.20200101T000000Z-1x",
                                           "events.log.20200230T000000Z",
                                           "events.log.20200101T000000Z-1000",
                                           "events.log.bak",
                                           "events.log2.20200101T000000Z",
                                           "other.log.20200101T000000Z"};
  for (const std::string& name : others) std::ofstream(folder_ / name) << name;
  std::ofstream(folder_ / "events.log.20190101T000000Z") << "an earlier run's\n";
  Open();
  for (int i = 0; i < 5; ++i) Write({fmt::format("{:04}", i)});
  for (const std::string& name : others) EXPECT_EQ(Content(folder_ / name), name);
  const auto rotated = RotatedFiles(settings_.path);
  ASSERT_TRUE(rotated);
  ASSERT_THAT(*rotated, SizeIs(2));
  EXPECT_EQ(Content((*rotated)[0].path), "0002\n");
  EXPECT_EQ(Content((*rotated)[1].path), "0003\n");
  EXPECT_EQ(Content(settings_.path), "0004\n");
}

TEST_F(FileRotationTest, SettlesABatchOnlyWhenAllTheFilesItWentToAreSynced) {
  settings_.rotate_bytes = 5;
  Open();
  Write({"0000"});
  disk_faults::fdatasync_fault.error = EIO;
  disk_faults::fdatasync_fault.failures = 1;
  Write({"0001", "0002", "0003"});
  Close();
  std::string all;
  for (const std::string& name : Names()) all += Content(folder_ / name);
  EXPECT_EQ(all, "0000\n0001\n0002\n0003\n");
  EXPECT_THAT(said_.At(Level::kError), ElementsAre(HasSubstr("Input/output error")));
}

TEST_F(FileRotationTest, RepeatsOnlyWhatIsNotSyncedWhenASyncFailsInTheMiddleOfABatch) {
  settings_.rotate_bytes = 5;
  int calls = 0;
  disk_faults::fdatasync_fault.error = EIO;
  disk_faults::before_fdatasync = [&calls] {
    if (++calls == 2) disk_faults::fdatasync_fault.failures = 1;
  };
  Open();
  Write({"0001", "0002", "0003"});
  Close();
  std::string all;
  for (const std::string& name : Names()) all += Content(folder_ / name);
  EXPECT_EQ(all, "0001\n0002\n0003\n");
}

TEST_F(FileRotationTest, CountsOnlyWhatIsNotOnTheDiskWhenItCannotBeWrittenAtTheEnd) {
  settings_.rotate_bytes = 5;
  int calls = 0;
  disk_faults::fdatasync_fault.error = EIO;
  disk_faults::before_fdatasync = [&calls] {
    if (++calls == 2) disk_faults::fdatasync_fault.failures = 1'000'000;
  };
  Open();
  ASSERT_TRUE(output_->Submit({MakeRecords({"0001", "0002", "0003"}), outcomes_.Expect()}, {}));
  ASSERT_TRUE(Eventually([&] { return !said_.At(Level::kError).empty(); }));
  const Status closed = output_->Close(clock_.MonotonicNow());
  ASSERT_FALSE(closed);
  EXPECT_THAT(closed.error().message, testing::StartsWith("output file: 2 records could not be"));
  EXPECT_EQ(outcomes_.failed(), 1u);
}

TEST_F(FileRotationTest, KnowsTheSizeOfAFileThatWasTruncated) {
  settings_.rotate_bytes = 10;
  Open();
  Write({"12345678"});
  std::filesystem::resize_file(settings_.path, 0);
  Write({"1234"});
  EXPECT_THAT(Names(), ElementsAre("events.log"));
}

// Whatever the sizes, limits, clock, faults and threads: all files in their order are all records,
// once, and no file is larger than it may be.
TEST_F(FileRotationTest, LosesAndDoublesNothing) {
  std::mt19937 random(11);
  for (int round = 0; round < 12; ++round) {
    std::filesystem::remove_all(folder_.path());
    settings_.rotate_bytes = random() % 4 == 0 ? 0 : 50 + random() % 3000;
    settings_.rotate_interval = Seconds(random() % 3);
    Open();
    constexpr int kThreads = 3;
    constexpr int kRecords = 80;
    std::vector<std::thread> sources;
    for (int t = 0; t < kThreads; ++t) {
      sources.emplace_back([this, t, seed = random()] {
        std::mt19937 mine(seed);
        for (int r = 0; r < kRecords;) {
          std::vector<std::string> messages;
          for (size_t n = 1 + mine() % 8; n > 0 && r < kRecords; --n, ++r) {
            messages.push_back(fmt::format("{} {} {}", t, r, std::string(mine() % 200, 'x')));
          }
          EXPECT_TRUE(output_->Submit({MakeRecords(messages), outcomes_.Expect()}, {}));
          if (mine() % 4 == 0) {
            clock_.Set(clock_.Now() + Milliseconds(static_cast<int>(mine() % 3000) - 500));
          }
        }
      });
    }
    for (std::thread& source : sources) source.join();
    Close();
    output_.reset();
    std::vector<std::string> lines;
    for (const std::string& name : Names()) {
      const std::string content = Content(folder_ / name);
      const auto own = Lines(content);
      ASSERT_TRUE(settings_.rotate_bytes == 0 || content.size() <= settings_.rotate_bytes ||
                  own.size() == 1)
          << name;
      lines.insert(lines.end(), own.begin(), own.end());
    }
    ASSERT_THAT(lines, SizeIs(kThreads * kRecords));
    int next[kThreads] = {};
    for (const std::string& line : lines) {
      const int t = line[0] - '0';
      ASSERT_THAT(line, testing::StartsWith(fmt::format("{} {} ", t, next[t]++)));
    }
  }
  EXPECT_EQ(outcomes_.failed(), 0u);
  EXPECT_THAT(said_.At(Level::kError), IsEmpty());
}

}  // namespace
}  // namespace collector
