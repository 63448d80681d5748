// TlsServer: a Devo endpoint in this process: mutual TLS on a loopback port, a thread per
// connection, and the misbehaviour of real ones on demand. All methods may be called from any
// thread. It ends when it is destroyed.
#ifndef COLLECTOR_TESTS_FAKES_TLS_SERVER_H_
#define COLLECTOR_TESTS_FAKES_TLS_SERVER_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <openssl/ssl.h>

#include "fakes/test_pki.h"

namespace collector {

class TlsServer {
 public:
  enum class End {
    kNever,
    kReset,            // RST, with whatever is unread
    kClose,            // close(): FIN, or RST when something is unread
    kEndStream,        // close_notify and FIN, then reads on
    kStall,            // reads no more
    kKeyUpdate,        // updates its keys unasked, then reads on
    kKeyUpdateAsking,  // the same, asking for an answer
  };

  // What a connection does by itself once its application has read so many bytes.
  struct Plan {
    size_t after_bytes = 0;
    End end = End::kNever;
  };

  struct Options {
    bool tls12_only = false;
    bool answers_key_updates = true;  // false: what TLS says after the handshake is swallowed
    // OpenSSL defers its answer to a key update until it writes or meets the next handshake
    // message; true: answers each as soon as it was read, as Go's and Java's TLS do.
    bool answers_at_once = false;
    bool sends_tickets = true;
    bool keeps_bytes = true;                   // false: bytes are counted only, for measurements
    size_t receive_buffer_bytes = 0;           // SO_RCVBUF; 0: the system's
    std::function<Plan(int connection)> plan;  // 0 is the first connection
  };

  TlsServer(const TestPki& pki, const TestPki::Identity& identity, Options options);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  uint16_t port() const { return port_; }

  // While stalled no connection reads; what comes fills the kernel's buffers.
  void Stall(bool stalled);
  // Does this to all present connections.
  void Do(End end);
  // While closed, connections are reset as soon as they are accepted.
  void Refuse(bool refusing) { refusing_ = refusing; }

  // How many times the application has read a frame that ends in ": MESSAGE\n".
  int TimesRead(const std::string& message) const;
  // What is in this machine's kernel and was not read by the connections' TLS.
  size_t UnreadBytes() const;
  size_t bytes_read() const { return bytes_read_; }
  int accepted() const { return accepted_; }
  int handshakes() const { return handshakes_; }
  int ends_seen() const { return ends_seen_; }  // streams that the client ended in order
  size_t members() const { return members_; }
  bool any_broken_frame() const { return broken_; }
  // All frames, in the order in which they were read.
  std::vector<std::string> frames() const;
  // The raw bytes of each connection.
  std::vector<std::string> streams() const;
  // The server name that the last client asked for.
  std::string server_name() const;

  // Waits until `done` is true; it is looked at whenever something was read or happened.
  bool WaitUntil(const std::function<bool()>& done,
                 std::chrono::milliseconds longest = std::chrono::seconds(20)) const;

 private:
  struct Connection;

  void Accept();
  void Serve(Connection& connection);
  bool Handshake(Connection& connection);
  // False when the connection is over.
  bool Read(Connection& connection);
  bool ReadRecordByRecord(Connection& connection);
  bool Obey(Connection& connection, End end);
  void Record(Connection& connection, const char* data, size_t size);
  void Flush(Connection& connection);
  void Changed() const;

  const Options options_;
  SSL_CTX* context_;
  int listen_fd_;
  int stop_fd_;
  uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> stalled_ = false;
  std::atomic<bool> refusing_ = false;
  std::atomic<size_t> bytes_read_ = 0;
  std::atomic<size_t> members_ = 0;
  std::atomic<int> accepted_ = 0;
  std::atomic<int> handshakes_ = 0;
  std::atomic<int> ends_seen_ = 0;
  std::atomic<bool> broken_ = false;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<std::string, int> read_;
  std::vector<std::string> frames_;
  std::vector<std::string> streams_;
  std::string server_name_;
  std::list<std::unique_ptr<Connection>> connections_;
  std::thread acceptor_;
};

}  // namespace collector

#endif  // COLLECTOR_TESTS_FAKES_TLS_SERVER_H_
