#include "cli/setup.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "aws/clock_skew.h"
#include "aws/rate_limiters.h"
#include "base/clock.h"
#include "base/environment.h"
#include "cli/diagnostics_text.h"
#include "cli/exit_codes.h"
#include "cli/sessions.h"
#include "cli/signals.h"
#include "config/loader.h"
#include "http/curl_transport.h"
#include "observe/events.h"
#include "setup/apply.h"
#include "setup/export.h"
#include "setup/plan.h"
#include "setup/plan_text.h"

namespace collector {
namespace {

constexpr int kStandardOutput = 1;

// What the command works with, for the time that it runs.
struct SetupRun {
  const SetupOptions& options;
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  const Environment environment;
  const aws::Runtime runtime;
  const std::stop_token stop;
  const bool color;

  setup::Account Open(const InputSettings& input) const {
    return setup::Account(
        OpenSession(input, "setup", aws::RetryOptions().retries, runtime,
                    CredentialsOf(input, environment, runtime.clock), environment),
        stop);
  }
};

// Whether a person agrees; without one to ask, no.
bool Confirmed(const SetupRun& run, std::string_view question) {
  if (run.options.yes) return true;
  run.err << question << " [y/N] " << std::flush;
  std::string answer;
  if (!std::getline(run.in, answer)) {
    run.err << "\nNobody answers; --yes does it without asking.\n";
    return false;
  }
  return answer == "y" || answer == "Y" || answer == "yes";
}

int Summary(const SetupRun& run, size_t not_done) {
  if (not_done == 0) return kExitDone;
  run.err << fmt::format("{} not done, see above; mend that and run it again: it does the rest.\n",
                         not_done);
  return kExitFailed;
}

int ApplyInput(const SetupRun& run, setup::Account& account, const InputSettings& input,
               const setup::Facts& facts) {
  const setup::PlanOptions options{run.options.adopt};
  const setup::Plan plan = setup::MakePlan(account, setup::WantedBy(input, facts), facts, options);
  run.out << setup::PlanText(input.name, plan, run.color) << setup::PriceText(plan) << std::flush;
  const auto faults = std::count_if(plan.steps.begin(), plan.steps.end(),
                                    [](const auto& step) { return setup::IsFault(step.action); });
  if (run.options.verb == SetupOptions::Verb::kPlan) return faults == 0 ? kExitDone : kExitFailed;
  const size_t changes = plan.Count(setup::Action::kCreate) + plan.Count(setup::Action::kChange);
  if (changes + faults == 0) return kExitDone;
  const std::string again = faults == 0 ? "" : ", and try again what is marked \"!\"";
  if (!Confirmed(run, fmt::format("Make {} changes{}?", changes, again))) return kExitFailed;
  return Summary(run, setup::Apply(account, plan, options, [&run](const setup::Step& step) {
                   run.out << setup::DoneText(step, run.color) << std::flush;
                 }));
}

int DestroyInput(const SetupRun& run, setup::Account& account, const InputSettings& input,
                 const setup::Facts& facts) {
  const setup::Plan plan = setup::MakeDestroyPlan(account, input, facts);
  run.out << setup::PlanText(input.name, plan, run.color) << std::flush;
  const size_t removals = plan.Count(setup::Action::kRemove);
  if (removals > 0 && !Confirmed(run, fmt::format("Remove {} resources?", removals))) {
    return kExitFailed;
  }
  return Summary(run, setup::Destroy(account, plan, [&run](const setup::Step& step) {
                   run.out << setup::DoneText(step, run.color) << std::flush;
                 }));
}

bool WriteFile(const std::filesystem::path& path, const std::string& text, std::ostream& err) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) err << fmt::format("aws-collector: {} cannot be written\n", path.string());
  return static_cast<bool>(file);
}

int ExportInput(const SetupRun& run, const InputSettings& input, const setup::Facts& facts) {
  const setup::Wanted wanted = setup::WantedBy(input, facts);
  std::vector<std::pair<std::string, std::string>> files;
  if (run.options.terraform) {
    files.emplace_back(setup::TemplateFile(input.name, ""), setup::ToTerraform(input.name, wanted));
  } else {
    for (setup::Template& one : setup::ToCloudFormation(input.name, wanted)) {
      files.emplace_back(setup::TemplateFile(input.name, one.region), std::move(one.text));
    }
  }
  for (const std::string& left : setup::LeftByTemplates(wanted)) {
    run.err << fmt::format("left to you: {}\n", left);
  }
  if (run.options.to.empty() && files.size() > 1) {
    run.err << fmt::format(
        "aws-collector: there is a template for each of {} regions; name a folder for them with "
        "--to\n",
        files.size());
    return kExitBadConfig;
  }
  for (const auto& [name, text] : files) {
    if (run.options.to.empty()) {
      run.out << text;
      continue;
    }
    if (!WriteFile(run.options.to / name, text, run.err)) return kExitFailed;
    run.out << fmt::format("{}\n", (run.options.to / name).string());
  }
  return kExitDone;
}

int SetupInput(const SetupRun& run, const InputSettings& input) {
  using Verb = SetupOptions::Verb;
  setup::Account account = run.Open(input);
  setup::Facts facts;
  bool asks = run.options.verb != Verb::kExport || setup::WantsAllDistributions(input);
  for (const std::string& region : setup::RegionsOf(input)) {
    asks = asks || setup::WantsAllVpcs(input, region);
  }
  if (asks) {
    auto found = setup::FindFacts(account, input);
    if (!found) {
      run.err << fmt::format("aws-collector: {}: {}\n", input.name, found.error().message);
      return kExitFailed;
    }
    facts = *std::move(found);
  }
  switch (run.options.verb) {
    case Verb::kPlan:
    case Verb::kApply:
      return ApplyInput(run, account, input, facts);
    case Verb::kDestroy:
      return DestroyInput(run, account, input, facts);
    case Verb::kExport:
      // A template is good for any account; only ids of its VPCs and distributions are its own.
      facts.account = std::string(setup::kAccount);
      return ExportInput(run, input, facts);
  }
  return kExitFailed;
}

bool IsMeant(const SetupRun& run, const InputSettings& input) {
  return input.enabled && (run.options.input.empty() || run.options.input == input.name);
}

// One text is for one account: neither Terraform, which reads all files of a folder as one, nor a
// pipe can tell those of two inputs apart.
bool CanBeExported(const SetupRun& run, const Config& config) {
  if (run.options.verb != SetupOptions::Verb::kExport) return true;
  if (!run.options.terraform && !run.options.to.empty()) return true;
  const auto inputs =
      std::count_if(config.inputs.begin(), config.inputs.end(), [&run](const auto& input) {
        return IsMeant(run, input) && !setup::RegionsOf(input).empty();
      });
  if (inputs <= 1) return true;
  run.err << fmt::format(
      "aws-collector: there are {} inputs, whose templates cannot stand together; name one with "
      "--input\n",
      inputs);
  return false;
}

int SetupInputs(const SetupRun& run, const Config& config) {
  if (!CanBeExported(run, config)) return kExitBadConfig;
  int code = kExitDone;
  bool any = false;
  for (const InputSettings& input : config.inputs) {
    if (!IsMeant(run, input)) continue;
    any = true;
    if (setup::RegionsOf(input).empty()) {
      run.err << fmt::format("{}: nothing of it needs setting up\n", input.name);
      continue;
    }
    if (const int one = SetupInput(run, input); one != kExitDone) code = one;
  }
  if (any) return code;
  run.err << fmt::format("aws-collector: no input is called {}\n", run.options.input);
  return kExitBadConfig;
}

}  // namespace

int Setup(const SetupOptions& options, std::istream& in, std::ostream& out, std::ostream& err) {
  SystemClock clock;
  const Environment environment = Environment::OfThisProcess();
  const LoadedConfig loaded = LoadConfig(options.config_file, environment, clock.Now());
  PrintDiagnostics(options.config_file, loaded, err);
  if (!loaded.config) return kExitBadConfig;
  Events events(StandardErrorSink(),
                loaded.config->globals.debug ? Level::kDebug : Level::kWarning);
  StopSignals signals([&events](std::string_view name) { events.Stopping(name); });
  http::CurlTransport transport(environment, "aws-collector/" COLLECTOR_VERSION);
  aws::RateLimiters limiters(clock);
  aws::ClockSkew skew(clock, events);
  return SetupInputs({options,
                      in,
                      out,
                      err,
                      environment,
                      {transport, clock, events, limiters, skew},
                      signals.token(),
                      WantsColor(kStandardOutput)},
                     *loaded.config);
}

}  // namespace collector
