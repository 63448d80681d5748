#include "cli/check.h"

#include <variant>

#include <fmt/format.h>

#include "base/time_text.h"
#include "cli/diagnostics_text.h"
#include "cli/exit_codes.h"
#include "config/loader.h"
#include "outputs/devo_output.h"

namespace collector {
namespace {

std::string Describe(const CredentialsSettings& credentials) {
  if (!credentials.access_key.empty()) return "keys of this file";
  if (!credentials.profile.empty()) return fmt::format("profile {}", credentials.profile);
  return "credentials of the environment or of ~/.aws";
}

double InSeconds(Milliseconds duration) { return std::chrono::duration<double>(duration).count(); }

std::string Describe(const AuditEventsSettings& audit) {
  const ServiceSettings& service = audit.service;
  std::string text = fmt::format(
      "    {} in {}\n      every {} s, look-back {} s, from {} where no position is kept\n",
      service.name, fmt::join(service.regions, ", "), InSeconds(service.request_period),
      InSeconds(audit.look_back), service.start_time ? FormatRfc3339(*service.start_time) : "now");
  if (!service.tag.empty()) text += fmt::format("      tag {}\n", service.tag);
  if (!audit.drop_event_names.empty()) {
    text += fmt::format("      without {}\n", fmt::join(audit.drop_event_names, ", "));
  }
  return text;
}

std::string Describe(const std::vector<FieldFilter>& filters) {
  std::string text;
  for (const FieldFilter& filter : filters) {
    text += fmt::format("      without records whose {} is {}\n", filter.field,
                        fmt::join(filter.values, ", "));
  }
  return text;
}

std::string Describe(const S3LogsSettings& logs) {
  std::string text = fmt::format("    {} in {}, objects in S3\n", logs.service.name,
                                 fmt::join(logs.service.regions, ", "));
  for (const QueueSettings& queue : logs.queues) {
    text +=
        fmt::format("      queue {}{}\n", queue.queue,
                    queue.default_format.empty()
                        ? ""
                        : fmt::format(", {} where the key does not tell", queue.default_format));
  }
  if (!logs.service.tag.empty()) text += fmt::format("      tag {}\n", logs.service.tag);
  for (const ObjectFormat& format : logs.formats) {
    text += fmt::format("      format {}, tag {}\n", format.name, format.tag);
  }
  return text + Describe(logs.drop_records);
}

std::string Describe(const ServiceEventsSettings& events) {
  std::string text =
      fmt::format("    {} in {}, service events\n      queue {}\n", events.service.name,
                  fmt::join(events.service.regions, ", "), events.queue);
  if (!events.service.tag.empty()) text += fmt::format("      tag {}\n", events.service.tag);
  if (!events.call_tag.empty()) {
    text += fmt::format("      API calls via CloudTrail, tag {}\n", events.call_tag);
  }
  return text + Describe(events.drop_records);
}

std::string Describe(const LogGroupSettings& logs) {
  std::vector<std::string> groups = logs.groups;
  if (!logs.group.empty()) groups.push_back(logs.group);
  for (const KeyPattern& pattern : logs.patterns) groups.push_back(pattern.text());
  std::string text = fmt::format("    {} in {}, log group{} {}\n", logs.service.name,
                                 fmt::join(logs.service.regions, ", "),
                                 groups.size() == 1 ? "" : "s", fmt::join(groups, ", "));
  for (const KeyPattern& pattern : logs.exclude) {
    text += fmt::format("      without {}\n", pattern.text());
  }
  if (!logs.streams.empty()) {
    text += fmt::format("      streams {}\n", fmt::join(logs.streams, ", "));
  }
  if (!logs.stream_prefix.empty()) text += fmt::format("      streams {}*\n", logs.stream_prefix);
  if (!logs.pattern.empty()) text += fmt::format("      events that match {}\n", logs.pattern);
  if (!logs.service.tag.empty()) text += fmt::format("      tag {}\n", logs.service.tag);
  return text;
}

std::string Describe(const InputSettings& input) {
  std::string text = fmt::format("  {}{}: {}\n", input.name,
                                 input.id.empty() ? "" : fmt::format(" (id {})", input.id),
                                 Describe(input.credentials));
  if (!input.aws.endpoint_url.empty()) {
    text += fmt::format("    endpoint {} instead of AWS's\n", input.aws.endpoint_url);
  }
  for (const AuditEventsSettings& audit : input.audit_events) text += Describe(audit);
  for (const S3LogsSettings& logs : input.s3_logs) text += Describe(logs);
  for (const ServiceEventsSettings& events : input.service_events) text += Describe(events);
  for (const LogGroupSettings& logs : input.log_groups) text += Describe(logs);
  return text;
}

std::string_view Describe(TextFormat format) {
  return format == TextFormat::kJson ? "a JSON object a line" : "a message a line";
}

struct DescribeOutput {
  std::string operator()(const DevoSettings& devo) const {
    return fmt::format("Devo at {}:{} over TLS\n    CA {}\n    certificate {}\n    key {}{}",
                       devo.address, devo.port, devo.chain.string(), devo.cert.string(),
                       devo.key.string(),
                       devo.verify_host_name ? "" : "\n    the server's name is not verified");
  }
  std::string operator()(const ConsoleSettings& console) const {
    return fmt::format("standard output, {}", Describe(console.format));
  }
  std::string operator()(const FileSettings& file) const {
    return fmt::format("file {}, {}", file.path.string(), Describe(file.format));
  }
};

}  // namespace

std::string Summary(const Config& config) {
  std::string text = "inputs\n";
  for (const InputSettings& input : config.inputs) text += Describe(input);
  text += "outputs, each of which gets every record\n";
  for (const OutputSettings& output : config.outputs) {
    text += fmt::format("  {}: {}\n", output.name, std::visit(DescribeOutput(), output.kind));
  }
  text += config.globals.persistence == Persistence::kMemory
              ? "positions\n  in memory: a restart forgets them\n"
              : fmt::format("positions\n  in {}\n", config.globals.state_directory.string());
  return text;
}

std::vector<std::string> FileFaults(const Config& config, Timestamp now) {
  std::vector<std::string> faults;
  for (const OutputSettings& output : config.outputs) {
    const auto* const devo = std::get_if<DevoSettings>(&output.kind);
    if (devo == nullptr) continue;
    if (const Status usable = CheckDevoFiles(*devo, now); !usable) {
      faults.push_back(fmt::format("output {}: {}", output.name, usable.error().message));
    }
  }
  return faults;
}

int Check(const std::filesystem::path& config_file, std::ostream& out, std::ostream& err) {
  const Timestamp now = SystemClock().Now();
  const LoadedConfig loaded = LoadConfig(config_file, Environment::OfThisProcess(), now);
  PrintDiagnostics(config_file, loaded, err);
  if (!loaded.config) return kExitBadConfig;
  const std::vector<std::string> faults = FileFaults(*loaded.config, now);
  for (const std::string& fault : faults) err << fault << "\n";
  if (!faults.empty()) return kExitBadConfig;
  out << fmt::format("{}: no errors, {}\n\n{}", config_file.string(),
                     Count(loaded.warnings.size(), "warning"), Summary(*loaded.config));
  return kExitDone;
}

}  // namespace collector
