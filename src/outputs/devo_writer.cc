#include "outputs/devo_writer.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/time_text.h"

namespace collector {
namespace {

// TCP does not say when something was acknowledged, so it is asked, ever less often.
constexpr Milliseconds kFirstTick{1};
constexpr Milliseconds kLongestTick{100};
constexpr Milliseconds kFirstReconnectWait{500};
constexpr int kMostStallDoublings = 20;  // of settings.send_timeout, as a factor
constexpr size_t kEnoughUnframed = size_t{1} << 20;
// How long the peer's end of stream is waited for when everything is delivered anyway.
constexpr Milliseconds kFarewell{1'000};
// A TLS record holds 16 KiB; a write of whole ones leaves no small one behind.
constexpr size_t kTlsRecordBytes = 16 << 10;

// OpenSSL writes with write(2), which would end the process on a broken connection.
void BlockBrokenPipeSignal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

std::string HostName(const std::string& configured) {
  if (!configured.empty()) return configured;
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  return name;
}

}  // namespace

DevoWriter::DevoWriter(std::string name, const DevoSettings& settings, SslContext context,
                       Clock& clock, Events& events, SubmitQueue& queue, Waiter& waiter)
    : name_(std::move(name)),
      settings_(settings),
      context_(std::move(context)),
      clock_(clock),
      events_(events),
      queue_(queue),
      waiter_(waiter),
      frames_(HostName(settings.host_name), settings.max_record_bytes),
      gzip_(settings.gzip_level),
      receipts_(settings.delivery_receipt, settings.receipt_patience),
      next_try_(clock.MonotonicNow()),
      stall_limit_(settings.send_timeout),
      random_(std::random_device()()) {}

void DevoWriter::Run() {
  BlockBrokenPipeSignal();
  while (!waiter_.Stopped()) {
    TakeNew();
    if (session_.connection != nullptr) {
      Turn();
    } else if (!window_.empty()) {
      Connect();
    } else if (queue_.Drained()) {
      break;
    } else {
      waiter_.Wait(-1, 0, Instant::max());
    }
  }
  Abandon();
}

void DevoWriter::TakeNew() {
  // Not more than is soon written: what still waits in the queue holds up whoever submits.
  if (window_.unframed_bytes() >= kEnoughUnframed) return;
  queue_.Take(kEnoughUnframed, taken_);
  if (taken_.empty()) return;
  if (window_.empty()) session_.last_progress = clock_.MonotonicNow();
  for (Batch& batch : taken_) window_.Push(std::move(batch));
  taken_.clear();
}

// --- connections

void DevoWriter::Connect() {
  if (waiter_.WaitThrough(-1, 0, next_try_) == Waiter::Woke::kStopped) return;
  auto connection = TryConnect();
  if (connection) {
    OnConnected(std::move(*connection));
  } else if (connection.error().kind != ErrorKind::kCancelled) {
    OnNotConnected(connection.error());
  }
}

Result<std::unique_ptr<TlsConnection>> DevoWriter::TryConnect() {
  if (attempt_ > 0) {
    // Whoever replaced a certificate need not restart the collector.
    auto fresh = LoadTlsContext(settings_, clock_.Now());
    if (!fresh) return Propagate(fresh);
    context_ = std::move(*fresh);
  }
  // TCP's own limit counts a full window of a living peer too (tcp(7), TCP_USER_TIMEOUT), so it
  // must not come before ours.
  const Milliseconds peer_timeout = stall_limit_ + Seconds(5);
  auto connection = TlsConnection::Connect(settings_, context_.get(), peer_timeout, waiter_);
  if (connection && settings_.delivery_receipt == DeliveryReceipt::kTls &&
      !(*connection)->tls13()) {
    return Fail(ErrorKind::kRejected,
                fmt::format("{}: it speaks only TLS 1.2, which has no receipts as "
                            "delivery_receipt: tls wants them; set auto or tcp",
                            (*connection)->peer()));
  }
  return connection;
}

void DevoWriter::OnConnected(std::unique_ptr<TlsConnection> connection) {
  const Instant now = clock_.MonotonicNow();
  session_ = Session{};
  session_.connection = std::move(connection);
  session_.last_write = session_.last_progress = now;
  tick_ = kFirstTick;
  receipts_.OnConnected(session_.connection->tls13(), now);
  if (!std::exchange(replaces_idle_, false)) {
    events_.OutputConnected(name_, session_.connection->peer(), session_.connection->Describe());
  }
}

void DevoWriter::PlanNextTry() {
  const Instant now = clock_.MonotonicNow();
  next_try_ = now;
  if (attempt_ == 0) return;
  // Full jitter, as AWS's "Exponential Backoff And Jitter" has it: many collectors that lose one
  // endpoint do not come back together.
  const int doublings = std::min(attempt_ - 1, 16);
  const Milliseconds most =
      std::min(settings_.longest_reconnect_wait, kFirstReconnectWait * (1 << doublings));
  next_try_ += Milliseconds(std::uniform_int_distribution<int64_t>(0, most.count())(random_));
}

void DevoWriter::OnNotConnected(const Error& error) {
  ++attempt_;
  replaces_idle_ = false;
  PlanNextTry();
  events_.OutputUnreachable(name_, error, attempt_, next_try_ - clock_.MonotonicNow());
}

void DevoWriter::Disconnect(const Error& why) {
  const uint64_t again = window_.Rewind();
  attempt_ = session_.delivered || window_.empty() ? 0 : attempt_ + 1;
  session_ = Session{};
  PlanNextTry();
  events_.OutputDisconnected(name_, why.message, again);
  if (why.kind == ErrorKind::kRejected) {
    // TLS 1.3 servers refuse a certificate only after the handshake.
    events_.OutputUnreachable(name_, why, attempt_, next_try_ - clock_.MonotonicNow());
  }
  if (receipts_.GivesUp(clock_.MonotonicNow(), 0)) events_.OutputWithoutReceipts(name_);
}

// Nothing is on its way: ends the connection without fuss.
void DevoWriter::EndIdle(std::string_view why) {
  if (!session_.half_closed) (void)session_.connection->StartClose();
  session_ = Session{};
  attempt_ = 0;
  next_try_ = clock_.MonotonicNow();
  replaces_idle_ = true;
  events_.OutputIdle(name_, why);
}

// Devo's balancer drops idle connections; a record sent into one would wait for its time-outs.
bool DevoWriter::IdleTooLong() const {
  return window_.HasUnframed() && window_.Untouched() && !session_.HasUnwritten() &&
         clock_.MonotonicNow() - session_.last_write > settings_.reconnect_after_idle;
}

// --- one turn on an open connection

void DevoWriter::Turn() {
  if (IdleTooLong()) return EndIdle("it was idle");
  short revents = 0;
  const Waiter::Woke woke = WaitForSocket(revents);
  if (woke == Waiter::Woke::kStopped) return;
  if (woke == Waiter::Woke::kTimeout) tick_ = std::min(tick_ * 2, kLongestTick);
  TakeNew();
  // Input first: a connection that the peer has ended must not be written to.
  if ((revents & ~POLLOUT) != 0) {
    if (Status status = HandleInput(); !status) return Disconnect(status.error());
  }
  if (session_.connection == nullptr || IdleTooLong()) return;
  if (Status status = HandleOutput(revents); !status) {
    // Receipts, or the alert that says why, may have come before the break.
    const Status input = HandleInput();
    if (session_.connection == nullptr) return;
    Disconnect(!input && input.error().kind == ErrorKind::kRejected ? input.error()
                                                                    : status.error());
  }
}

Status DevoWriter::HandleOutput(short revents) {
  Status status;
  if ((revents & POLLOUT) != 0) status = Write();
  if (status) status = Ask();
  if (status) status = Watch();
  if (status && queue_.Drained()) status = Finish();
  return status;
}

Waiter::Woke DevoWriter::WaitForSocket(short& revents) {
  // While a key update is unfinished OpenSSL reads nothing.
  short events = session_.asking == Asking::kNothing ? POLLIN : POLLOUT;
  if (session_.HasUnwritten() || window_.HasUnframed()) events |= POLLOUT;
  const bool waits_for_something = !window_.empty() || session_.half_closed || queue_.Drained();
  const Instant until = waits_for_something ? clock_.MonotonicNow() + tick_ : Instant::max();
  return waiter_.Wait(session_.connection->fd(), events, until, &revents);
}

Status DevoWriter::HandleInput() {
  const auto open = session_.connection->Receive();
  if (session_.connection->ticket_seen()) receipts_.OnAccepted();
  if (Status status = HandleKeyUpdates(); !status) return status;
  if (!open) {
    if (session_.connection->alert() == SSL_AD_UNEXPECTED_MESSAGE) receipts_.OnUnexpectedMessage();
    return Propagate(open);
  }
  return *open ? Status() : OnPeerEnded();
}

Status DevoWriter::HandleKeyUpdates() {
  for (int count = session_.connection->TakeKeyUpdates(); count > 0; --count) {
    const auto delivered = receipts_.OnAnswer(session_.connection->WireAcknowledged());
    if (!delivered) {
      return Fail(ErrorKind::kRetry,
                  fmt::format("{}: it updates its TLS keys unasked, so that its receipts cannot be "
                              "told from that",
                              session_.connection->peer()));
    }
    Settle(window_.TakeUpToStream(*delivered));
  }
  return {};
}

Status DevoWriter::OnPeerEnded() {
  const TlsConnection& connection = *session_.connection;
  if (session_.half_closed && receipts_.EndOfStreamSettles() &&
      connection.WireAcknowledged() >= connection.WireWritten()) {
    Settle(window_.TakeUpToWire(connection.WireWritten()));
  }
  if (window_.empty()) {
    EndIdle("the endpoint ended it");
    return {};
  }
  return Fail(ErrorKind::kRetry,
              fmt::format("{}: the endpoint ended the connection", connection.peer()));
}

void DevoWriter::Fill() {
  Session& s = session_;
  s.buffer.erase(0, s.sent);
  s.buffer_begins += std::exchange(s.sent, 0);
  const auto on_cut = [this](const Records& records, size_t size) {
    events_.RecordCut(name_, records.tag(), size, settings_.max_record_bytes);
  };
  if (settings_.gzip_threshold <= 1 && queue_.Fill() > settings_.gzip_threshold) {
    while (s.buffer.size() < settings_.write_bytes && window_.HasUnframed()) {
      plain_.clear();
      window_.Frame(frames_, settings_.gzip_buffer_bytes, plain_, on_cut);
      gzip_.Append(plain_, s.buffer);
    }
  } else {
    window_.Frame(frames_, settings_.write_bytes, s.buffer, on_cut);
  }
  window_.MarkFramed(s.buffer_begins + s.buffer.size());
}

Status DevoWriter::Write() {
  Session& s = session_;
  if (s.asking != Asking::kNothing) return {};
  if (!s.blocked && window_.HasUnframed() && s.buffer.size() - s.sent < settings_.write_bytes) {
    Fill();
  }
  std::string_view slice = std::string_view(s.buffer).substr(s.sent);
  if (slice.empty()) return {};
  if (slice.size() > settings_.write_bytes) {
    const size_t whole_records = settings_.write_bytes / kTlsRecordBytes * kTlsRecordBytes;
    slice = slice.substr(0, std::max(whole_records, settings_.write_bytes % kTlsRecordBytes));
  }
  const auto written = s.connection->Write(slice);
  if (!written) return Propagate(written);
  s.sent += *written;
  s.blocked = *written < slice.size();
  if (*written > 0) {
    s.last_write = s.last_progress = clock_.MonotonicNow();
    tick_ = kFirstTick;
  }
  window_.MarkWritten(s.Written(), s.connection->WireWritten());
  return {};
}

// A request for a receipt is a KeyUpdate that asks for an answer, and after it one that does not.
// Most implementations answer the first at once. OpenSSL as a server that only reads defers the
// answer to its next write or the next handshake message that it meets (openssl/openssl#8773): that
// is the second. It still has read all before the first by then.
Status DevoWriter::Ask() {
  Session& s = session_;
  const Instant now = clock_.MonotonicNow();
  if (s.blocked || s.half_closed) return {};
  if (s.asking == Asking::kNothing) {
    if (!receipts_.ShouldAsk(now, window_.written_end())) return {};
    s.asking = Asking::kRequest;
  }
  if (s.asking == Asking::kRequest) {
    const auto sent = s.connection->SendKeyUpdate(true);
    if (!sent) return Propagate(sent);
    if (!*sent) return {};
    // Its answer may be here before the second KeyUpdate is out.
    receipts_.OnAsked(now, s.Written(), s.connection->WireWritten());
    s.asking = Asking::kNudge;
  }
  const auto sent = s.connection->SendKeyUpdate(false);
  if (!sent) return Propagate(sent);
  if (*sent) s.asking = Asking::kNothing;
  return {};
}

// Settles what TCP's acknowledgement settles, and notices a peer that does not go on.
Status DevoWriter::Watch() {
  if (window_.empty()) return {};
  Session& s = session_;
  const Instant now = clock_.MonotonicNow();
  const uint64_t acknowledged = s.connection->WireAcknowledged();
  if (acknowledged > s.acknowledged) {
    s.acknowledged = acknowledged;
    s.last_progress = now;
  }
  if (receipts_.GivesUp(now, acknowledged)) {
    if (settings_.delivery_receipt == DeliveryReceipt::kTls) {
      events_.OutputFailed(
          name_, {ErrorKind::kRejected,
                  fmt::format("{} does not answer TLS key updates, without which nothing counts as "
                              "delivered; set delivery_receipt: auto or tcp",
                              s.connection->peer())});
    } else {
      events_.OutputWithoutReceipts(name_);
    }
  }
  if (receipts_.TcpSettles(now)) Settle(window_.TakeUpToWire(acknowledged));
  if (window_.empty() || now - s.last_progress < stall_limit_) return {};
  const Milliseconds limit = stall_limit_;
  stall_limit_ = std::min(stall_limit_ * 2, settings_.send_timeout * kMostStallDoublings);
  return Fail(ErrorKind::kRetry, fmt::format("{}: it is stalled: it has taken nothing for {}",
                                             s.connection->peer(), FormatDuration(limit)));
}

// The queue is closed: once all is written and, where receipts are to be had, confirmed, ends our
// side, and waits for the peer to end its own, which it does when it has read all.
Status DevoWriter::Finish() {
  Session& s = session_;
  const bool confirmed = receipts_.AnswersExpected();
  if (window_.HasUnframed() || s.HasUnwritten() || s.asking != Asking::kNothing) return {};
  // An answer that comes after our end would cover only what was asked before it, and say that no
  // end of stream settles the rest: that would go out again.
  if ((confirmed || receipts_.Undecided()) && !window_.empty()) return {};
  const Instant now = clock_.MonotonicNow();
  if (!s.half_closed) {
    const auto closed = s.connection->StartClose();
    if (!closed && !window_.empty()) return Propagate(closed);
    if (closed && !*closed) return {};
    s.half_closed = true;
    s.half_closed_at = now;
  }
  const Milliseconds limit =
      confirmed ? std::min(kFarewell, settings_.close_timeout) : settings_.close_timeout;
  if (window_.empty() && now - s.half_closed_at >= limit) EndIdle("the output is closed");
  return {};
}

void DevoWriter::Settle(std::vector<Batch> batches) {
  if (batches.empty()) return;
  session_.delivered = true;
  session_.last_progress = clock_.MonotonicNow();
  stall_limit_ = settings_.send_timeout;
  attempt_ = 0;
  tick_ = kFirstTick;
  for (Batch& batch : batches) {
    queue_.Release(batch.records->bytes(), batch.records->size());
    batch.ack.Resolve(Outcome::kDelivered);
  }
}

void DevoWriter::Abandon() {
  queue_.TakeAll(taken_);
  for (Batch& batch : taken_) window_.Push(std::move(batch));
  taken_.clear();
  left_ = window_.records();
  if (session_.connection != nullptr && !session_.blocked && !session_.half_closed) {
    (void)session_.connection->StartClose();
  }
  session_ = Session{};
  for (Batch& batch : window_.TakeAll()) {
    queue_.Release(batch.records->bytes(), batch.records->size());
    batch.ack.Resolve(Outcome::kFailed);
  }
}

}  // namespace collector
