// Config: one configuration file as plain values, checked and with every default filled in. Made by
// LoadConfig (config/loader.h); read-only afterwards, so any thread may read it.
#ifndef COLLECTOR_CONFIG_CONFIG_H_
#define COLLECTOR_CONFIG_CONFIG_H_

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/secret.h"
#include "outputs/settings.h"
#include "sources/settings.h"

namespace collector {

enum class Persistence { kFilesystem, kMemory };

struct GlobalSettings {
  std::string id;
  std::string name;
  bool debug = false;
  Persistence persistence = Persistence::kFilesystem;
  std::filesystem::path state_directory = "state";

  bool operator==(const GlobalSettings&) const = default;
};

// Where an input's credentials come from. Without any key here they are looked for as AWS's own
// tools do: the environment, then the shared files.
struct CredentialsSettings {
  std::string access_key;
  Secret access_secret;
  Secret session_token;
  std::string profile;  // of the shared files ~/.aws/config and ~/.aws/credentials

  bool operator==(const CredentialsSettings&) const = default;
};

struct AwsSettings {
  bool use_fips_endpoint = false;
  bool use_dualstack_endpoint = false;
  std::string endpoint_url;  // instead of AWS's, for all services

  bool operator==(const AwsSettings&) const = default;
};

// What `aws-collector setup` makes in the input's account.
struct SetupSettings {
  bool at_start = false;  // also at each start of the collector, when something has changed
  std::string name_prefix = "devo-collector";             // of all names
  std::vector<std::pair<std::string, std::string>> tags;  // beside the marks of what is ours

  bool operator==(const SetupSettings&) const = default;
};

struct InputSettings {
  std::string name;
  std::string id;  // part of the positions' key; empty: not part of it
  bool enabled = true;
  CredentialsSettings credentials;
  AwsSettings aws;
  SetupSettings setup;
  std::vector<AuditEventsSettings> audit_events;
  std::vector<S3LogsSettings> s3_logs;
  std::vector<ServiceEventsSettings> service_events;
  std::vector<LogGroupSettings> log_groups;

  bool operator==(const InputSettings&) const = default;
};

struct Config {
  GlobalSettings globals;
  std::vector<OutputSettings> outputs;
  std::vector<InputSettings> inputs;

  bool operator==(const Config&) const = default;
};

}  // namespace collector

#endif  // COLLECTOR_CONFIG_CONFIG_H_
