#include "cli/collect.h"

namespace collector {

Status Collect(const Config&, Clock&, Events&, std::stop_token, bool) {
  return Fail(ErrorKind::kRejected, "nothing is built yet that collects");
}

}  // namespace collector
