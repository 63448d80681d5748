#include "cli/run.h"

#include "cli/check.h"
#include "cli/diagnostics_text.h"
#include "cli/exit_codes.h"
#include "cli/signals.h"
#include "config/loader.h"

namespace collector {
namespace {

void ReportErrors(const RunOptions& options, const LoadedConfig& loaded, const Events::Sink& sink,
                  std::ostream& err) {
  if (options.log_format == LogFormat::kText) {
    PrintDiagnostics(options.config_file, loaded, err);
    return;
  }
  for (const Diagnostic& error : loaded.errors) {
    sink(Level::kError, FormatDiagnostic(options.config_file.string(), "", error));
  }
}

}  // namespace

int Run(const RunOptions& options, const CollectFunction& collect, std::ostream& err) {
  SystemClock clock;
  const Instant began = clock.MonotonicNow();
  const LoadedConfig loaded =
      LoadConfig(options.config_file, Environment::OfThisProcess(), clock.Now());
  const Events::Sink sink = StandardErrorSink(options.log_format);
  if (!loaded.config) {
    ReportErrors(options, loaded, sink, err);
    return kExitBadConfig;
  }
  const std::vector<std::string> faults = FileFaults(*loaded.config, clock.Now());
  for (const std::string& fault : faults) sink(Level::kError, fault);
  if (!faults.empty()) return kExitBadConfig;
  Events events(sink, loaded.config->globals.debug ? Level::kDebug : Level::kInfo);
  StopSignals signals([&events](std::string_view name) { events.Stopping(name); });
  events.Started(COLLECTOR_VERSION, options.config_file.string());
  for (const Diagnostic& warning : loaded.warnings) {
    events.ConfigWarning(FormatDiagnostic(options.config_file.string(), "", warning));
  }
  const Status status = collect(*loaded.config, clock, events, signals.token(), options.once);
  events.Ended(clock.MonotonicNow() - began);
  if (status) return kExitDone;
  sink(Level::kError, status.error().message);
  return kExitFailed;
}

}  // namespace collector
