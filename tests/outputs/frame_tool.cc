// devo_send_tool: sends records to a Devo endpoint through the real output, for tests/oracle, which
// compares its bytes with those of Devo's own SDK. Reads one JSON object a line from standard
// input,
// {"tag": ..., "time": "2023-06-02T08:31:15.123Z", "message": ...}; every object is a batch of its
// own. Ends with 0 when all is delivered, else with 1 and the reason on standard error.
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/time_text.h"
#include "outputs/devo_output.h"

namespace collector {
namespace {

int Complain(const std::string& what) {
  fmt::print(stderr, "{}\n", what);
  return 1;
}

int SendAll(const DevoSettings& settings) {
  SystemClock clock;
  Events events(StandardErrorSink());
  auto output = NewDevoOutput("devo", settings, clock, events);
  if (!output) return Complain(output.error().message);
  for (std::string line; std::getline(std::cin, line);) {
    const auto record = nlohmann::json::parse(line, nullptr, false);
    if (record.is_discarded()) return Complain("not JSON: " + line);
    const auto time = ParseTime(record.value("time", ""));
    if (!time) return Complain("no time: " + line);
    auto records = std::make_shared<Records>(record.value("tag", ""));
    records->Add(*time, record.value("message", ""));
    Status taken = (*output)->Submit({records, Ack::Create([](Outcome) {})}, {});
    if (!taken) return Complain(taken.error().message);
  }
  const Status closed = (*output)->Close(clock.MonotonicNow() + Seconds(30));
  return closed ? 0 : Complain(closed.error().message);
}

}  // namespace
}  // namespace collector

int main(int argc, char** argv) {
  collector::DevoSettings settings;
  CLI::App app("Sends records from standard input to a Devo endpoint");
  app.add_option("--address", settings.address)->required();
  app.add_option("--port", settings.port)->required();
  app.add_option("--chain", settings.chain)->required();
  app.add_option("--cert", settings.cert)->required();
  app.add_option("--key", settings.key)->required();
  app.add_option("--host", settings.host_name, "HOST of the frames instead of this machine's");
  app.add_option("--gzip-threshold", settings.gzip_threshold);
  bool demand_receipts = false;
  app.add_flag("--demand-receipts", demand_receipts, "Nothing counts without a TLS receipt");
  CLI11_PARSE(app, argc, argv);
  if (demand_receipts) settings.delivery_receipt = collector::DeliveryReceipt::kTls;
  return collector::SendAll(settings);
}
