#include "s3/load_server.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace collector::bench {
namespace {

constexpr uint64_t kListener = 0;
constexpr uint64_t kStop = 1;
constexpr uint64_t kFirstConnection = 2;
constexpr size_t kLargestRequest = size_t{1} << 20;

Instant Now() { return std::chrono::steady_clock::now(); }

}  // namespace

LoadServer::LoadServer(ObjectStore& store, Options options)
    : aws_(store, std::move(options.aws)),
      listener_(options.port, SOCK_NONBLOCK),
      stop_fd_(::eventfd(0, EFD_CLOEXEC)),
      epoll_fd_(::epoll_create1(EPOLL_CLOEXEC)),
      next_id_(kFirstConnection) {
  for (const auto& [fd, id] : {std::pair(listener_.fd(), kListener), std::pair(stop_fd_, kStop)}) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = id;
    Must(::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0);
  }
  thread_ = std::thread([this] { Serve(); });
}

LoadServer::~LoadServer() {
  stopping_ = true;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_fd_, &one, sizeof one);
  thread_.join();
  for (const auto& [id, connection] : connections_) ::close(connection->fd);
  ::close(stop_fd_);
  ::close(epoll_fd_);
}

void LoadServer::Serve() {
  std::vector<epoll_event> events(256);
  while (!stopping_) {
    const int count =
        ::epoll_wait(epoll_fd_, events.data(), static_cast<int>(events.size()), Timeout(Now()));
    for (int i = 0; i < count; ++i) {
      const uint64_t id = events[static_cast<size_t>(i)].data.u64;
      const uint32_t what = events[static_cast<size_t>(i)].events;
      if (id == kListener) {
        Accept();
      } else if (id != kStop) {
        const auto found = connections_.find(id);
        if (found == connections_.end()) continue;
        if ((what & EPOLLOUT) != 0 && !Flush(id, *found->second)) continue;
        if ((what & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
          Read(id, Now());
        } else {
          Work(id, Now());
        }
      }
    }
    Timers(Now());
  }
}

void LoadServer::Accept() {
  for (;;) {
    const int fd = ::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const uint64_t id = next_id_++;
    auto connection = std::make_unique<Connection>();
    connection->fd = fd;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = id;
    Must(::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0);
    connections_.emplace(id, std::move(connection));
  }
}

void LoadServer::Read(uint64_t id, Instant now) {
  Connection& connection = *connections_.at(id);
  char buffer[16 << 10];
  const ssize_t got = ::recv(connection.fd, buffer, sizeof buffer, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    Close(id);
    return;
  }
  connection.in.append(buffer, static_cast<size_t>(got));
  if (connection.in.size() > kLargestRequest) {
    Close(id);
    return;
  }
  Work(id, now);
}

void LoadServer::Work(uint64_t id, Instant now) {
  for (;;) {
    const auto found = connections_.find(id);
    if (found == connections_.end() || found->second->busy) return;
    Connection& connection = *found->second;
    HttpRequest request;
    size_t size = 0;
    switch (ReadRequest(connection.in, request, size)) {
      case ReadOutcome::kNeedsMore:
        return;
      case ReadOutcome::kBad:
        Close(id);
        return;
      case ReadOutcome::kDone:
        break;
    }
    connection.busy = true;
    connection.closes = !request.keeps_alive;
    bool delayed = false;
    std::optional<HttpAnswer> answer = aws_.Handle(request, id, now, delayed);
    connection.in.erase(0, size);
    if (!answer) return;  // a long poll
    Answer(id, std::move(*answer), delayed, now);
  }
}

void LoadServer::Answer(uint64_t id, HttpAnswer answer, bool delayed, Instant now) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  found->second->out = std::move(answer);
  found->second->sent = 0;
  if (delayed && aws_.delay() > Milliseconds(0)) {
    held_.push({now + aws_.delay(), id});
  } else {
    Flush(id, *found->second);
  }
}

bool LoadServer::Flush(uint64_t id, Connection& connection) {
  const std::string_view object = connection.out.object;
  const std::string& head = connection.out.head;
  const size_t all = head.size() + object.size();
  while (connection.sent < all) {
    iovec parts[2];
    size_t count = 0;
    if (connection.sent < head.size()) {
      parts[count++] = {const_cast<char*>(head.data()) + connection.sent,
                        head.size() - connection.sent};
    }
    const size_t of_object = connection.sent - std::min(connection.sent, head.size());
    if (of_object < object.size()) {
      parts[count++] = {const_cast<char*>(object.data()) + of_object, object.size() - of_object};
    }
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(connection.fd, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) {
      Watch(id, connection, true);
      return true;
    }
    if (sent < 0) {
      Close(id);
      return false;
    }
    connection.sent += static_cast<size_t>(sent);
  }
  connection.busy = false;
  Watch(id, connection, false);
  if (!connection.closes) return true;
  Close(id);
  return false;
}

void LoadServer::Timers(Instant now) {
  while (!held_.empty() && held_.top().when <= now) {
    const uint64_t id = held_.top().id;
    held_.pop();
    const auto found = connections_.find(id);
    if (found != connections_.end() && Flush(id, *found->second)) Work(id, now);
  }
  for (auto& [id, answer] : aws_.sqs().TakeLate(now)) {
    Answer(id, std::move(answer), true, now);
    Work(id, now);
  }
}

void LoadServer::Close(uint64_t id) {
  const auto found = connections_.find(id);
  aws_.sqs().Forget(id);
  ::close(found->second->fd);
  connections_.erase(found);
}

void LoadServer::Watch(uint64_t id, Connection& connection, bool for_write) {
  if (connection.wants_write == for_write) return;
  connection.wants_write = for_write;
  epoll_event event{};
  event.events = for_write ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u64 = id;
  ::epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, connection.fd, &event);
}

int LoadServer::Timeout(Instant now) {
  std::optional<Instant> next = aws_.sqs().NextEvent();
  if (!held_.empty()) next = next ? std::min(*next, held_.top().when) : held_.top().when;
  if (!next) return -1;
  // Rounded up: an answer never comes before its time.
  return static_cast<int>(
      std::max<int64_t>(0, std::chrono::ceil<Milliseconds>(*next - now).count()));
}

}  // namespace collector::bench
