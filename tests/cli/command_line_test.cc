#include "cli/command_line.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time_text.h"
#include "cli/check.h"
#include "cli/exit_codes.h"
#include "cli/signals.h"
#include "config/fixtures.h"

namespace collector {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::ExitedWithCode;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string kFixtures = COLLECTOR_SOURCE_DIR "/tests/testdata/config/";

Status DoNothing(const Config&, Clock&, Events&, std::stop_token, bool) { return {}; }

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

Outcome Call(const std::vector<std::string>& arguments,
             const CollectFunction& collect = DoNothing) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = RunCommandLine(arguments, collect, out, err);
  return {code, out.str(), err.str()};
}

// What is written to standard error by `work`, where the log goes.
template <typename F>
std::string LogOf(F work) {
  testing::internal::CaptureStderr();
  work();
  return testing::internal::GetCapturedStderr();
}

TEST(CommandLine, ShowsHelpWithExamplesAndExitCodes) {
  const Outcome help = Call({"--help"});
  EXPECT_EQ(help.code, kExitDone);
  EXPECT_THAT(help.out, AllOf(HasSubstr("aws-collector run --config"), HasSubstr("check"),
                              HasSubstr("2      bad configuration or usage"), HasSubstr("143")));
  EXPECT_EQ(help.err, "");
  for (const char* command : {"run", "check"}) {
    const Outcome of_command = Call({command, "--help"});
    EXPECT_EQ(of_command.code, kExitDone);
    EXPECT_THAT(of_command.out, AllOf(HasSubstr("--config FILE"), HasSubstr("Exit codes: 0")));
  }
}

TEST(CommandLine, ListsTheServices) {
  const Outcome services = Call({"services"});
  EXPECT_EQ(services.code, kExitDone);
  EXPECT_THAT(
      services.out,
      ContainsRegex("\nec2 +Amazon EC2 +aws.ec2 +ec2.amazonaws.com +AWS/EC2 AWS/EC2Spot\n"));
  EXPECT_THAT(services.out, HasSubstr("\nservice-events-all "));
  EXPECT_EQ(services.err, "");
}

TEST(CommandLine, ShowsTheVersion) {
  const Outcome version = Call({"--version"});
  EXPECT_EQ(version.code, kExitDone);
  EXPECT_THAT(version.out, testing::MatchesRegex("aws-collector [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(CommandLine, RefusesWhatItDoesNotKnowAndNamesTheNearest) {
  const struct {
    std::vector<std::string> arguments;
    std::string expected;
  } kCases[] = {
      {{}, "A subcommand is required\nSee aws-collector --help."},
      {{"chekc"}, "\"chekc\" is not known; did you mean \"check\"?\nSee aws-collector --help."},
      {{"--versoin"}, "\"--versoin\" is not known; did you mean \"--version\"?"},
      {{"run", "--onec"},
       "\"--onec\" is not known to run; did you mean \"--once\"?\nSee "
       "aws-collector run --help."},
      {{"check", "--once", "x"}, "\"--once\" is not known to check"},
      {{"run", "a.yaml", "b.yaml"}, "\"b.yaml\" is not known to run"},
      {{"run", "--config"}, "--config: 1 required FILE missing"},
      {{"run", "-c", "a", "-c", "b"}, "--config: At Most 1 required but received 2"},
      {{"run", "--log-format", "xml", "a"}, "--log-format: expected text or json"},
  };
  for (const auto& [arguments, expected] : kCases) {
    const Outcome outcome = Call(arguments);
    EXPECT_EQ(outcome.code, kExitBadConfig);
    EXPECT_THAT(outcome.err, StartsWith("aws-collector: " + expected));
    EXPECT_EQ(outcome.out, "");
  }
}

TEST(CommandLine, TakesTheConfigurationInThreeWays) {
  const std::string file = kFixtures + "minimal.ok.yml";
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"check", "--config", file},
        {"check", "-c", file},
        {"check", file},
        {"check", "--config=" + file}}) {
    EXPECT_EQ(Call(arguments).code, kExitDone) << testing::PrintToString(arguments);
  }
}

TEST(CommandLine, LooksForConfigConfigYamlWhenNoneIsNamed) {
  std::string name = (std::filesystem::temp_directory_path() / "cli-test-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(name.data());
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder);
  const Outcome without = Call({"check"});
  std::filesystem::create_directory("config");
  std::filesystem::copy_file(kFixtures + "minimal.ok.yml", "config/config.yaml");
  const Outcome with = Call({"check"});
  std::filesystem::current_path(before);
  std::filesystem::remove_all(folder);
  EXPECT_EQ(without.code, kExitBadConfig);
  EXPECT_THAT(without.err, HasSubstr("there is no config/config.yaml here"));
  EXPECT_EQ(with.code, kExitDone);
  EXPECT_THAT(with.out, HasSubstr((folder / "state").string()));
}

TEST(Check, PrintsEveryFaultAndCountsThem) {
  const std::string file = kFixtures + "many-faults-at-once.bad.yml";
  const Outcome outcome = Call({"check", file});
  EXPECT_EQ(outcome.code, kExitBadConfig);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, AllOf(HasSubstr(file + ":12:10: error: globals.debug is \"maybe\""),
                                 HasSubstr(file + ":29:9: warning: unknown key \"regoins\""),
                                 testing::EndsWith(file + ": 8 errors, 2 warnings\n")));
  EXPECT_LT(outcome.err.find(":28:7: error"), outcome.err.find(":29:9: warning"))
      << "in the order of the file";
}

TEST(Check, SaysWhatTheCollectorWillDo) {
  const LoadedConfig loaded =
      LoadConfig(kFixtures + "as-devo-documents-it.ok.yml", Environment(), SystemClock().Now());
  ASSERT_TRUE(loaded.config);
  EXPECT_THAT(Summary(*loaded.config),
              AllOf(HasSubstr("aws (id 12345): keys of"),
                    HasSubstr("audit-events-all in us-east-1, eu-west-1, ap-southeast-2\n"),
                    HasSubstr("every 60 s, look-back 1200 s, from now"),
                    HasSubstr("devo_1: Devo at collector-us.devo.io:443 over TLS"),
                    HasSubstr("testdata/certs/chain.crt"), HasSubstr("testdata/state")));
}

TEST(Check, SaysWhichLogGroupsAreRead) {
  const Outcome outcome = Call({"check", kFixtures + "every-key-of-a-log-group.ok.yml"});
  EXPECT_EQ(outcome.code, kExitDone);
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("cwl_1 in us-east-1, eu-west-1, log group /aws/lambda/orders"),
                    HasSubstr("streams one, two, three"), HasSubstr("streams web-*"),
                    HasSubstr("events that match { $.level = \"error\" }")));
}

TEST(Check, NamesACertificateFileThatIsMissing) {
  const Outcome outcome = Call({"check", kFixtures + "as-devo-documents-it.ok.yml"});
  EXPECT_EQ(outcome.code, kExitBadConfig);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr(":40:7: warning: inputs.aws.services.metrics-all"),
                    HasSubstr("output devo_1: "), HasSubstr("testdata/certs/chain.crt")));
}

TEST(Check, ShowsNoSecretOfAnyFixture) {
  for (const Fixture& fixture : AllFixtures()) {
    const LoadedConfig loaded = LoadFixtureText(fixture.text);
    if (!loaded.config) continue;
    EXPECT_THAT(Summary(*loaded.config),
                AllOf(Not(HasSubstr(kSecretMarker)), Not(HasSubstr("AKIA"))))
        << fixture.name;
  }
}

TEST(Run, GivesTheConfigurationToTheWorkAndItsOutcomeAsExitCode) {
  const std::string file = kFixtures + "minimal.ok.yml";
  bool once_seen = false;
  const auto collect = [&](const Config& config, Clock&, Events&, std::stop_token stop, bool once) {
    EXPECT_EQ(config.inputs.at(0).name, "aws");
    EXPECT_FALSE(stop.stop_requested());
    once_seen = once;
    return Status{};
  };
  const std::string log = LogOf([&] { EXPECT_EQ(Call({"run", file}, collect).code, kExitDone); });
  EXPECT_FALSE(once_seen);
  EXPECT_THAT(log, AllOf(HasSubstr("started with " + file), HasSubstr("ended after")));
  LogOf([&] { EXPECT_EQ(Call({"run", "--once", file}, collect).code, kExitDone); });
  EXPECT_TRUE(once_seen);
}

TEST(Run, SaysWhyTheWorkFailed) {
  const auto collect = [](const Config&, Clock&, Events&, std::stop_token, bool) -> Status {
    return Fail(ErrorKind::kRejected, "the folder is read-only");
  };
  const std::string log = LogOf([&] {
    EXPECT_EQ(Call({"run", kFixtures + "minimal.ok.yml"}, collect).code, kExitFailed);
  });
  EXPECT_THAT(log, testing::ContainsRegex("error +the folder is read-only"));
}

TEST(Run, DoesNotStartWithABadConfiguration) {
  const auto collect = [](const Config&, Clock&, Events&, std::stop_token, bool) -> Status {
    ADD_FAILURE() << "started";
    return {};
  };
  const Outcome text = Call({"run", kFixtures + "region-list-is-empty.bad.yml"}, collect);
  EXPECT_EQ(text.code, kExitBadConfig);
  EXPECT_THAT(text.err, HasSubstr(":14:18: error: inputs.aws.services.audit-events-all.regions"));
  const std::string log = LogOf([&] {
    const Outcome json =
        Call({"run", "--log-format=json", kFixtures + "region-list-is-empty.bad.yml"}, collect);
    EXPECT_EQ(json.code, kExitBadConfig);
    EXPECT_EQ(json.err, "");
  });
  EXPECT_THAT(log, AllOf(StartsWith("{\"time\":\""), HasSubstr("\"level\":\"error\",\"msg\":\""),
                         HasSubstr(":14:18: inputs.aws"), testing::EndsWith("}\n")));
}

TEST(Run, LogsTheWarningsOfTheConfiguration) {
  const std::string log = LogOf([&] {
    EXPECT_EQ(Call({"run", kFixtures + "unknown-keys-are-warnings.ok.yml"}).code, kExitDone);
  });
  EXPECT_THAT(log, testing::ContainsRegex("warning .*unknown-keys-are-warnings.ok.yml:6:1: "
                                          "unknown key \"colour\""));
}

TEST(Run, WritesJsonThatHoldsAnyBytes) {
  const auto collect = [](const Config&, Clock&, Events&, std::stop_token, bool) -> Status {
    return Fail(ErrorKind::kRejected, "a \"quote\"\n\xFF and a line");
  };
  const std::string log = LogOf([&] {
    Call({"run", "--log-format", "json", kFixtures + "minimal.ok.yml"}, collect);
  });
  EXPECT_THAT(log, HasSubstr("\"msg\":\"a \\\"quote\\\"\\n\xEF\xBF\xBD and a line\"}\n"));
}

TEST(WantsColor, IsFalseForWhatIsNoTerminal) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_FALSE(WantsColor(ends[1]));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(WantsColor, HeedsTheTerminalAndNoColor) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  const auto wants = [&](const char* term, const char* no_color) {
    ::setenv("TERM", term, 1);
    ::setenv("NO_COLOR", no_color, 1);
    return WantsColor(terminal);
  };
  EXPECT_TRUE(wants("xterm", ""));
  EXPECT_FALSE(wants("xterm", "1"));
  EXPECT_FALSE(wants("dumb", ""));
  ::close(terminal);
}

// Waits for the end in order, like the real work.
Status WorkUntilStopped(const Config&, Clock& clock, Events&, std::stop_token stop, bool) {
  clock.WaitFor(Seconds(60), stop);
  if (!stop.stop_requested()) return Fail(ErrorKind::kRejected, "no signal came within 60 s");
  return {};
}

class SignalsDeathTest : public testing::Test {
 protected:
  void SetUp() override { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

void RunWithSignal(int signal_number) {
  const auto collect = [=](const Config& config, Clock& clock, Events& events, std::stop_token stop,
                           bool once) {
    ::kill(::getpid(), signal_number);
    return WorkUntilStopped(config, clock, events, stop, once);
  };
  std::_Exit(Call({"run", kFixtures + "minimal.ok.yml"}, collect).code);
}

TEST_F(SignalsDeathTest, TheFirstEndsTheWorkInOrder) {
  EXPECT_EXIT(RunWithSignal(SIGTERM), ExitedWithCode(kExitDone),
              "SIGTERM: ending in order(.|\n)*ended after");
  EXPECT_EXIT(RunWithSignal(SIGINT), ExitedWithCode(kExitDone),
              "SIGINT: ending in order(.|\n)*ended after");
}

// The work does not heed the stop, as when an endpoint hangs.
void IgnoreTheStop(int second_signal) {
  const auto collect = [=](const Config&, Clock& clock, Events&, std::stop_token stop, bool) {
    ::kill(::getpid(), SIGTERM);
    clock.WaitFor(Seconds(60), stop);
    ::kill(::getpid(), second_signal);
    clock.WaitFor(Seconds(60), std::stop_token());
    return Status{};
  };
  std::_Exit(Call({"run", kFixtures + "minimal.ok.yml"}, collect).code);
}

TEST_F(SignalsDeathTest, TheSecondEndsTheProcessAtOnce) {
  EXPECT_EXIT(IgnoreTheStop(SIGTERM), ExitedWithCode(143), "SIGTERM again: ending at once");
  EXPECT_EXIT(IgnoreTheStop(SIGINT), ExitedWithCode(130), "SIGINT again: ending at once");
}

void WriteIntoAClosedPipe() {
  const StopSignals signals([](std::string_view) {});
  int ends[2];
  if (::pipe(ends) != 0) std::_Exit(9);
  ::close(ends[0]);
  std::_Exit(::write(ends[1], "x", 1) == -1 && errno == EPIPE ? 0 : 9);
}

TEST_F(SignalsDeathTest, ABrokenPipeDoesNotKill) {
  EXPECT_EXIT(WriteIntoAClosedPipe(), ExitedWithCode(0), "");
}

TEST(StopSignals, GivesTheSignalsBackWhenItEnds) {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  for (int i = 0; i < 100; ++i) {
    const StopSignals signals([](std::string_view name) { ADD_FAILURE() << name; });
    EXPECT_FALSE(signals.token().stop_requested());
    sigset_t during;
    pthread_sigmask(SIG_SETMASK, nullptr, &during);
    EXPECT_EQ(sigismember(&during, SIGTERM), 1);
  }
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  EXPECT_EQ(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
}

}  // namespace
}  // namespace collector
