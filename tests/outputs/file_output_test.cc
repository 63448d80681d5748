#include "outputs/file_output.h"

#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time_text.h"
#include "outputs/disk_faults.h"
#include "outputs/text_output_support.h"

namespace collector {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

class FileOutputTest : public testing::Test {
 protected:
  FileOutputTest() {
    disk_faults::Reset();
    settings_ = {.path = folder_ / "events.log", .format = TextFormat::kPlain};
  }
  ~FileOutputTest() override {
    output_.reset();
    disk_faults::Reset();
  }

  void Open() {
    auto output = NewFileOutput("file", settings_, clock_, events_);
    ASSERT_TRUE(output) << output.error().message;
    output_ = std::move(*output);
  }
  std::string OpenError() {
    auto output = NewFileOutput("file", settings_, clock_, events_);
    return output ? "" : output.error().message;
  }

  Status Submit(const std::vector<std::string>& messages, std::stop_token stop = {}) {
    return output_->Submit({MakeRecords(messages), outcomes_.Expect()}, std::move(stop));
  }
  Status Close(std::chrono::nanoseconds wait = kPatience) {
    return output_->Close(clock_.MonotonicNow() + wait);
  }
  std::string Written() const { return Content(settings_.path); }

  SystemClock clock_;
  Said said_;
  Events events_{said_.Sink()};
  Outcomes outcomes_;
  TempFolder folder_;
  FileSettings settings_;
  std::unique_ptr<Output> output_;
};

// The soft limit on the size of files: what is a full disk to one file of this process.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    Set(bytes);
  }
  ~SizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  void Set(rlim_t bytes) {
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  void Lift() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(FileOutputTest, WritesALineARecordAndMakesMissingFolders) {
  settings_.path = folder_ / "a/b/c/events.log";
  Open();
  ASSERT_TRUE(Submit({"one", "two"}));
  ASSERT_TRUE(outcomes_.WaitFor(1));
  EXPECT_EQ(Written(), "one\ntwo\n");
  ASSERT_TRUE(Submit({"three"}));
  EXPECT_TRUE(Close());
  EXPECT_EQ(Written(), "one\ntwo\nthree\n");
  EXPECT_EQ(outcomes_.delivered(), 2u);
  EXPECT_THAT(said_.At(Level::kError), IsEmpty());
  struct stat info {};
  ASSERT_EQ(::stat(settings_.path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0007, 0u) << "not for everybody";
}

TEST_F(FileOutputTest, AppendsToWhatIsThere) {
  std::ofstream(settings_.path) << "old\n";
  Open();
  ASSERT_TRUE(Submit({"new"}));
  EXPECT_TRUE(Close());
  EXPECT_EQ(Written(), "old\nnew\n");
}

// D-1: delivered means on the disk.
TEST_F(FileOutputTest, ResolvesNoShareBeforeItsLinesAreSynced) {
  Open();
  constexpr size_t kLine = 10;
  std::atomic<size_t> delivered = 0;
  std::atomic<int> early = 0;
  for (int i = 0; i < 500; ++i) {
    auto records = MakeRecords({fmt::format("{:09}", i)});
    Ack ack = Ack::Create([&](Outcome outcome) {
      if (outcome != Outcome::kDelivered) return;
      const size_t end = ++delivered * kLine;  // they come in order
      if (static_cast<int64_t>(end) > disk_faults::synced_size) ++early;
    });
    ASSERT_TRUE(output_->Submit({records, std::move(ack)}, {}));
  }
  EXPECT_TRUE(Close());
  EXPECT_EQ(delivered, 500u);
  EXPECT_EQ(early, 0);
}

TEST_F(FileOutputTest, SyncsOnceForBatchesThatWaitTogether) {
  std::atomic<bool> hold = true;
  std::atomic<bool> holding = false;
  disk_faults::before_fdatasync = [&] {
    holding = true;
    Eventually([&] { return !hold; });
  };
  Open();
  ASSERT_TRUE(Submit({"first"}));
  ASSERT_TRUE(Eventually([&] { return holding.load(); }));
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(Submit({std::to_string(i)}));
  EXPECT_EQ(outcomes_.delivered(), 0u);
  hold = false;
  ASSERT_TRUE(outcomes_.WaitFor(201));
  EXPECT_EQ(disk_faults::syncs, 2);
}

// D-8.
TEST_F(FileOutputTest, HoldsTheSourcesUpWhileTheDiskIsSlowAndLetsThemGoOnStop) {
  std::atomic<bool> hold = true;
  disk_faults::before_fdatasync = [&] { Eventually([&] { return !hold; }); };
  Open();
  const std::string big(30 << 20, 'x');
  ASSERT_TRUE(Submit({big}));
  ASSERT_TRUE(Submit({big}));
  std::stop_source stop;
  Status third;
  std::thread source([&] { third = Submit({big}, stop.get_token()); });
  stop.request_stop();
  source.join();
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().kind, ErrorKind::kCancelled);
  hold = false;
  EXPECT_TRUE(Close());
  EXPECT_EQ(outcomes_.delivered(), 2u);
  EXPECT_EQ(outcomes_.failed(), 1u);
}

TEST_F(FileOutputTest, RemovesTheUnfinishedLineOfACrash) {
  const std::string long_line(200'000, 'x');
  for (const std::string& whole : {std::string(), std::string("one\n"), long_line + "\n"}) {
    for (const std::string& torn : {std::string("t"), long_line, std::string(70'000, '\0')}) {
      std::ofstream(settings_.path, std::ios::binary) << whole << torn;
      Open();
      ASSERT_TRUE(Submit({"next"}));
      EXPECT_TRUE(Close());
      EXPECT_TRUE(Written() == whole + "next\n") << whole.size() << " " << torn.size();
      output_.reset();
    }
  }
  EXPECT_THAT(said_.At(Level::kInfo), SizeIs(9));
  EXPECT_THAT(said_.At(Level::kInfo)[0],
              StartsWith("output file: removed an unfinished last line (1 bytes) from /"));
}

TEST_F(FileOutputTest, LosesNothingWhenTheDiskIsFullAndSaysSoOnce) {
  SizeLimit disk(64 << 10);
  Open();
  std::string expected;
  for (int i = 0; i < 3000; ++i) {
    const std::string line = fmt::format("{:099}", i);
    expected += line + "\n";
    ASSERT_TRUE(Submit({line}));
  }
  // Each try that fails takes a torn line back.
  ASSERT_TRUE(Eventually([&] { return disk_faults::truncations >= 3; }));
  EXPECT_LT(outcomes_.delivered(), 3000u);
  EXPECT_EQ(outcomes_.failed(), 0u);
  disk.Lift();
  ASSERT_TRUE(outcomes_.WaitFor(3000));
  EXPECT_TRUE(Close());
  EXPECT_TRUE(Written() == expected);
  EXPECT_THAT(said_.At(Level::kError), ElementsAre(HasSubstr("File too large; raise the limit")));
  EXPECT_THAT(said_.At(Level::kInfo), ElementsAre("output file: works again"));
}

TEST_F(FileOutputTest, ClosesByItsDeadlineOnAFullDiskAndLeavesNoTornLine) {
  SizeLimit disk(1050);
  Open();
  ASSERT_TRUE(Submit({std::string(999, 'x')}));
  ASSERT_TRUE(outcomes_.WaitFor(1));
  ASSERT_TRUE(Submit({std::string(99, 'y'), "z"}));
  ASSERT_TRUE(Submit({"z"}));
  const Status closed = Close(Milliseconds(50));
  ASSERT_FALSE(closed);
  EXPECT_THAT(closed.error().message, StartsWith("output file: 3 records could not be written to"));
  EXPECT_EQ(outcomes_.delivered(), 1u);
  EXPECT_EQ(outcomes_.failed(), 2u);
  EXPECT_EQ(Written(), std::string(999, 'x') + "\n");
}

// After a failed fdatasync the pages count as clean: only writing them again helps.
TEST_F(FileOutputTest, WritesAgainWhatAFailedSyncMayHaveLost) {
  Open();
  ASSERT_TRUE(Submit({"one"}));
  ASSERT_TRUE(outcomes_.WaitFor(1));
  disk_faults::fdatasync_fault.error = ENOSPC;
  disk_faults::fdatasync_fault.failures = 2;
  ASSERT_TRUE(Submit({"two", "three"}));
  ASSERT_TRUE(outcomes_.WaitFor(2));
  EXPECT_EQ(Written(), "one\ntwo\nthree\n");
  EXPECT_EQ(disk_faults::synced_size, 14);
  EXPECT_THAT(
      said_.At(Level::kError),
      ElementsAre(HasSubstr("No space left on device; free some space; writing then goes on "
                            "by itself and nothing is lost")));
}

TEST_F(FileOutputTest, LeavesNoTornLineEvenWhenItCannotBeTakenBackAtOnce) {
  SizeLimit disk(1050);
  Open();
  disk_faults::ftruncate_fault.error = EIO;
  disk_faults::ftruncate_fault.failures = 2;  // the taking back, and the first repair
  ASSERT_TRUE(Submit({std::string(999, 'x')}));
  ASSERT_TRUE(outcomes_.WaitFor(1));
  ASSERT_TRUE(Submit({std::string(99, 'y')}));
  ASSERT_TRUE(Eventually([&] { return disk_faults::ftruncate_fault.failures == 0; }));
  disk.Lift();
  ASSERT_TRUE(outcomes_.WaitFor(2));
  EXPECT_TRUE(Close());
  EXPECT_EQ(Written(), std::string(999, 'x') + "\n" + std::string(99, 'y') + "\n");
}

TEST_F(FileOutputTest, NoticesThatTheFileWasMovedByLogrotate) {
  Open();
  ASSERT_TRUE(Submit({"one"}));
  ASSERT_TRUE(outcomes_.WaitFor(1));
  std::filesystem::rename(settings_.path, folder_ / "events.log.1");
  ASSERT_TRUE(Submit({"two"}));
  ASSERT_TRUE(outcomes_.WaitFor(2));
  std::filesystem::rename(settings_.path, folder_ / "events.log.2");
  std::ofstream(settings_.path).close();  // logrotate's "create"
  ASSERT_TRUE(Submit({"three"}));
  EXPECT_TRUE(Close());
  EXPECT_EQ(Content(folder_ / "events.log.1"), "one\n");
  EXPECT_EQ(Content(folder_ / "events.log.2"), "two\n");
  EXPECT_EQ(Written(), "three\n");
}

TEST_F(FileOutputTest, GoesOnInAFileThatWasTruncatedOrWhoseFolderWasRemoved) {
  settings_.path = folder_ / "sub/events.log";
  Open();
  ASSERT_TRUE(Submit({"one"}));
  ASSERT_TRUE(outcomes_.WaitFor(1));
  std::filesystem::resize_file(settings_.path, 0);  // logrotate's "copytruncate"
  ASSERT_TRUE(Submit({"two"}));
  ASSERT_TRUE(outcomes_.WaitFor(2));
  EXPECT_EQ(Written(), "two\n");
  std::filesystem::remove_all(folder_ / "sub");
  ASSERT_TRUE(Submit({"three"}));
  EXPECT_TRUE(Close());
  EXPECT_EQ(Written(), "three\n");
}

TEST_F(FileOutputTest, FillsNoHoleWhenAFileIsTruncatedAndThenCannotBeSynced) {
  int calls = 0;
  disk_faults::fdatasync_fault.error = EIO;
  disk_faults::before_fdatasync = [&] {
    if (++calls != 2) return;
    std::filesystem::resize_file(settings_.path, 0);
    disk_faults::fdatasync_fault.failures = 1;
  };
  Open();
  ASSERT_TRUE(Submit({"one"}));
  ASSERT_TRUE(outcomes_.WaitFor(1));
  ASSERT_TRUE(Submit({"two"}));
  ASSERT_TRUE(outcomes_.WaitFor(2));
  EXPECT_EQ(Written(), "two\n");
}

TEST_F(FileOutputTest, LeavesNoTornLineWhenAFileIsTruncatedWhileTheDiskFillsUp) {
  SizeLimit disk(RLIM_INFINITY);
  int calls = 0;
  disk_faults::before_fdatasync = [&] {
    if (++calls != 1) return;
    std::filesystem::resize_file(settings_.path, 0);
    disk.Set(150);
  };
  Open();
  ASSERT_TRUE(Submit(std::vector<std::string>(120'000, std::string(99, 'x'))));  // 12 MB
  ASSERT_TRUE(Eventually([&] { return !said_.At(Level::kError).empty(); }));
  disk.Lift();
  ASSERT_TRUE(outcomes_.WaitFor(1));
  EXPECT_TRUE(Close());
  EXPECT_GT(Written().size(), 2'000'000u);
  for (const std::string& line : Lines(Written())) ASSERT_EQ(line, std::string(99, 'x'));
}

TEST_F(FileOutputTest, GivesTheRoomOfDeliveredRecordsBack) {
  Open();
  // 2.4 MB of window each: without room given back the 28th would wait for ever.
  const auto records = MakeRecords(std::vector<std::string>(100'000));
  for (size_t i = 1; i <= 40; ++i) {
    ASSERT_TRUE(output_->Submit({records, outcomes_.Expect()}, {}));
    ASSERT_TRUE(outcomes_.WaitFor(i));
  }
  EXPECT_EQ(Written().size(), 4'000'000u);
}

TEST_F(FileOutputTest, WritesAgainWhatWasDeletedBeforeItWasSynced) {
  std::atomic<bool> deleted = false;
  disk_faults::before_fdatasync = [&] {
    if (!deleted.exchange(true)) std::filesystem::remove(settings_.path);
  };
  Open();
  ASSERT_TRUE(Submit({"one", "two"}));
  ASSERT_TRUE(outcomes_.WaitFor(1));
  EXPECT_EQ(Written(), "one\ntwo\n");
  EXPECT_THAT(said_.At(Level::kError), ElementsAre(HasSubstr("was deleted while it was being")));
}

TEST_F(FileOutputTest, SaysAtTheStartWhyAFileCannotBeWritten) {
  settings_.path = folder_.path();
  EXPECT_EQ(OpenError(),
            fmt::format("output file: {} cannot be opened for writing: Is a directory; "
                        "set the path of a file",
                        folder_.path().string()));
  settings_.path = "/dev/null";
  EXPECT_EQ(OpenError(),
            "output file: /dev/null is not a regular file; set the path of a file, or "
            "use an output of type console");
  const auto fifo = folder_ / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  settings_.path = fifo;
  EXPECT_THAT(OpenError(), HasSubstr("is not a regular file"));
  std::ofstream(folder_ / "plain").close();
  settings_.path = folder_ / "plain/events.log";
  EXPECT_THAT(OpenError(), HasSubstr("Not a directory; set the path of a file"));
}

TEST_F(FileOutputTest, SaysAtTheStartThatItMayNotWrite) {
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0555));
  const bool root = ::geteuid() == 0;
  ASSERT_EQ(::seteuid(root ? 65534 : ::geteuid()), 0);
  const std::string error = OpenError();
  ASSERT_EQ(::seteuid(root ? 0 : ::geteuid()), 0);
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
  EXPECT_THAT(error, HasSubstr("Permission denied; let the user that runs the collector write "
                               "there, or set another path"));
}

TEST_F(FileOutputTest, RefusesAFileThatAnotherOutputWrites) {
  Open();
  EXPECT_THAT(OpenError(), HasSubstr("is being written by another process"));
  EXPECT_TRUE(Close());
  output_.reset();
  EXPECT_EQ(OpenError(), "");
}

TEST_F(FileOutputTest, FailsWhatItStillHoldsWhenItIsDestroyedAndTakesNothingAfterClose) {
  disk_faults::fdatasync_fault.error = EIO;
  disk_faults::fdatasync_fault.failures = 1'000'000;
  Open();
  ASSERT_TRUE(Submit({"one"}));
  output_.reset();
  EXPECT_EQ(outcomes_.failed(), 1u);
  disk_faults::Reset();
  Open();
  EXPECT_TRUE(Close());
  const Status late = Submit({"late"});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(outcomes_.failed(), 2u);
  EXPECT_EQ(Written(), "");
}

// Writes numbered batches until it is killed, reporting each one that is delivered.
[[noreturn]] void WriteUntilKilled(FileSettings settings, int first, int report_fd) {
  SystemClock clock;
  Events events(nullptr);
  auto output = NewFileOutput("file", settings, clock, events);
  if (!output) ::_exit(2);
  for (int i = first;; ++i) {
    Ack ack = Ack::Create([i, report_fd](Outcome outcome) {
      if (outcome == Outcome::kDelivered && ::write(report_fd, &i, sizeof i) < 0) ::_exit(3);
    });
    const std::string padding(static_cast<size_t>(i % 700), 'p');
    (void)(*output)->Submit(
        {MakeRecords({fmt::format("{} a {}", i, padding), fmt::format("{} b", i)}), std::move(ack)},
        {});
  }
}

// Every delivered record is there, every line whole, after any number of kills.
TEST_F(FileOutputTest, KeepsWhatItDeliveredWhenItIsKilled) {
  settings_.format = TextFormat::kJson;
  settings_.rotate_bytes = 200'000;
  std::mt19937 random(3);
  std::set<int> delivered;
  int first = 0;
  for (int round = 0; round < 12; ++round) {
    int report[2];
    ASSERT_EQ(::pipe2(report, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(report[0]);
      WriteUntilKilled(settings_, first, report[1]);
    }
    ::close(report[1]);
    // Killed after a random number of deliveries, at whatever it is doing then.
    const size_t enough = delivered.size() + 1 + random() % 300;
    int number = 0;
    while (::read(report[0], &number, sizeof number) == sizeof number) {
      delivered.insert(number);
      if (delivered.size() == enough) ::kill(child, SIGKILL);
    }
    ::close(report[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
    first = *delivered.rbegin() + 1;
  }
  Open();
  EXPECT_TRUE(Close());
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    const std::string content = Content(entry.path());
    ASSERT_TRUE(content.empty() || content.back() == '\n');
    for (const std::string& line : Lines(content)) {
      const auto json = nlohmann::json::parse(line, nullptr, false);
      ASSERT_FALSE(json.is_discarded()) << line;
      const auto message = json.at("message").get<std::string>();
      found.insert(message.substr(0, message.find(' ') + 2));
    }
  }
  for (const int number : delivered) {
    ASSERT_TRUE(found.contains(fmt::format("{} a", number))) << number;
    ASSERT_TRUE(found.contains(fmt::format("{} b", number))) << number;
  }
}

}  // namespace
}  // namespace collector
