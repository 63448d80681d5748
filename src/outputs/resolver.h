// Resolver: a host name to socket addresses. Stateless; any thread.
#ifndef COLLECTOR_OUTPUTS_RESOLVER_H_
#define COLLECTOR_OUTPUTS_RESOLVER_H_

#include <cstdint>
#include <string>
#include <vector>

#include <sys/socket.h>

#include "base/result.h"
#include "outputs/waiter.h"

namespace collector {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  int family() const { return storage.ss_family; }
  // "192.0.2.1", "2001:db8::1"
  std::string ToString() const;
};

// Whether `host` is an IP address rather than a name.
bool IsIpAddress(const std::string& host);

// All stream addresses of `host`, in the system's order (RFC 6724). kRetry when the name is not
// found or there is no answer before `until`: name servers have bad minutes. kCancelled when the
// waiter is stopped; the system's resolver, which cannot be interrupted, then ends on its own.
Result<std::vector<SocketAddress>> Resolve(const std::string& host, uint16_t port, Instant until,
                                           Waiter& waiter);

}  // namespace collector

#endif  // COLLECTOR_OUTPUTS_RESOLVER_H_
