#include <span>
#include <string>
#include <vector>

#include "config/readers.h"
#include "config/section.h"

namespace collector {
namespace {

constexpr ConfigValue::Choice<Persistence> kPersistences[] = {
    {"filesystem", Persistence::kFilesystem}, {"memory", Persistence::kMemory}};

void ReadPersistenceType(const ConfigValue& value, GlobalsRead& into) {
  if (value.node().text == "redis") {
    value.Error("is \"redis\", which this collector does not have; expected filesystem or memory");
    return;
  }
  Assign(into.settings.persistence, value.OneOf<Persistence>(kPersistences));
}

void ReadDirectory(const ConfigValue& value, GlobalsRead& into) {
  Assign(into.settings.state_directory, value.Text("the path of a folder"));
}

constexpr Key<GlobalsRead> kPersistenceConfigKeys[] = {
    {"directory_name", ReadDirectory},
    {"dir", ReadDirectory},
};

constexpr Key<GlobalsRead> kPersistenceKeys[] = {
    {"type", ReadPersistenceType},
    {"config",
     [](const ConfigValue& value, GlobalsRead& into) {
       ReadSection<GlobalsRead>(value, into, {kPersistenceConfigKeys});
     }},
};

void IgnoreBool(const ConfigValue& value, GlobalsRead&) { value.Bool(); }
void IgnoreCount(const ConfigValue& value, GlobalsRead&) { value.Integer(0, 1'000'000'000); }

constexpr std::string_view kOneProcess = "one process with threads does all the work";
constexpr std::string_view kNoQueues = "records wait in no queue between source and output";

constexpr Key<GlobalsRead> kGlobalsKeys[] = {
    {"id", [](const ConfigValue& value,
              GlobalsRead& into) { Assign(into.settings.id, value.Text("a text")); }},
    {"name", [](const ConfigValue& value,
                GlobalsRead& into) { Assign(into.settings.name, value.Text("a text")); }},
    {"debug", [](const ConfigValue& value,
                 GlobalsRead& into) { Assign(into.settings.debug, value.Bool()); }},
    {"persistence",
     [](const ConfigValue& value, GlobalsRead& into) {
       ReadSection<GlobalsRead>(value, into, {kPersistenceKeys});
     }},
    {"queue_max_size_in_mb",
     [](const ConfigValue& value, GlobalsRead& into) {
       if (const auto megabytes = value.Integer(1, 65'536)) {
         into.devo_defaults.window_bytes = static_cast<size_t>(*megabytes * kMegabyte);
       }
     }},
    {"queue_max_size_in_messages",
     [](const ConfigValue& value, GlobalsRead& into) {
       Assign(into.devo_defaults.window_records, value.Integer(1, 1'000'000'000));
     }},
    {"devo_sender_threshold_for_using_gzip_in_transport_layer",
     [](const ConfigValue& value, GlobalsRead& into) {
       Assign(into.devo_defaults.gzip_threshold, value.Number(-1.0, 1.1));
     }},
    {"devo_sender_compression_level",
     [](const ConfigValue& value, GlobalsRead& into) {
       Assign(into.devo_defaults.gzip_level, value.Integer(1, 9));
     }},
    {"devo_sender_compression_buffer_in_bytes",
     [](const ConfigValue& value, GlobalsRead& into) {
       Assign(into.devo_defaults.gzip_buffer_bytes, value.Integer(1024, 16 * kMegabyte));
     }},
    {"sender_concurrent_connections",
     [](const ConfigValue& value, GlobalsRead& into) {
       Assign(into.devo_defaults.connections, value.Integer(1, kMostConnections));
     }},
    {"queue_max_elapsed_time_in_sec", IgnoreCount, kNoQueues},
    {"queue_wrap_max_size_in_messages", IgnoreCount, kNoQueues},
    {"queue_generate_metrics", IgnoreBool, kNoQueues},
    {"balanced_output", IgnoreBool, "every output gets every record"},
    {"multiprocessing", IgnoreBool, kOneProcess},
    {"max_consumers_for_multiprocessing", IgnoreCount, kOneProcess},
    {"max_consumers_for_multithreading", IgnoreCount, kOneProcess},
    {"sender_stats_period_in_sec", IgnoreCount, "counts are logged when the collector ends"},
    {"sender_activate_final_queue", IgnoreBool, kNoQueues},
    {"generate_collector_details", IgnoreBool, "no records about the collector itself are sent"},
};

}  // namespace

GlobalsRead ReadGlobals(const ConfigValue& globals) {
  GlobalsRead read;
  ReadSection<GlobalsRead>(globals, read, {kGlobalsKeys});
  return read;
}

void AppendGlobalsKeys(std::vector<std::string>& paths) {
  AppendKeyPaths<GlobalsRead>("globals", kGlobalsKeys, paths);
  AppendKeyPaths<GlobalsRead>("globals.persistence", kPersistenceKeys, paths);
  AppendKeyPaths<GlobalsRead>("globals.persistence.config", kPersistenceConfigKeys, paths);
}

}  // namespace collector
