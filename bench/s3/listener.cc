#include "s3/listener.h"

#include <cstdlib>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace collector::bench {

void Must(bool good) {
  if (!good) std::abort();
}

Listener::Listener(uint16_t port, int flags)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0)) {
  const int one = 1;
  ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof address;
  Must(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  Must(::listen(fd_, 1024) == 0);
  Must(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
}

Listener::~Listener() { ::close(fd_); }

}  // namespace collector::bench
