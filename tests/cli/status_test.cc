#include "cli/status.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "cli/exit_codes.h"

namespace collector {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class StatusTest : public testing::Test {
 protected:
  StatusTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "status-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    std::ofstream(folder_ / "config.yaml")
        << "globals: {persistence: {config: {directory_name: state}}}\n"
           "outputs: {c: {type: console}}\n"
           "inputs: {a: {services: {audit-events-all: {regions: [us-east-1]}}}}\n";
    std::filesystem::create_directory(folder_ / "state");
  }
  ~StatusTest() override { std::filesystem::remove_all(folder_); }

  int Print(bool json = false) {
    out_.str("");
    err_.str("");
    return PrintStatus({folder_ / "config.yaml", json}, out_, err_);
  }

  std::filesystem::path folder_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(StatusTest, SaysThatThereIsNoneYet) {
  EXPECT_EQ(Print(), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("no collector has run with this state folder yet"));
}

TEST_F(StatusTest, ShowsTheFurthestBehindFirstAndReadersOfOneNameOnce) {
  const Timestamp now = SystemClock().Now();
  using enum Source::Standing;
  WriteStatus(folder_ / "state", now,
              {{"a queue", kBusy, {}},
               {"near", kCaughtUp, now - Seconds(30)},
               {"near", kFailed, now - Seconds(30)},
               {"far", kBusy, now - std::chrono::hours(2)}});
  EXPECT_EQ(Print(), kExitDone) << err_.str();
  EXPECT_EQ(err_.str(), "");
  std::istringstream lines(out_.str());
  std::vector<std::string> shown;
  for (std::string line; std::getline(lines, line);) shown.push_back(line);
  ASSERT_EQ(shown.size(), 4u) << out_.str();
  EXPECT_THAT(shown[1], AllOf(HasSubstr("far"), HasSubstr("2 h"), HasSubstr("reading")));
  EXPECT_THAT(shown[2], AllOf(HasSubstr("near"), HasSubstr("30"), HasSubstr("failing")));
  EXPECT_THAT(shown[3], AllOf(HasSubstr("a queue"), HasSubstr(" -")));
  EXPECT_EQ(Print(true), kExitDone);
  EXPECT_THAT(out_.str(), HasSubstr("\"sources\""));
}

TEST_F(StatusTest, SaysWhenNoCollectorRunsAnyMore) {
  const Timestamp then = SystemClock().Now() - std::chrono::hours(1);
  WriteStatus(folder_ / "state", then, {{"a", Source::Standing::kBusy, then}});
  EXPECT_EQ(Print(), kExitDone);
  EXPECT_THAT(err_.str(),
              HasSubstr("no collector has been running with this state folder for 1 h"));
}

TEST_F(StatusTest, IsNotMisledByAFileThatIsNone) {
  for (const char* text : {"", "{", "[]", "{}", R"({"written":"yesterday"})"}) {
    std::ofstream(folder_ / "state/status.json") << text;
    EXPECT_EQ(Print(), kExitFailed) << text;
  }
}

// The folder is gone or full: the collector has other worries.
TEST_F(StatusTest, IsNotWrittenWhereItCannotBe) {
  WriteStatus(folder_ / "no such folder", SystemClock().Now(), {});
  EXPECT_FALSE(std::filesystem::exists(folder_ / "no such folder"));
}

}  // namespace
}  // namespace collector
