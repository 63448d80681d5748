#include "outputs/resolver.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/file.h"

namespace collector {
namespace {

// A look-up that may outlive the one who asked: shared by the asker and the thread.
struct Lookup {
  Lookup(std::string host_name, uint16_t port_number)
      : host(std::move(host_name)),
        port(std::to_string(port_number)),
        done_fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Lookup() {
    if (done_fd >= 0) ::close(done_fd);
  }
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  void Run(int flags) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* found = nullptr;
    error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
    system_error = errno;
    for (const addrinfo* a = error == 0 ? found : nullptr; a != nullptr; a = a->ai_next) {
      SocketAddress address;
      std::memcpy(&address.storage, a->ai_addr, a->ai_addrlen);
      address.size = a->ai_addrlen;
      addresses.push_back(address);
    }
    if (error == 0) ::freeaddrinfo(found);
  }

  void Announce() {
    done.store(true, std::memory_order_release);
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(done_fd, &one, sizeof one);
  }

  const std::string host;
  const std::string port;
  const int done_fd;
  std::atomic<bool> done = false;  // the fields below are the asker's from then on
  int error = 0;
  int system_error = 0;
  std::vector<SocketAddress> addresses;
};

Status RunOnThread(const std::shared_ptr<Lookup>& lookup) {
  try {
    std::thread([lookup] {
      lookup->Run(AI_ADDRCONFIG);
      lookup->Announce();
    }).detach();
  } catch (const std::system_error& e) {
    return Fail(ErrorKind::kRetry,
                fmt::format("cannot start a thread to resolve {}: {}", lookup->host, e.what()));
  }
  return {};
}

std::string LookupError(const Lookup& lookup) {
  if (lookup.error == EAI_SYSTEM) return ErrnoText(lookup.system_error);
  return ::gai_strerror(lookup.error);
}

}  // namespace

std::string SocketAddress::ToString() const {
  char text[INET6_ADDRSTRLEN] = "";
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(&storage);
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&storage);
  const void* bytes = family() == AF_INET6 ? static_cast<const void*>(&v6->sin6_addr)
                                           : static_cast<const void*>(&v4->sin_addr);
  ::inet_ntop(family(), bytes, text, sizeof text);
  return text;
}

bool IsIpAddress(const std::string& host) {
  in6_addr ignored;
  return ::inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

Result<std::vector<SocketAddress>> Resolve(const std::string& host, uint16_t port, Instant until,
                                           Waiter& waiter) {
  const auto lookup = std::make_shared<Lookup>(host, port);
  if (IsIpAddress(host)) {
    lookup->Run(AI_NUMERICHOST);
    lookup->Announce();
  } else {
    if (lookup->done_fd < 0) return Fail(ErrorKind::kRetry, ErrnoText(EMFILE));
    if (Status started = RunOnThread(lookup); !started) return Propagate(started);
    switch (waiter.WaitThrough(lookup->done_fd, POLLIN, until)) {
      case Waiter::Woke::kReady:
        break;
      case Waiter::Woke::kTimeout:
        return Fail(ErrorKind::kRetry,
                    fmt::format("no name server answered for {}: check the network and "
                                "/etc/resolv.conf",
                                host));
      default:
        return Fail(ErrorKind::kCancelled, fmt::format("stopped while resolving {}", host));
    }
  }
  if (!lookup->done.load(std::memory_order_acquire)) {
    return Fail(ErrorKind::kRetry, fmt::format("the look-up of {} broke off", host));
  }
  if (lookup->error != 0 || lookup->addresses.empty()) {
    return Fail(ErrorKind::kRetry,
                fmt::format("the name {} cannot be resolved ({}): check the address in the "
                            "configuration, and this machine's DNS",
                            host, LookupError(*lookup)));
  }
  return std::move(lookup->addresses);
}

}  // namespace collector
