#include "cli/command_line.h"

#include <filesystem>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/check.h"
#include "cli/exit_codes.h"
#include "cli/services_table.h"
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
    "  aws-collector check --config config/config.yaml\n"
    "  aws-collector run --config config/config.yaml\n"
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

constexpr char kDefaultConfig[] = "config/config.yaml";

struct Choices {
  std::string config_file;
  bool once = false;
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
  const LogFormat format = choices.log_format == "json" ? LogFormat::kJson : LogFormat::kText;
  return Run({choices.config_file, choices.once, format}, collect, err);
}

}  // namespace collector
