#include <algorithm>
#include <cctype>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/readers.h"
#include "config/section.h"

namespace collector {
namespace {

constexpr double kHour = 3600;
constexpr double kYear = 366 * 24 * kHour;

// Keys with one meaning ("address", "url"): the one that the file used first.
using Spellings = std::map<std::string_view, std::string>;

struct DevoDraft {
  DevoSettings devo;
  Spellings spellings;
};

// False, with a complaint, when the file said the same under another name.
bool FirstSpelling(const ConfigValue& value, std::string_view meaning, DevoDraft& into) {
  const auto [it, is_first] = into.spellings.emplace(meaning, value.path());
  if (!is_first) value.Error(fmt::format("says the same as {}; expected one of them", it->second));
  return is_first;
}

bool IsHostName(std::string_view text) {
  return text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_';
         });
}

bool IsIpV6(std::string_view text) {
  return std::count(text.begin(), text.end(), ':') >= 2 &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return std::isxdigit(static_cast<unsigned char>(c)) || c == ':' || c == '.';
         });
}

void ReadAddress(const ConfigValue& value, DevoDraft& into) {
  constexpr std::string_view kExpected =
      "a host name such as collector-eu.devo.io, without scheme and port";
  if (!FirstSpelling(value, "address", into)) return;
  const auto text = value.Text(kExpected);
  if (!text) return;
  if (!IsHostName(*text) && !IsIpV6(*text)) {
    value.Expected(kExpected);
    return;
  }
  into.devo.address = *text;
}

// A certificate's file: as it stands when absolute, else in certs/ or, failing that, in the
// collector's folder itself.
std::filesystem::path CertificatePath(const std::string& name, const std::filesystem::path& base) {
  const std::filesystem::path in_certs = base / "certs" / name;
  std::error_code ignored;
  if (std::filesystem::exists(in_certs, ignored)) return in_certs;
  if (std::filesystem::exists(base / name, ignored)) return base / name;
  return in_certs;
}

template <std::filesystem::path DevoSettings::*kField>
void ReadCertificate(const ConfigValue& value, DevoDraft& into) {
  if (const auto name = value.Text("the path of a PEM file")) {
    into.devo.*kField = CertificatePath(*name, value.context().base);
  }
}

void ReadChain(const ConfigValue& value, DevoDraft& into) {
  if (FirstSpelling(value, "chain", into)) ReadCertificate<&DevoSettings::chain>(value, into);
}
void ReadCert(const ConfigValue& value, DevoDraft& into) {
  if (FirstSpelling(value, "cert", into)) ReadCertificate<&DevoSettings::cert>(value, into);
}
void ReadKey(const ConfigValue& value, DevoDraft& into) {
  if (FirstSpelling(value, "key", into)) ReadCertificate<&DevoSettings::key>(value, into);
}

void ReadTransport(const ConfigValue& value, DevoDraft&) {
  constexpr std::string_view kWords[] = {"SSL"};
  value.WordIn(kWords);
}

constexpr ConfigValue::Choice<DeliveryReceipt> kReceipts[] = {{"auto", DeliveryReceipt::kAuto},
                                                              {"tls", DeliveryReceipt::kTls},
                                                              {"tcp", DeliveryReceipt::kTcp}};

template <Milliseconds DevoSettings::*kField>
void ReadSeconds(const ConfigValue& value, DevoDraft& into) {
  Assign(into.devo.*kField, value.SecondsIn(0.001, kHour));
}

template <typename T>
void IgnoreCount(const ConfigValue& value, T&) {
  value.Integer(0, 1'000'000'000);
}

constexpr std::string_view kTriesForEver = "it tries until it is stopped";
constexpr std::string_view kBackOff =
    "waits begin short and double up to "
    "connecting_max_wait_in_seconds";

constexpr Key<DevoDraft> kDevoKeys[] = {
    {"address", ReadAddress},
    {"url", ReadAddress},
    {"location", ReadAddress},
    {"port", [](const ConfigValue& value,
                DevoDraft& into) { Assign(into.devo.port, value.Integer(1, 65'535)); }},
    {"type", ReadTransport},
    {"chain", ReadChain},
    {"chain_loc", ReadChain},
    {"cert", ReadCert},
    {"cert_loc", ReadCert},
    {"key", ReadKey},
    {"key_loc", ReadKey},
    {"key_passphrase",
     [](const ConfigValue& value, DevoDraft& into) {
       Assign(into.devo.key_passphrase, value.SecretText());
     }},
    {"verify_host_name", [](const ConfigValue& value,
                            DevoDraft& into) { Assign(into.devo.verify_host_name, value.Bool()); }},
    {"sec_level", [](const ConfigValue& value,
                     DevoDraft& into) { Assign(into.devo.sec_level, value.Integer(0, 5)); }},
    {"delivery_receipt",
     [](const ConfigValue& value, DevoDraft& into) {
       Assign(into.devo.delivery_receipt, value.OneOf<DeliveryReceipt>(kReceipts));
     }},
    {"connect_timeout_in_seconds", ReadSeconds<&DevoSettings::connect_timeout>},
    {"connecting_max_wait_in_seconds", ReadSeconds<&DevoSettings::longest_reconnect_wait>},
    {"sending_timeout", ReadSeconds<&DevoSettings::send_timeout>},
    {"reconnect_after_idle_in_seconds", ReadSeconds<&DevoSettings::reconnect_after_idle>},
    {"close_timeout_in_seconds", ReadSeconds<&DevoSettings::close_timeout>},
    {"host_name",
     [](const ConfigValue& value, DevoDraft& into) {
       const auto name = value.Text("a host name");
       if (name && !IsHostName(*name)) {
         value.Expected("a host name of letters, digits, \".\", \"-\" and \"_\"");
       } else {
         Assign(into.devo.host_name, name);
       }
     }},
    {"write_size_in_bytes",
     [](const ConfigValue& value, DevoDraft& into) {
       Assign(into.devo.write_bytes, value.Integer(1024, 16 * kMegabyte));
     }},
    {"max_record_size_in_bytes",
     [](const ConfigValue& value, DevoDraft& into) {
       Assign(into.devo.max_record_bytes, value.Integer(1024, 64 * kMegabyte));
     }},
    {"threshold_for_using_gzip_in_transport_layer",
     [](const ConfigValue& value, DevoDraft& into) {
       Assign(into.devo.gzip_threshold, value.Number(-1.0, 1.1));
     }},
    {"compression_level",
     [](const ConfigValue& value, DevoDraft& into) {
       Assign(into.devo.gzip_level, value.Integer(1, 9));
     }},
    {"compression_buffer_in_bytes",
     [](const ConfigValue& value, DevoDraft& into) {
       Assign(into.devo.gzip_buffer_bytes, value.Integer(1024, 16 * kMegabyte));
     }},
    {"concurrent_connections",
     [](const ConfigValue& value, DevoDraft& into) {
       Assign(into.devo.connections, value.Integer(1, kMostConnections));
     }},
};

constexpr Key<DevoDraft> kDevoKeysWithoutEffect[] = {
    {"connecting_retries", IgnoreCount, kTriesForEver},
    {"connecting_initial_wait_in_seconds", IgnoreCount, kBackOff},
    {"sending_retries", IgnoreCount, kTriesForEver},
    {"sending_initial_wait_in_seconds", IgnoreCount, kBackOff},
    {"sending_max_wait_in_seconds", IgnoreCount, kBackOff},
    {"period_sender_stats_in_seconds", IgnoreCount, "counts are logged when the collector ends"},
    {"activate_final_queue", [](const ConfigValue& value, DevoDraft&) { value.Bool(); },
     "records wait in no queue between source and output"},
    {"generate_metrics", [](const ConfigValue& value, DevoDraft&) { value.Bool(); },
     "no metrics are sent to the output"},
};

constexpr ConfigValue::Choice<TextFormat> kFormats[] = {{"json", TextFormat::kJson},
                                                        {"plain", TextFormat::kPlain}};

constexpr Key<ConsoleSettings> kConsoleKeys[] = {
    {"format",
     [](const ConfigValue& value, ConsoleSettings& into) {
       Assign(into.format, value.OneOf<TextFormat>(kFormats));
     }},
};

constexpr Key<FileSettings> kFileKeys[] = {
    {"path",
     [](const ConfigValue& value, FileSettings& into) {
       if (const auto path = value.Text("the path of a file")) {
         into.path = value.context().base / *path;
       }
     }},
    {"format", [](const ConfigValue& value,
                  FileSettings& into) { Assign(into.format, value.OneOf<TextFormat>(kFormats)); }},
    {"rotate_size_in_mb",
     [](const ConfigValue& value, FileSettings& into) {
       if (const auto megabytes = value.Integer(0, kMegabyte)) {
         into.rotate_bytes = static_cast<size_t>(*megabytes * kMegabyte);
       }
     }},
    {"rotate_interval_in_seconds",
     [](const ConfigValue& value, FileSettings& into) {
       Assign(into.rotate_interval, value.SecondsIn(0, kYear));
     }},
    {"keep_files",
     [](const ConfigValue& value, FileSettings& into) {
       Assign(into.keep_files, value.Integer(0, kMegabyte));
     }},
};

enum class OutputType { kDevo, kConsole, kFile, kUnsupported };

constexpr ConfigValue::Choice<OutputType> kTypes[] = {
    {"devo_platform", OutputType::kDevo}, {"console", OutputType::kConsole},
    {"stdout", OutputType::kConsole},     {"file", OutputType::kFile},
    {"relay", OutputType::kUnsupported},  {"in_house_relay", OutputType::kUnsupported},
    {"syslog", OutputType::kUnsupported},
};

struct OutputDraft {
  bool enabled = true;
  std::optional<OutputType> type;
  std::optional<ConfigValue> config;
};

// `type` decides how `config` is read, so both are only noted here.
constexpr Key<OutputDraft> kOutputKeys[] = {
    {"type",
     [](const ConfigValue& value, OutputDraft& into) {
       into.type = value.OneOf<OutputType>(kTypes);
       if (into.type == OutputType::kUnsupported) {
         value.Error(fmt::format(
             "is \"{}\", which this version does not support yet; expected devo_platform, console, "
             "stdout or file (each output must get every record, so this one cannot be left out)",
             value.node().text));
       }
     }},
    {"enabled",
     [](const ConfigValue& value, OutputDraft& into) { Assign(into.enabled, value.Bool()); }},
    {"config", [](const ConfigValue& value, OutputDraft& into) { into.config = value; }},
};

DevoSettings ReadDevo(const ConfigValue& output, const std::optional<ConfigValue>& config,
                      const DevoSettings& defaults) {
  DevoDraft draft{defaults, {}};
  const ConfigValue& section = config ? *config : output;
  if (config && !ReadSection<DevoDraft>(*config, draft, {kDevoKeys, kDevoKeysWithoutEffect}))
    return defaults;
  const std::pair<std::string_view, std::string_view> needed[] = {
      {"address", "Devo's endpoint, such as collector-eu.devo.io"},
      {"chain", "the PEM file of the CA, chain.crt"},
      {"cert", "the PEM file of the domain's certificate"},
      {"key", "the PEM file of the certificate's key"}};
  for (const auto& [key, expected] : needed) {
    if (!draft.spellings.contains(key)) section.Missing(key, expected);
  }
  return draft.devo;
}

FileSettings ReadFileOutput(const ConfigValue& output, const std::optional<ConfigValue>& config) {
  FileSettings settings;
  if (config && !ReadSection<FileSettings>(*config, settings, {kFileKeys})) return settings;
  if (!config || !config->Find("path")) {
    (config ? *config : output).Missing("path", "the file to write to");
  }
  return settings;
}

// The output, when it is one that this version has.
std::optional<OutputSettings> ReadOutput(const ConfigValue& value, const std::string& name,
                                         const OutputDraft& draft, const DevoSettings& defaults) {
  if (!draft.type) return {};
  switch (*draft.type) {
    case OutputType::kDevo:
      return OutputSettings{name, ReadDevo(value, draft.config, defaults)};
    case OutputType::kFile:
      return OutputSettings{name, ReadFileOutput(value, draft.config)};
    case OutputType::kConsole: {
      ConsoleSettings settings;
      if (draft.config) ReadSection<ConsoleSettings>(*draft.config, settings, {kConsoleKeys});
      return OutputSettings{name, settings};
    }
    case OutputType::kUnsupported:
      break;
  }
  return {};
}

bool IsSwitchedOff(const ConfigValue& section) {
  const std::optional<ConfigValue> enabled = section.Find("enabled");
  return enabled && enabled->Bool() == false;
}

void RefuseSharedFile(const ConfigValue& value, const std::vector<OutputSettings>& outputs,
                      const OutputSettings& output) {
  const auto* const file = std::get_if<FileSettings>(&output.kind);
  if (file == nullptr || file->path.empty()) return;
  for (const OutputSettings& other : outputs) {
    const auto* const other_file = std::get_if<FileSettings>(&other.kind);
    if (other_file != nullptr &&
        other_file->path.lexically_normal() == file->path.lexically_normal()) {
      value.Error(
          fmt::format("writes to the same file as outputs.{}; expected a file each", other.name));
    }
  }
}

}  // namespace

std::vector<OutputSettings> ReadOutputs(const ConfigValue& outputs, const DevoSettings& defaults) {
  std::vector<OutputSettings> read;
  if (outputs.node().kind != YamlNode::Kind::kNull && !outputs.IsMap()) return read;
  Diagnostics& diagnostics = outputs.context().diagnostics;
  bool any_on = false;
  for (const auto& [name, value] : outputs.Entries()) {
    const bool on = !IsSwitchedOff(value);
    const Diagnostics::Demotion demotion(diagnostics, !on);
    any_on = any_on || on;
    OutputDraft draft;
    if (!ReadSection<OutputDraft>(value, draft, {kOutputKeys})) continue;
    if (!value.Find("type")) value.Missing("type", "devo_platform, console, stdout or file");
    std::optional<OutputSettings> output = ReadOutput(value, name, draft, defaults);
    if (!output || !on) continue;
    RefuseSharedFile(value, read, *output);
    read.push_back(std::move(*output));
  }
  if (!any_on) {
    diagnostics.Error(outputs.key_at(),
                      "outputs holds no output that is switched on; expected at least one");
  }
  return read;
}

void AppendOutputsKeys(std::vector<std::string>& paths) {
  AppendKeyPaths<OutputDraft>("outputs.*", kOutputKeys, paths);
  AppendKeyPaths<DevoDraft>("outputs.*.config", kDevoKeys, paths);
  AppendKeyPaths<DevoDraft>("outputs.*.config", kDevoKeysWithoutEffect, paths);
  AppendKeyPaths<ConsoleSettings>("outputs.*.config", kConsoleKeys, paths);
  AppendKeyPaths<FileSettings>("outputs.*.config", kFileKeys, paths);
}

}  // namespace collector
