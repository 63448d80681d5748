// Any bytes as the body of a message: objects that have a bucket and a key, or an error in one
// line, and no crash. Seeds: tests/testdata/fuzz/notification.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sources/notification.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace collector;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto notification = ParseNotification(body);
  if (!notification) {
    if (notification.error().kind != ErrorKind::kRejected) std::abort();
    if (notification.error().message.find('\n') != std::string::npos) std::abort();
    return 0;
  }
  for (const AnnouncedObject& object : notification->objects) {
    if (object.bucket.empty() || object.key.empty()) std::abort();
    if (object.Identity() != object.Identity()) std::abort();
  }
  return 0;
}
