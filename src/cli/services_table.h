// `aws-collector services`: what a configuration may name, and what is collected of it. Offline.
#ifndef COLLECTOR_CLI_SERVICES_TABLE_H_
#define COLLECTOR_CLI_SERVICES_TABLE_H_

#include <ostream>

namespace collector {

// One row a service, for a person to read. Returns the exit code.
int PrintServices(std::ostream& out);

}  // namespace collector

#endif  // COLLECTOR_CLI_SERVICES_TABLE_H_
