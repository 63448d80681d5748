#include <algorithm>
#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/readers.h"
#include "config/section.h"

namespace collector {
namespace {

constexpr size_t kLongestId = 128;

// A secret's text, to which an empty one (`${AWS_SESSION_TOKEN:-}`) is the same as none.
void ReadRequiredSecret(const ConfigValue& value, Secret& into) {
  const std::optional<Secret> secret = value.SecretText();
  if (secret && secret->empty()) value.Error("is empty; expected a secret");
  Assign(into, secret);
}

void RefuseRole(const ConfigValue& value, CredentialsSettings&) {
  value.Error(
      "names a role, which this version cannot assume yet; expected the keys or the "
      "profile of the account itself (going on without the role would read another "
      "account)");
}

constexpr Key<CredentialsSettings> kCredentialsKeys[] = {
    {"access_key",
     [](const ConfigValue& value, CredentialsSettings& into) {
       // Not a secret, but its neighbour is: people mix the two up, so it is not shown either.
       Secret text;
       ReadRequiredSecret(value, text);
       into.access_key = text.Reveal();
     }},
    {"access_secret",
     [](const ConfigValue& value, CredentialsSettings& into) {
       ReadRequiredSecret(value, into.access_secret);
     }},
    {"session_token",
     [](const ConfigValue& value, CredentialsSettings& into) {
       Assign(into.session_token, value.SecretText());
     }},
    {"profile",
     [](const ConfigValue& value, CredentialsSettings& into) {
       Assign(into.profile, value.Text("the name of a profile in ~/.aws/config"));
     }},
    {"base_assume_role", RefuseRole},
    {"target_assume_role", RefuseRole},
    {"assume_role_external_id", RefuseRole},
};

void ReadCredentials(const ConfigValue& value, InputSettings& into) {
  if (value.node().kind == YamlNode::Kind::kNull) {
    value.Expected(
        "access_key and access_secret, or profile, or no \"credentials\" at all to take "
        "them from the environment");
    return;
  }
  if (!ReadSection<CredentialsSettings>(value, into.credentials, {kCredentialsKeys})) return;
  const bool has_key = value.Find("access_key").has_value();
  const bool has_secret = value.Find("access_secret").has_value();
  if (has_key && !has_secret) value.Missing("access_secret", "it beside access_key");
  if (!has_key && has_secret) value.Missing("access_key", "it beside access_secret");
  if (!has_key && !has_secret && value.Find("session_token")) {
    value.Missing("access_key", "access_key and access_secret beside session_token");
  }
  if ((has_key || has_secret) && value.Find("profile")) {
    value.Error("has both keys and a profile; expected one of them");
  }
}

bool IsUrl(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    const std::string_view rest = text.substr(scheme.size());
    // A name and password before an `@` would end up in logs.
    return !rest.empty() && rest[0] != '/' && rest[0] != ':' &&
           rest.find_first_of("@?# \t") == std::string_view::npos;
  }
  return false;
}

constexpr Key<AwsSettings> kAwsKeys[] = {
    {"use_fips_endpoint", [](const ConfigValue& value,
                             AwsSettings& into) { Assign(into.use_fips_endpoint, value.Bool()); }},
    {"use_dualstack_endpoint",
     [](const ConfigValue& value, AwsSettings& into) {
       Assign(into.use_dualstack_endpoint, value.Bool());
     }},
    {"endpoint_url",
     [](const ConfigValue& value, AwsSettings& into) {
       const auto url = value.Text("a URL such as http://localhost:4566");
       if (url && !IsUrl(*url)) {
         value.Error(
             "is not a URL of a server; expected one such as http://localhost:4566, "
             "without user name and query");
       } else {
         Assign(into.endpoint_url, url);
       }
     }},
};

void ReadId(const ConfigValue& value, InputSettings& into) {
  constexpr std::string_view kExpected = "up to 128 letters, digits, \"_\", \"-\" and \".\"";
  const auto id = value.Text(kExpected);
  if (!id) return;
  const bool sound =
      id->size() <= kLongestId && std::all_of(id->begin(), id->end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.';
      });
  if (!sound) value.Expected(kExpected);
  into.id = *id;
}

void IgnoreAny(const ConfigValue&, InputSettings&) {}

constexpr Key<InputSettings> kInputKeys[] = {
    {"id", ReadId},
    {"enabled",
     [](const ConfigValue& value, InputSettings& into) { Assign(into.enabled, value.Bool()); }},
    {"credentials", ReadCredentials},
    {"aws", [](const ConfigValue& value,
               InputSettings& into) { ReadSection<AwsSettings>(value, into.aws, {kAwsKeys}); }},
    {"autoconfig",
     [](const ConfigValue& value, InputSettings& into) { ReadSetup(value, into.setup); }},
    // Read when all else is: some of their defaults are named by what stands beside them.
    {"services", [](const ConfigValue&, InputSettings&) {}},
    {"environment", IgnoreAny, "nothing depends on it"},
    {"requests_limits", IgnoreAny, "the limits of each AWS API are kept by themselves"},
};

struct InputRead {
  InputSettings settings;
  Position at;
};

// A region from which both read the same audit events, empty when there is none.
std::string SharedRegion(const InputSettings& a, const InputSettings& b) {
  for (const AuditEventsSettings& one : a.audit_events) {
    for (const AuditEventsSettings& other : b.audit_events) {
      if (one.event_source != other.event_source) continue;
      if (std::string region = FirstCommon(one.service.regions, other.service.regions);
          !region.empty()) {
        return region;
      }
    }
  }
  return {};
}

// Positions are kept by id, account, region and kind of data, not by the names in the file (D-7):
// two inputs that agree in all of them would overwrite each other's.
void RefuseSharedPositions(const std::vector<InputRead>& inputs, Diagnostics& diagnostics) {
  for (size_t j = 1; j < inputs.size(); ++j) {
    for (size_t i = 0; i < j; ++i) {
      const InputSettings& a = inputs[i].settings;
      const InputSettings& b = inputs[j].settings;
      const bool same_account = a.credentials.access_key == b.credentials.access_key &&
                                a.credentials.profile == b.credentials.profile &&
                                a.aws.endpoint_url == b.aws.endpoint_url;
      if (a.id != b.id || !same_account) continue;
      const std::string region = SharedRegion(a, b);
      if (region.empty()) continue;
      diagnostics.Error(
          inputs[j].at,
          fmt::format("inputs.{} reads the audit events of {} with the same credentials and {} as "
                      "inputs.{}, so both would keep one position; expected a different \"id\" in "
                      "each",
                      b.name, region, a.id.empty() ? "without an id" : "the same id", a.name));
      break;
    }
  }
}

bool HasServices(const InputSettings& input) {
  return !(input.audit_events.empty() && input.s3_logs.empty() && input.service_events.empty() &&
           input.log_groups.empty());
}

}  // namespace

std::vector<InputSettings> ReadInputs(const ConfigValue& inputs) {
  if (inputs.node().kind != YamlNode::Kind::kNull && !inputs.IsMap()) return {};
  Diagnostics& diagnostics = inputs.context().diagnostics;
  const size_t errors_before = diagnostics.error_count();
  std::vector<InputRead> read;
  for (const auto& [name, value] : inputs.Entries()) {
    const std::optional<ConfigValue> enabled = value.Find("enabled");
    const bool off = enabled && enabled->Bool() == false;
    const Diagnostics::Demotion demotion(diagnostics, off);
    InputSettings input;
    input.name = name;
    if (!ReadSection<InputSettings>(value, input, {kInputKeys})) continue;
    if (const auto services = value.Find("services")) {
      ReadServices(*services, input);
    } else {
      value.Missing("services", "what to collect, such as audit-events-all");
    }
    if (!off && HasServices(input)) read.push_back({std::move(input), value.key_at()});
  }
  RefuseSharedPositions(read, diagnostics);
  // Where an input is at fault, that is what to mend first.
  if (read.empty() && diagnostics.error_count() == errors_before) {
    diagnostics.Error(inputs.key_at(),
                      "inputs holds nothing that this version can collect; expected "
                      "an input that is switched on, with the service "
                      "audit-events-all, service-events-all or non-cloudwatch-logs");
  }
  std::vector<InputSettings> settings;
  for (InputRead& input : read) settings.push_back(std::move(input.settings));
  return settings;
}

void AppendInputsKeys(std::vector<std::string>& paths) {
  AppendKeyPaths<InputSettings>("inputs.*", kInputKeys, paths);
  AppendKeyPaths<CredentialsSettings>("inputs.*.credentials", kCredentialsKeys, paths);
  AppendKeyPaths<AwsSettings>("inputs.*.aws", kAwsKeys, paths);
  AppendSetupKeys(paths);
}

}  // namespace collector
