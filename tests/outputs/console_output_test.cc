#include "outputs/console_output.h"

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "outputs/text_output_support.h"

namespace collector {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

// The parameter: whether the descriptor that is written to is non-blocking.
class ConsoleOutputTest : public testing::TestWithParam<bool> {
 protected:
  ConsoleOutputTest() {
    ::signal(SIGPIPE, SIG_IGN);  // as the program does
    if (::pipe2(pipe_, O_CLOEXEC) != 0) std::abort();
    if (GetParam()) ::fcntl(pipe_[1], F_SETFL, O_NONBLOCK);
    output_ = Make(pipe_[1]);
  }
  ~ConsoleOutputTest() override {
    output_.reset();
    for (const int fd : pipe_) {
      if (fd >= 0) ::close(fd);
    }
  }

  std::unique_ptr<Output> Make(int fd) {
    auto output = NewConsoleOutput("console", {TextFormat::kPlain}, clock_, events_, fd,
                                   [this](const Error& error) { fatal_.push_back(error.message); });
    return output ? std::move(*output) : nullptr;
  }

  Status Submit(const std::vector<std::string>& messages, std::stop_token stop = {}) {
    return output_->Submit({MakeRecords(messages), outcomes_.Expect()}, std::move(stop));
  }
  Status Close(std::chrono::nanoseconds wait) {
    return output_->Close(clock_.MonotonicNow() + wait);
  }
  void EndWriting() { ::close(std::exchange(pipe_[1], -1)); }
  void EndReading() { ::close(std::exchange(pipe_[0], -1)); }

  // Everything up to the end of the pipe.
  std::string ReadAll() const {
    std::string all;
    char buffer[4096];
    for (;;) {
      const ssize_t got = ::read(pipe_[0], buffer, sizeof buffer);
      if (got <= 0) return all;
      all.append(buffer, static_cast<size_t>(got));
    }
  }

  SystemClock clock_;
  Said said_;
  Events events_{said_.Sink()};
  Outcomes outcomes_;
  std::vector<std::string> fatal_;  // written by the output's thread until it is closed
  int pipe_[2] = {-1, -1};
  std::unique_ptr<Output> output_;
};

INSTANTIATE_TEST_SUITE_P(Descriptor, ConsoleOutputTest, testing::Bool(),
                         [](const auto& test) { return test.param ? "NonBlocking" : "Blocking"; });

TEST_P(ConsoleOutputTest, WritesALineARecordAndSaysDelivered) {
  ASSERT_TRUE(Submit({"one", "two"}));
  ASSERT_TRUE(Submit({"three"}));
  ASSERT_TRUE(outcomes_.WaitFor(2));
  EXPECT_TRUE(Close(Seconds(60)));
  EndWriting();
  EXPECT_EQ(ReadAll(), "one\ntwo\nthree\n");
  EXPECT_THAT(fatal_, IsEmpty());
}

// D-1, D-8: what the reader has not taken is not delivered, and holds Submit() up.
TEST_P(ConsoleOutputTest, WaitsForASlowReaderAndHoldsTheSourcesUp) {
  const std::string big(1 << 20, 'x');
  constexpr size_t kBatches = 12;  // thrice the window
  std::atomic<size_t> submitted = 0;
  std::thread source([&] {
    for (size_t i = 0; i < kBatches; ++i) {
      EXPECT_TRUE(Submit({big}));
      ++submitted;
    }
  });
  ASSERT_TRUE(Eventually([&] { return submitted >= 3; }));
  EXPECT_LT(submitted, 6u) << "a window of 4 MiB cannot hold more";
  EXPECT_EQ(outcomes_.delivered(), 0u);
  std::string all;
  std::thread reader([&] { all = ReadAll(); });
  source.join();
  EXPECT_TRUE(outcomes_.WaitFor(kBatches));
  EXPECT_TRUE(Close(Seconds(60)));
  EndWriting();
  reader.join();
  EXPECT_EQ(all.size(), kBatches * (big.size() + 1));
}

TEST_P(ConsoleOutputTest, EndsOnStopWhileTheReaderStalls) {
  const std::string big(3 << 20, 'x');
  ASSERT_TRUE(Submit({big}));
  std::stop_source stop;
  Status second;
  std::thread source([&] { second = Submit({big}, stop.get_token()); });
  stop.request_stop();
  source.join();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(outcomes_.failed(), 1u);
}

TEST_P(ConsoleOutputTest, ClosesByItsDeadlineAndCountsWhatIsLeft) {
  ASSERT_TRUE(Submit({std::string(1 << 20, 'x'), "two"}));
  ASSERT_TRUE(Submit({"three"}));
  const Status closed = Close(Milliseconds(20));
  ASSERT_FALSE(closed);
  EXPECT_THAT(closed.error().message, StartsWith("output console: 3 records were not taken"));
  EXPECT_EQ(outcomes_.delivered(), 0u);
  EXPECT_EQ(outcomes_.failed(), 2u);
  EndWriting();
  EXPECT_EQ(ReadAll().find_first_not_of('x'), std::string::npos);
}

TEST_P(ConsoleOutputTest, DeliversWhatWasTakenBeforeItCloses) {
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Submit({std::to_string(i)}));
  EXPECT_TRUE(Close(Seconds(60)));
  EXPECT_EQ(outcomes_.delivered(), 100u);
  EndWriting();
  EXPECT_THAT(Lines(ReadAll()), SizeIs(100));
  const Status late = Submit({"late"});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(outcomes_.failed(), 1u);
}

TEST_P(ConsoleOutputTest, SaysOnceThatTheReaderHasGoneAndCountsNothingAsDelivered) {
  EndReading();
  ASSERT_TRUE(Submit({"one"}));
  ASSERT_TRUE(outcomes_.WaitFor(0, 1));
  // The queue closes before the share fails.
  for (int i = 0; i < 3; ++i) {
    const Status status = Submit({"more"});
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().kind, ErrorKind::kCancelled);
    EXPECT_THAT(status.error().message, HasSubstr("whatever read standard output has gone"));
  }
  EXPECT_FALSE(Close(Seconds(60)));
  EXPECT_EQ(outcomes_.delivered(), 0u);
  EXPECT_EQ(outcomes_.failed(), 4u);
  EXPECT_THAT(fatal_, SizeIs(1));
  EXPECT_THAT(said_.At(Level::kError),
              ElementsAre("output console: whatever read standard output has gone; what it did not "
                          "take is collected again at the next start"));
}

TEST_P(ConsoleOutputTest, SendsThoseAwayWhoWaitWhenTheReaderGoes) {
  const std::string big(3 << 20, 'x');
  ASSERT_TRUE(Submit({big}));
  std::vector<std::thread> sources;
  std::atomic<int> refused = 0;
  for (int i = 0; i < 3; ++i) {
    sources.emplace_back([&] {
      while (Submit({big})) {
      }
      ++refused;
    });
  }
  char one = 0;
  ASSERT_EQ(::read(pipe_[0], &one, 1), 1);
  EndReading();
  for (std::thread& source : sources) source.join();
  EXPECT_EQ(refused, 3);
  EXPECT_EQ(outcomes_.delivered(), 0u);
}

TEST_P(ConsoleOutputTest, SaysWhyStandardOutputCannotBeWritten) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  constexpr int kNotOpen = 1'000'000;
  size_t failed = 0;
  for (const auto& [fd, why] :
       {std::pair(full, "No space left on device"), std::pair(kNotOpen, "Bad file descriptor")}) {
    fatal_.clear();
    output_ = Make(fd);
    ASSERT_TRUE(Submit({"one"}));
    ASSERT_TRUE(outcomes_.WaitFor(0, ++failed));
    output_.reset();
    ASSERT_THAT(fatal_, SizeIs(1));
    EXPECT_THAT(fatal_[0], StartsWith(fmt::format("standard output cannot be written: {};", why)));
  }
  ::close(full);
}

// Another process may fill a pipe that was ready a moment ago. An event counter does the same in a
// way that a test can rely on: it says that it is ready, but an eight-byte number that would make
// it overflow has to wait (eventfd(2)). "1234567\n" is such a number; 25 of them fit.
TEST_P(ConsoleOutputTest, WaitsOnWhenWhatWasReadyTakesNothing) {
  const int counter = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  output_ = Make(counter);
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(Submit({"1234567"}));
  ASSERT_TRUE(outcomes_.WaitFor(25));
  uint64_t count = 0;
  ASSERT_EQ(::read(counter, &count, sizeof count), 8);
  EXPECT_TRUE(outcomes_.WaitFor(30));
  EXPECT_TRUE(Close(Seconds(60)));
  EXPECT_THAT(fatal_, IsEmpty());
  ::close(counter);
}

TEST_P(ConsoleOutputTest, NeverMixesTheLinesOfBatches) {
  constexpr int kThreads = 4;
  constexpr int kBatches = 100;
  constexpr int kRecords = 20;
  std::string all;
  std::thread reader([&] { all = ReadAll(); });
  std::vector<std::thread> sources;
  for (int t = 0; t < kThreads; ++t) {
    sources.emplace_back([&, t] {
      for (int b = 0; b < kBatches; ++b) {
        std::vector<std::string> messages;
        for (int r = 0; r < kRecords; ++r) messages.push_back(fmt::format("{} {} {}", t, b, r));
        EXPECT_TRUE(Submit(messages));
      }
    });
  }
  for (std::thread& source : sources) source.join();
  EXPECT_TRUE(Close(Seconds(60)));
  EndWriting();
  reader.join();
  EXPECT_EQ(outcomes_.delivered(), static_cast<size_t>(kThreads * kBatches));
  const std::vector<std::string> lines = Lines(all);
  ASSERT_THAT(lines, SizeIs(kThreads * kBatches * kRecords));
  int next[kThreads] = {};
  for (size_t i = 0; i < lines.size(); i += kRecords) {
    const int t = lines[i][0] - '0';
    for (int r = 0; r < kRecords; ++r) {
      ASSERT_EQ(lines[i + static_cast<size_t>(r)], fmt::format("{} {} {}", t, next[t], r));
    }
    ++next[t];
  }
}

}  // namespace
}  // namespace collector
