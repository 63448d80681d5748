#include "cli/services_table.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/exit_codes.h"
#include "sources/aws_services.h"

namespace collector {
namespace {

using Row = std::array<std::string, 5>;

std::vector<Row> Rows() {
  std::vector<Row> rows = {
      {"SERVICE", "WHAT IT IS", "EVENTS: source", "AUDITS: event source",
       "METRICS (not yet collected): namespaces"},
      {"service-events-all", "all service events", "every source", "", ""},
      {"audit-events-all", "all audit events", "", "every source", ""},
      {"metrics-all", "all metrics (not yet collected)", "", "", "every namespace"},
      {"cwl_N", "log groups of CloudWatch Logs", "", "", ""},
      {"non-cloudwatch-logs", "logs in S3: VPC, CloudFront, ...", "", "", ""},
  };
  for (const AwsService& service : AwsServices()) {
    rows.push_back({std::string(service.name), std::string(service.title),
                    std::string(service.event_source), std::string(service.audit_source),
                    std::string(service.metrics_namespaces)});
  }
  return rows;
}

}  // namespace

int PrintServices(std::ostream& out) {
  const std::vector<Row> rows = Rows();
  std::array<size_t, std::tuple_size_v<Row>> widths{};
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  }
  return kExitDone;
}

}  // namespace collector
