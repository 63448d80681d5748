#include "config/loader.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/time_text.h"
#include "config/fixtures.h"
#include "config/yaml_reader.h"

namespace collector {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Config LoadOk(const std::string& name) {
  const std::string path = COLLECTOR_SOURCE_DIR "/tests/testdata/config/" + name + ".ok.yml";
  const LoadedConfig loaded = LoadFixtureText(ReadFile(path).value());
  EXPECT_THAT(Lines(loaded.errors), IsEmpty());
  return loaded.config.value();
}

const DevoSettings& Devo(const Config& config, size_t index = 0) {
  return std::get<DevoSettings>(config.outputs.at(index).kind);
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "config-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path Write(const std::string& name, const std::string& text = "x") const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

constexpr char kWithDevo[] = R"(
outputs:
  devo: {type: devo_platform, config: {address: a.devo.io, chain: c.crt, cert: d.crt, key: d.key}}
inputs:
  aws: {services: {audit-events-all: {regions: [us-east-1]}}}
)";

TEST(LoadConfig, ReadsWhatDevoDocuments) {
  const Config config = LoadOk("as-devo-documents-it");
  EXPECT_EQ(config.globals.name, "aws");
  EXPECT_EQ(config.globals.state_directory, "/etc/collector/state");
  EXPECT_EQ(config.globals.persistence, Persistence::kFilesystem);
  ASSERT_EQ(config.outputs.size(), 1u);
  EXPECT_EQ(config.outputs[0].name, "devo_1");
  EXPECT_EQ(Devo(config).address, "collector-us.devo.io");
  EXPECT_EQ(Devo(config).port, 443);
  EXPECT_EQ(Devo(config).chain, "/etc/collector/certs/chain.crt");
  EXPECT_EQ(Devo(config).cert, "/etc/collector/certs/acme.crt");
  EXPECT_EQ(Devo(config).key, "/etc/collector/certs/acme.key");
  ASSERT_EQ(config.inputs.size(), 1u);
  EXPECT_EQ(config.inputs[0].id, "12345");
  EXPECT_EQ(config.inputs[0].credentials.access_key, "AKIAIOSFODNN7EXAMPLE");
  EXPECT_EQ(config.inputs[0].credentials.access_secret.Reveal(), "hunter2-EXAMPLEKEY");
  ASSERT_EQ(config.inputs[0].audit_events.size(), 1u);
  const ServiceSettings& service = config.inputs[0].audit_events[0].service;
  EXPECT_EQ(service.name, "audit-events-all");
  EXPECT_THAT(service.regions, ElementsAre("us-east-1", "eu-west-1", "ap-southeast-2"));
}

TEST(LoadConfig, KeepsTheDefaultsOfTheSettingsForWhatTheFileDoesNotSay) {
  const LoadedConfig loaded = LoadFixtureText(kWithDevo);
  ASSERT_TRUE(loaded.config) << testing::PrintToString(Lines(loaded.errors));
  const DevoSettings defaults;
  const DevoSettings& read = Devo(*loaded.config);
  EXPECT_EQ(read.port, defaults.port);
  EXPECT_EQ(read.verify_host_name, true);
  EXPECT_EQ(read.sec_level, defaults.sec_level);
  EXPECT_EQ(read.window_bytes, defaults.window_bytes);
  EXPECT_EQ(read.gzip_threshold, defaults.gzip_threshold);
  const AuditEventsSettings& audit = loaded.config->inputs.at(0).audit_events.at(0);
  EXPECT_EQ(audit.look_back, Seconds(1200));
  EXPECT_EQ(audit.service.request_period, Seconds(60));
  EXPECT_EQ(audit.service.pull_retries, 3);
  EXPECT_EQ(audit.service.start_time, std::nullopt);
  EXPECT_EQ(loaded.config->inputs[0].id, "");
}

TEST(LoadConfig, GivesGlobalsToEveryDevoOutputUnlessItSaysOtherwise) {
  const Config config = LoadOk("every-devo-performance-key");
  EXPECT_EQ(Devo(config).window_bytes, size_t{1024} << 20);
  EXPECT_EQ(Devo(config).window_records, 10'000u);
  EXPECT_EQ(Devo(config).gzip_threshold, 0.5);
  EXPECT_EQ(Devo(config).gzip_level, 1);
  EXPECT_EQ(Devo(config).gzip_buffer_bytes, 51'200u);
  EXPECT_EQ(Devo(config).send_timeout, Seconds(5));
  EXPECT_EQ(Devo(config).longest_reconnect_wait, Seconds(60));

  // Wherever globals stands.
  const LoadedConfig loaded =
      LoadFixtureText(std::string(kWithDevo) +
                      "globals: {devo_sender_compression_level: 9, queue_max_size_in_mb: 2}");
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(Devo(*loaded.config).gzip_level, 9);
  EXPECT_EQ(Devo(*loaded.config).window_bytes, size_t{2} << 20);
}

TEST(LoadConfig, ReadsEveryKindOfOutput) {
  const Config config = LoadOk("every-output");
  ASSERT_EQ(config.outputs.size(), 6u);
  EXPECT_EQ(Devo(config).key_passphrase.Reveal(), "hunter2 $5");
  EXPECT_EQ(Devo(config).verify_host_name, false);
  EXPECT_EQ(Devo(config).sec_level, 1);
  EXPECT_EQ(Devo(config).delivery_receipt, DeliveryReceipt::kTls);
  EXPECT_EQ(Devo(config).connect_timeout, Milliseconds(2500));
  EXPECT_EQ(Devo(config).reconnect_after_idle, Seconds(10));
  EXPECT_EQ(Devo(config).close_timeout, Seconds(5));
  EXPECT_EQ(Devo(config).host_name, "collector-1");
  EXPECT_EQ(Devo(config).write_bytes, 16'384u);
  EXPECT_EQ(Devo(config).max_record_bytes, 65'536u);
  EXPECT_EQ(Devo(config, 1).chain, "/etc/devo/chain.crt");
  EXPECT_EQ(Devo(config, 2).address, "2001:db8::7");
  EXPECT_EQ(std::get<ConsoleSettings>(config.outputs[3].kind).format, TextFormat::kPlain);
  EXPECT_EQ(std::get<ConsoleSettings>(config.outputs[4].kind).format, TextFormat::kJson);
  const FileSettings& file = std::get<FileSettings>(config.outputs[5].kind);
  EXPECT_EQ(file.path, "/etc/collector/archive/records.jsonl");
  EXPECT_EQ(file.rotate_bytes, 0u);
  EXPECT_EQ(file.rotate_interval, Seconds(3600));
  EXPECT_EQ(file.keep_files, 7u);
}

TEST(LoadConfig, ReadsEveryKeyOfAuditEvents) {
  const Config config = LoadOk("every-key-of-audit-events");
  const InputSettings& input = config.inputs.at(0);
  EXPECT_EQ(input.credentials.session_token.Reveal(), "hunter2-token");
  EXPECT_TRUE(input.aws.use_fips_endpoint);
  EXPECT_FALSE(input.aws.use_dualstack_endpoint);
  EXPECT_EQ(input.aws.endpoint_url, "http://127.0.0.1:4566");
  const AuditEventsSettings& audit = input.audit_events.at(0);
  EXPECT_EQ(audit.service.request_period, Milliseconds(250));
  EXPECT_EQ(audit.service.pull_retries, 100);
  EXPECT_EQ(audit.service.tag, "my.app.{service}.{account}.{region}.{event_name}");
  EXPECT_EQ(FormatRfc3339(audit.service.start_time.value()), "2026-03-31T22:00:00Z");
  EXPECT_EQ(audit.look_back, Seconds(21'600));
  EXPECT_THAT(audit.drop_event_names, ElementsAre("Decrypt", "GenerateDataKey"));
}

TEST(LoadConfig, TakesTheEventNameOfATrailInS3ForAFieldOfItsRecords) {
  const S3LogsSettings trail = LoadOk("audits-from-a-trail-in-s3").inputs.at(0).s3_logs.at(0);
  EXPECT_EQ(trail.service.tag, "my.app.audit.{account}.{region}.{record.eventName}");
  const std::vector<FieldFilter> filters = {{"eventName", {"Decrypt"}}};
  EXPECT_EQ(trail.drop_records, filters);
}

TEST(LoadConfig, ReadsEveryKeyOfALogGroup) {
  const auto groups = LoadOk("every-key-of-a-log-group").inputs.at(0).log_groups;
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_EQ(groups[0].group, "/aws/lambda/orders");
  EXPECT_THAT(groups[0].streams, ElementsAre("one", "two", "three"));
  EXPECT_EQ(groups[0].pattern, R"({ $.level = "error" })");
  EXPECT_EQ(groups[0].look_back, Seconds(3600));
  EXPECT_TRUE(groups[0].envelope);
  EXPECT_EQ(groups[0].service.tag, "my.app.{log_group}.{log_stream}");
  EXPECT_EQ(groups[1].group, "arn:aws:logs:us-east-1:111122223333:log-group:/app");
  EXPECT_EQ(groups[1].stream_prefix, "web-");
  EXPECT_EQ(groups[1].look_back, std::nullopt);
  EXPECT_FALSE(groups[1].envelope);
  EXPECT_THAT(groups[2].groups,
              ElementsAre("/app/one", "arn:aws:logs:us-east-1:111122223333:log-group:/app"));
  ASSERT_EQ(groups[2].patterns.size(), 1u);
  EXPECT_EQ(groups[2].patterns[0].text(), "/aws/lambda/**");
  ASSERT_EQ(groups[2].exclude.size(), 1u);
  EXPECT_TRUE(groups[2].linked_accounts);
  EXPECT_TRUE(groups[2].activity_first);
}

TEST(LoadConfig, ReadsWhatSetupMakes) {
  const InputSettings input = LoadOk("every-key-of-setup").inputs.at(0);
  EXPECT_TRUE(input.setup.at_start);
  EXPECT_EQ(input.service_events.at(0).queue, "acme-collector-service-events-all.fifo");
  EXPECT_EQ(input.service_events.at(0).rule_source, "");
  const S3LogsSettings& logs = input.s3_logs.at(0);
  // CloudFront's logs of all regions lie in one; a queue that is named is no other than setup's.
  const std::vector<QueueSettings> queues = {{"named-by-hand", "cloudfront", "us-east-1"},
                                             {"acme-collector-vpcflowlogs", "vpc-flow", ""}};
  EXPECT_EQ(logs.queues, queues);
  ASSERT_EQ(logs.setups.size(), 2u);
  EXPECT_EQ(logs.setups[0].bucket, "flow.logs-of-acme");
  EXPECT_THAT(logs.setups[0].ids, ElementsAre("vpc-0a1b2c3d", "vpc-9f8e7d6c"));
  EXPECT_TRUE(logs.setups[1].all);
  EXPECT_EQ(logs.setups[1].queue, "named-by-hand");
  const std::vector<QueueSettings> trail = {{"acme-collector-audit", "cloudtrail", ""}};
  EXPECT_EQ(input.s3_logs.at(1).queues, trail);
}

TEST(LoadConfig, MovesAStartTimeBefore90DaysToWhatTheApiReaches) {
  const Config config = LoadOk("start-time-before-the-90-days");
  EXPECT_EQ(config.inputs.at(0).audit_events.at(0).service.start_time,
            FixtureNow() - std::chrono::days(90));
}

TEST(LoadConfig, PutsEnvironmentVariablesIn) {
  const Config config = LoadOk("environment-variables");
  EXPECT_EQ(Devo(config).address, "eu.example.com");
  EXPECT_EQ(Devo(config).port, 8443);
  EXPECT_EQ(config.inputs.at(0).id, "default-1");
  EXPECT_EQ(config.inputs.at(0).credentials.access_secret.Reveal(), "hunter2-from-the-environment");
  EXPECT_TRUE(config.inputs.at(0).credentials.session_token.empty());
}

TEST(LoadConfig, MergesAliasesAndMergeKeys) {
  const Config config = LoadOk("anchors-aliases-and-merge-keys");
  ASSERT_EQ(config.inputs.size(), 3u);
  EXPECT_EQ(config.inputs[1].audit_events.at(0).service.pull_retries, 1);
  EXPECT_THAT(config.inputs[1].audit_events[0].service.regions,
              ElementsAre("us-east-1", "eu-central-1"));
  EXPECT_EQ(config.inputs[2].audit_events.at(0).service.tag, "my.app.test");
}

TEST(LoadConfig, LeavesOutWhatIsSwitchedOff) {
  const Config config = LoadOk("disabled-parts-give-warnings-only");
  ASSERT_EQ(config.outputs.size(), 1u);
  EXPECT_EQ(config.outputs[0].name, "console_1");
  ASSERT_EQ(config.inputs.size(), 1u);
  EXPECT_EQ(config.inputs[0].name, "aws");
}

TEST(LoadConfig, AgreesForYamlAndJson) {
  const Config lines = LoadOk("json");
  EXPECT_EQ(lines.globals.name, "json \xC3\xA9");
  EXPECT_THAT(lines.inputs.at(0).audit_events.at(0).service.regions,
              ElementsAre("us-east-1", "eu-west-1"));
  EXPECT_EQ(LoadOk("json-in-one-line").inputs.at(0).audit_events.at(0).service.request_period,
            Milliseconds(500));
}

// A name on the right-hand side may be reused in positions: two inputs of one account need ids, two
// accounts or two endpoints do not (D-7).
TEST(LoadConfig, TellsInputsApartByCredentialsEndpointIdAndRegion) {
  const auto load = [](std::string_view a, std::string_view b) {
    return LoadFixtureText(
        fmt::format("outputs: {{c: {{type: console}}}}\ninputs:\n"
                    "  a: {{{}, services: {{audit-events-all: {{regions: [us-east-1]}}}}}}\n"
                    "  b: {{{}, services: {{audit-events-all: {{regions: [us-east-1]}}}}}}\n",
                    a, b));
  };
  EXPECT_TRUE(load("id: 1", "id: 2").config);
  EXPECT_TRUE(load("id: 1", "enabled: true").config);
  EXPECT_TRUE(load("credentials: {profile: x}", "credentials: {profile: y}").config);
  EXPECT_TRUE(load("aws: {endpoint_url: 'http://a'}", "aws: {endpoint_url: 'http://b'}").config);
  EXPECT_FALSE(load("id: 1", "id: 1").config);
  EXPECT_FALSE(load("credentials: {profile: x}", "credentials: {profile: x}").config);
}

TEST(LoadConfig, TakesRelativePathsFromTheFolderAboveConfig) {
  EXPECT_EQ(BaseFolder("/srv/collector/config/config.yaml"), "/srv/collector");
  EXPECT_EQ(BaseFolder("/srv/collector/config.yaml"), "/srv/collector");
  EXPECT_EQ(BaseFolder("/srv/./config/../config/x.json"), "/srv");
  EXPECT_EQ(BaseFolder("/config.yaml"), "/");
  EXPECT_EQ(BaseFolder("config/config.yaml"), std::filesystem::current_path());
  EXPECT_EQ(BaseFolder("other/config.yaml"), std::filesystem::current_path() / "other");
  EXPECT_EQ(BaseFolder("x.yaml"), BaseFolder(std::filesystem::current_path() / "x.yaml"));
}

TEST(LoadConfig, LooksForCertificatesInCertsAndThenInTheFolderItself) {
  const TemporaryFolder folder;
  folder.Write("certs/c.crt");
  folder.Write("c.crt");
  folder.Write("d.crt");
  const LoadedConfig loaded =
      LoadConfig(folder.Write("config/config.yaml", kWithDevo), FixtureEnvironment(), FixtureNow());
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(Devo(*loaded.config).chain, folder.path() / "certs/c.crt");
  EXPECT_EQ(Devo(*loaded.config).cert, folder.path() / "d.crt");
  EXPECT_EQ(Devo(*loaded.config).key, folder.path() / "certs/d.key") << "where it should be";
  EXPECT_EQ(loaded.config->globals.state_directory, folder.path() / "state");
}

TEST(LoadConfig, SaysWhyAFileCannotBeRead) {
  const TemporaryFolder folder;
  const auto why = [&](const std::filesystem::path& path) {
    const LoadedConfig loaded = LoadConfig(path, FixtureEnvironment(), FixtureNow());
    EXPECT_FALSE(loaded.config);
    EXPECT_EQ(loaded.errors.size(), 1u);
    return FormatDiagnostic("x.yaml", "error", loaded.errors.at(0));
  };
  EXPECT_EQ(why(folder.path() / "missing.yaml"), "x.yaml: error: No such file or directory");
  EXPECT_EQ(why(folder.path()), "x.yaml: error: is a folder, not a file");
  EXPECT_THAT(why(folder.Write("huge.yaml", std::string(kMaxConfigBytes + 1, '#'))),
              HasSubstr("larger than 1048576 bytes"));
}

TEST(LoadConfig, CutsTheComplaintsAboutAFileOfGarbage) {
  std::string text = kWithDevo;
  for (int i = 0; i < 1000; ++i) text += fmt::format("key{}: 1\n", i);
  const LoadedConfig loaded = LoadFixtureText(text);
  EXPECT_TRUE(loaded.config);
  ASSERT_EQ(loaded.warnings.size(), Diagnostics::kMost + 1);
  EXPECT_EQ(loaded.warnings.back().text, "and 900 more; mend these first");
}

TEST(LoadConfig, GivesColumnsInCharacters) {
  const LoadedConfig loaded = LoadFixtureText("{\"\xC3\xA4\xC3\xB6\": 1, outputs: [], inputs: 5}");
  EXPECT_THAT(Lines(loaded.errors), Contains("1:20: outputs is a list; expected a map of keys and "
                                             "values"));
}

// Where the schema says what a key is without being given, a file for a value of that key, with @
// where "key: value" stands, and one in which the key can be left out.
struct SchemaPlace {
  const char* pointer;
  const char* file;
};

constexpr SchemaPlace kSchemaPlaces[] = {
    {"/properties/globals/properties", "globals: {@}\nOUTPUT\nINPUT"},
    {"/properties/globals/properties/persistence/properties",
     "globals: {persistence: {@}}\nOUTPUT\nINPUT"},
    {"/properties/globals/properties/persistence/properties/config/properties",
     "globals: {persistence: {config: {@}}}\nOUTPUT\nINPUT"},
    {"/$defs/output/properties", "outputs: {c: {type: console, @}}\nINPUT"},
    {"/$defs/devo/properties",
     "outputs: {d: {type: devo_platform, config: {address: a, chain: c, cert: d, key: k, "
     "@}}}\nINPUT"},
    {"/$defs/console/properties", "outputs: {c: {type: console, config: {@}}}\nINPUT"},
    {"/$defs/file/properties", "outputs: {f: {type: file, config: {path: x, @}}}\nINPUT"},
    {"/$defs/input/properties",
     "OUTPUT\ninputs: {a: {services: {audit-events-all: {regions: [us-east-1]}}, @}}"},
    {"/$defs/input/properties/aws/properties",
     "OUTPUT\ninputs: {a: {services: {audit-events-all: {regions: [us-east-1]}}, aws: {@}}}"},
    {"/$defs/input/properties/services/properties/audit-events-all/properties",
     "OUTPUT\ninputs: {a: {services: {audit-events-all: {regions: [us-east-1], @}}}}"},
};

std::string FillIn(std::string text, const std::string& key_and_value) {
  const std::pair<std::string, std::string> slots[] = {
      {"OUTPUT",
       "outputs: {c: {type: devo_platform, config: {address: a, chain: c, cert: d, key: "
       "k}}}"},
      {"INPUT", "inputs: {a: {services: {audit-events-all: {regions: [us-east-1]}}}}"},
      {"@", key_and_value}};
  for (const auto& [slot, content] : slots) {
    const size_t at = text.find(slot);
    if (at != std::string::npos) text.replace(at, slot.size(), content);
  }
  return text;
}

TEST(Schema, GivesTheDefaultsThatTheLoaderHas) {
  const auto schema = nlohmann::json::parse(
      ReadFile(COLLECTOR_SOURCE_DIR "/docs/aws-collector.schema.json").value());
  size_t compared = 0;
  for (const SchemaPlace& place : kSchemaPlaces) {
    const LoadedConfig without = LoadFixtureText(FillIn(place.file, ""));
    ASSERT_TRUE(without.config) << testing::PrintToString(Lines(without.errors));
    for (const auto& [key, property] :
         schema[nlohmann::json::json_pointer(place.pointer)].items()) {
      if (!property.contains("default")) continue;
      const LoadedConfig with =
          LoadFixtureText(FillIn(place.file, key + ": " + property["default"].dump()));
      ASSERT_TRUE(with.config) << key << testing::PrintToString(Lines(with.errors));
      EXPECT_TRUE(*with.config == *without.config) << key << " has another default";
      ++compared;
    }
  }
  EXPECT_GT(compared, 25u);
  EXPECT_FALSE(*LoadFixtureText(FillIn("globals: {debug: true}\nOUTPUT\nINPUT", "")).config ==
               *LoadFixtureText(FillIn("OUTPUT\nINPUT", "")).config);
}

TEST(AllConfigKeys, NamesEachKeyOnce) {
  const std::vector<std::string> keys = AllConfigKeys();
  EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), keys.size());
  for (const char* key : {"globals.persistence.config.directory_name", "outputs.*.config.address",
                          "inputs.*.credentials.access_secret",
                          "inputs.*.services.audit-events-all.look_back_in_seconds",
                          "inputs.*.services.service-events-all.cloudwatch_sqs_queue_name"}) {
    EXPECT_THAT(keys, Contains(key));
  }
}

TEST(FormatDiagnostic, LooksLikeACompilersLine) {
  EXPECT_EQ(FormatDiagnostic("config.yaml", "warning", {{7, 5}, "so and so"}),
            "config.yaml:7:5: warning: so and so");
  EXPECT_EQ(FormatDiagnostic("config.yaml", "", {{7, 5}, "so"}), "config.yaml:7:5: so");
  EXPECT_EQ(FormatDiagnostic("config.yaml", "error", {{0, 0}, "so"}), "config.yaml: error: so");
}

}  // namespace
}  // namespace collector
