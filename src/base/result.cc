#include "base/result.h"

namespace collector {

std::string_view ToString(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kRetry:
      return "retry";
    case ErrorKind::kThrottled:
      return "throttled";
    case ErrorKind::kCredentials:
      return "credentials";
    case ErrorKind::kNotFound:
      return "not found";
    case ErrorKind::kRejected:
      return "rejected";
    case ErrorKind::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

}  // namespace collector
