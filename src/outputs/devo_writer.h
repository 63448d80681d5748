// DevoWriter: what the writer thread of a Devo output does: connect, frame, write, ask for
// receipts, settle, and begin again with what is not settled when a connection ends. Owned by the
// output, which calls Run() on its one thread and left() when that has ended.
#ifndef COLLECTOR_OUTPUTS_DEVO_WRITER_H_
#define COLLECTOR_OUTPUTS_DEVO_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "observe/events.h"
#include "outputs/frame.h"
#include "outputs/gzip_member.h"
#include "outputs/receipts.h"
#include "outputs/sent_window.h"
#include "outputs/settings.h"
#include "outputs/submit_queue.h"
#include "outputs/tls_connection.h"
#include "outputs/tls_context.h"
#include "outputs/waiter.h"

namespace collector {

class DevoWriter {
 public:
  // All references must outlive it.
  DevoWriter(std::string name, const DevoSettings& settings, SslContext context, Clock& clock,
             Events& events, SubmitQueue& queue, Waiter& waiter);

  // Returns when the queue is closed and all is delivered, or when the waiter is stopped; then what
  // is left resolves as failed.
  void Run();

  // How many records Run() had to leave undelivered.
  size_t left() const { return left_; }

 private:
  // What of a request for a receipt is still to be sent (see Ask()).
  enum class Asking { kNothing, kRequest, kNudge };

  // A connection and what was done on it.
  struct Session {
    std::unique_ptr<TlsConnection> connection;
    std::string buffer;          // frames or gzip members, to be written
    size_t sent = 0;             // of buffer
    uint64_t buffer_begins = 0;  // offset of buffer[0] in the stream
    bool blocked = false;        // a Write() is unfinished
    Asking asking = Asking::kNothing;
    bool delivered = false;  // something was settled on it
    bool half_closed = false;
    Instant half_closed_at;
    Instant last_write;
    Instant last_progress;
    uint64_t acknowledged = 0;  // by TCP, when last looked at

    bool HasUnwritten() const { return sent < buffer.size(); }
    uint64_t Written() const { return buffer_begins + sent; }
  };

  void TakeNew();
  void Connect();
  Result<std::unique_ptr<TlsConnection>> TryConnect();
  void OnConnected(std::unique_ptr<TlsConnection> connection);
  void OnNotConnected(const Error& error);
  void Disconnect(const Error& why);
  void EndIdle(std::string_view why);
  bool IdleTooLong() const;
  void PlanNextTry();

  void Turn();
  Waiter::Woke WaitForSocket(short& revents);
  Status HandleInput();
  Status HandleKeyUpdates();
  Status OnPeerEnded();
  Status HandleOutput(short revents);
  Status Write();
  void Fill();
  Status Ask();
  Status Watch();
  Status Finish();
  void Settle(std::vector<Batch> batches);
  void Abandon();

  const std::string name_;
  const DevoSettings& settings_;
  SslContext context_;
  Clock& clock_;
  Events& events_;
  SubmitQueue& queue_;
  Waiter& waiter_;

  FrameWriter frames_;
  GzipMember gzip_;
  Receipts receipts_;
  SentWindow window_;
  Session session_;
  std::vector<Batch> taken_;
  std::string plain_;  // frames on their way into a gzip member
  Milliseconds tick_{1};
  size_t left_ = 0;

  int attempt_ = 0;  // failed connections, or such that delivered nothing, in a row
  Instant next_try_;
  bool replaces_idle_ = false;  // the next connection only replaces an idle one
  Milliseconds stall_limit_;
  std::minstd_rand random_;
};

}  // namespace collector

#endif  // COLLECTOR_OUTPUTS_DEVO_WRITER_H_
