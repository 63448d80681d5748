#include "cli/command_line.h"

#include <filesystem>
#include <iostream>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/check.h"
#include "cli/exit_codes.h"
#include "cli/services_table.h"
#include "cli/setup.h"
#include "cli/status.h"
#include "config/nearest.h"
#include "config/text_check.h"

namespace collector {
namespace {

constexpr char kDescription[] =
    "Delivers what AWS accounts tell about themselves to Devo, losing nothing.";

constexpr char kFooter[] =
    "\n"
    "Examples:\n"
    "  aws-collector services\n"
    "  aws-collector setup plan --config config/config.yaml\n"
    "  aws-collector check --config config/config.yaml\n"
    "  aws-collector run --config config/config.yaml\n"
    "  aws-collector status --config config/config.yaml\n"
    "  aws-collector run --once --log-format json config/config.yaml 2> collector.log\n"
    "\n"
    "Without --config the file is config/config.yaml, if there is one.\n"
    "\n"
    "Exit codes:\n"
    "  0      done\n"
    "  1      failed at work\n"
    "  2      bad configuration or usage\n"
    "  128+N  ended at once by a second signal N: 130 SIGINT, 143 SIGTERM\n";

constexpr char kRunFooter[] =
    "\n"
    "SIGTERM or SIGINT ends it in order: it stops reading, delivers what it has and notes\n"
    "its positions. A second one ends it at once; what was not confirmed is then read again\n"
    "at the next start.\n"
    "\n"
    "Exit codes: 0 done, 1 failed at work, 2 bad configuration or usage, 130 or 143 ended at\n"
    "once by a second SIGINT or SIGTERM.\n";

constexpr char kCheckFooter[] =
    "\n"
    "Nothing is sent and AWS is not asked. Exit codes: 0 the configuration is sound (there may\n"
    "be warnings), 2 it is not.\n";

constexpr char kStatusFooter[] =
    "\n"
    "How far behind each source is, the furthest first, as a collector that runs with the same\n"
    "state folder wrote it within the last seconds. Exit codes: 0 shown, 1 there is none, 2 bad\n"
    "configuration or usage.\n";

constexpr char kSetupFooter[] =
    "\n"
    "plan shows what would be done and changes nothing. apply can be broken off and run again: it\n"
    "does what is left. destroy removes what bears our tags, and says what it leaves. export\n"
    "writes the same as a template.\n"
    "\n"
    "Exit codes: 0 done, 1 not all could be done, 2 bad configuration or usage.\n";

constexpr char kDefaultConfig[] = "config/config.yaml";

struct Choices {
  std::string config_file;
  SetupOptions setup;
  std::string template_format;
  bool once = false;
  bool json = false;
  std::string log_format = "text";
};

void AddConfigOption(CLI::App& command, Choices& choices) {
  command.add_option("-c,--config,file", choices.config_file, "The configuration, YAML or JSON")
      ->type_name("FILE");
}

void AddRun(CLI::App& app, Choices& choices) {
  CLI::App* const run = app.add_subcommand("run", "Collect until SIGTERM or SIGINT");
  AddConfigOption(*run, choices);
  run->add_flag("--once", choices.once, "End when everything that there is now is delivered");
  const auto is_format = [](const std::string& word) -> std::string {
    return word == "text" || word == "json" ? "" : "expected text or json";
  };
  run->add_option("--log-format", choices.log_format, "How log lines look: text (default) or json")
      ->check(CLI::Validator(is_format, ""))
      ->type_name("FORMAT");
  run->footer(kRunFooter);
}

CLI::App* AddCheck(CLI::App& app, Choices& choices) {
  CLI::App* const check =
      app.add_subcommand("check", "Say what is wrong with a configuration, or what it will do");
  AddConfigOption(*check, choices);
  check->footer(kCheckFooter);
  return check;
}

CLI::App* AddStatus(CLI::App& app, Choices& choices) {
  CLI::App* const status = app.add_subcommand("status", "Show how far behind each source is");
  AddConfigOption(*status, choices);
  status->add_flag("--json", choices.json, "As JSON, for other programs");
  status->footer(kStatusFooter);
  return status;
}

CLI::App* AddSetup(CLI::App& app, Choices& choices) {
  CLI::App* const setup =
      app.add_subcommand("setup", "Show, make, remove or export what AWS must hold");
  setup->require_subcommand(1);
  setup->footer(kSetupFooter);
  using Verb = SetupOptions::Verb;
  const auto add = [&](const char* name, Verb verb, const char* description) {
    CLI::App* const command = setup->add_subcommand(name, description);
    AddConfigOption(*command, choices);
    command->add_option("--input", choices.setup.input, "Only this input of the configuration")
        ->type_name("NAME");
    command->callback([&choices, verb] { choices.setup.verb = verb; });
    return command;
  };
  constexpr char kYes[] = "Do not ask";
  constexpr char kAdopt[] = "Take what stands under our names without our tags for ours";
  CLI::App* const plan = add("plan", Verb::kPlan, "Show what is there and what would be done");
  plan->add_flag("--adopt", choices.setup.adopt, kAdopt);
  CLI::App* const apply = add("apply", Verb::kApply, "Make what is missing, mend what differs");
  apply->add_flag("--yes", choices.setup.yes, kYes);
  apply->add_flag("--adopt", choices.setup.adopt, kAdopt);
  CLI::App* const destroy = add("destroy", Verb::kDestroy, "Remove what is ours");
  destroy->add_flag("--yes", choices.setup.yes, kYes);
  CLI::App* const write = add("export", Verb::kExport, "Write it as a template");
  const auto is_format = [](const std::string& word) -> std::string {
    return word == "cloudformation" || word == "terraform" ? ""
                                                           : "expected cloudformation or terraform";
  };
  write->add_option("--format", choices.template_format, "cloudformation or terraform")
      ->required()
      ->check(CLI::Validator(is_format, ""))
      ->type_name("FORMAT");
  write->add_option("--to", choices.setup.to, "The folder for the templates")->type_name("DIR");
  return setup;
}

// CLI11's words; for a word that it does not know, that word and the nearest that it does.
std::string Explain(const CLI::ParseError& error, const CLI::App& app, const CLI::App* command,
                    const std::vector<std::string>& arguments) {
  const std::string text = error.what();
  std::string unknown;
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError)) {
    // "The following arguments were not expected: a b"
    const size_t colon = text.find(": ");
    if (colon != std::string::npos)
      unknown = text.substr(colon + 2, text.find(' ', colon + 2) - colon - 2);
  } else if (command == nullptr && !arguments.empty()) {
    unknown = arguments.front();
  }
  if (unknown.empty()) return text;
  std::vector<std::string> names;
  for (const CLI::Option* option : (command != nullptr ? *command : app).get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  for (const CLI::App* known : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command == nullptr) names.push_back(known->get_name());
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  return fmt::format("{} is not known{}{}", Quoted(unknown),
                     command == nullptr ? "" : " to " + command->get_name(),
                     DidYouMean(unknown, known));
}

}  // namespace

int RunCommandLine(const std::vector<std::string>& arguments, const CollectFunction& collect,
                   std::ostream& out, std::ostream& err) {
  Choices choices;
  CLI::App app(kDescription, "aws-collector");
  app.footer(kFooter);
  app.set_version_flag("--version", "aws-collector " COLLECTOR_VERSION);
  app.require_subcommand(1);
  AddRun(app, choices);
  const CLI::App* const check = AddCheck(app, choices);
  const CLI::App* const status = AddStatus(app, choices);
  const CLI::App* const setup = AddSetup(app, choices);
  const CLI::App* const services =
      app.add_subcommand("services", "List the services that a configuration may name");
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    out << app.help();
    return kExitDone;
  } catch (const CLI::CallForVersion& version) {
    out << version.what() << '\n';
    return kExitDone;
  } catch (const CLI::ParseError& error) {
    const CLI::App* const command =
        app.get_subcommands().empty() ? nullptr : app.get_subcommands().front();
    err << fmt::format("aws-collector: {}\nSee aws-collector {}--help.\n",
                       Explain(error, app, command, arguments),
                       command == nullptr ? "" : command->get_name() + " ");
    return kExitBadConfig;
  }
  if (services->parsed()) return PrintServices(out);
  if (choices.config_file.empty()) {
    std::error_code ignored;
    if (!std::filesystem::exists(kDefaultConfig, ignored)) {
      err << fmt::format("aws-collector: no --config FILE is given and there is no {} here\n",
                         kDefaultConfig);
      return kExitBadConfig;
    }
    choices.config_file = kDefaultConfig;
  }
  if (check->parsed()) return Check(choices.config_file, out, err);
  if (status->parsed()) return PrintStatus({choices.config_file, choices.json}, out, err);
  if (setup->parsed()) {
    choices.setup.config_file = choices.config_file;
    choices.setup.terraform = choices.template_format == "terraform";
    return Setup(choices.setup, std::cin, out, err);
  }
  const LogFormat format = choices.log_format == "json" ? LogFormat::kJson : LogFormat::kText;
  return Run({choices.config_file, choices.once, format}, collect, err);
}

}  // namespace collector
