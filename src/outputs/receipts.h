// Receipts: decides when what was sent counts as delivered (docs/delivery.md). A state machine
// without I/O; owned by the Devo output and used by its writer thread; it outlives connections, for
// it remembers what the endpoint has shown to be able to.
//
// TLS syslog has no acknowledgement of its own. What TCP acknowledges is in the peer's kernel, and
// is lost when the peer is reset before it reads. TLS 1.3 has something better: a peer that is sent
// KeyUpdate(update_requested) must answer with KeyUpdate(update_not_requested) (RFC 8446, 4.6.3),
// and as TLS records are processed in order, it does so only after its application was given every
// byte before. The answer is a receipt.
//
// What can be told apart: a KeyUpdate(update_requested) from the peer is never an answer. A
// KeyUpdate(update_not_requested) is taken for one only while a request is open, and only when TCP
// has acknowledged the request: the acknowledgement rides on the answer itself, so without it the
// peer has updated its keys of its own accord. Such a peer could be mistaken for answering, so the
// connection is given up. A receipt therefore never settles what TCP has not acknowledged.
//
// One request is open at a time, and there is always stream between two requests: peers treat a
// run of KeyUpdates without data as an attack (BoringSSL after 32, Go after 16).
#ifndef COLLECTOR_OUTPUTS_RECEIPTS_H_
#define COLLECTOR_OUTPUTS_RECEIPTS_H_

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "outputs/settings.h"

namespace collector {

class Receipts {
 public:
  // `patience`: how long an endpoint that never answered gets after TCP acknowledged a request.
  Receipts(DeliveryReceipt mode, Milliseconds patience) : mode_(mode), patience_(patience) {}

  void OnConnected(bool tls13, Instant now);

  // Whether to send a request now; `written_end` is where the last wholly written batch ends.
  // Under load requests follow the round trip; they are at least 5 ms or 256 KiB apart.
  bool ShouldAsk(Instant now, uint64_t written_end) const;

  // A request was sent after `stream` bytes; with it TLS has written `wire` bytes.
  void OnAsked(Instant now, uint64_t stream, uint64_t wire);

  // KeyUpdate(update_not_requested) came, TCP having acknowledged `acked_wire` bytes. Returns the
  // stream offset up to which all is delivered, or nothing when it cannot be an answer.
  std::optional<uint64_t> OnAnswer(uint64_t acked_wire);

  // The server sent its first message after the handshake (a session ticket): it has accepted the
  // client's certificate, which in TLS 1.3 it judges only when the handshake is over for us.
  void OnAccepted() { accepted_ = true; }

  // The peer ended the connection with the alert unexpected_message (RFC 8446, 6.2).
  void OnUnexpectedMessage();

  // To be called now and then. True, once, when the endpoint has just proved not to answer.
  bool GivesUp(Instant now, uint64_t acked_wire);

  // Whether TCP's acknowledgement settles batches on this connection at present.
  bool TcpSettles(Instant now) const;

  // Whether nothing but an answer settles on this connection.
  bool AnswersExpected() const;
  // Whether it is not yet known: an answer may come, or its absence be proved.
  bool Undecided() const;

  // Whether the peer's end of stream, after ours, settles what TCP has acknowledged: it read up to
  // our end before it ended its own side.
  bool EndOfStreamSettles() const { return !AnswersExpected(); }

 private:
  enum class Endpoint {
    kUnknown,
    kAnswers,  // for good: from then on only receipts count on TLS 1.3
    kSilent,   // TCP settles; each connection still asks once, in case the endpoint learns
    kRefuses,  // breaks the connection when asked
  };

  const DeliveryReceipt mode_;
  const Milliseconds patience_;
  Endpoint endpoint_ = Endpoint::kUnknown;
  bool refusal_told_ = true;  // false between a refusal and GivesUp() telling of it
  bool strict_told_ = false;

  // Of the present connection:
  bool tls13_ = false;
  bool accepted_ = false;
  Instant connected_at_;
  bool open_ = false;  // a request waits for its answer
  Instant asked_at_;
  uint64_t asked_stream_ = 0;
  uint64_t asked_wire_ = 0;
  std::optional<Instant> acked_at_;  // when TCP was first seen to have acknowledged the request
};

}  // namespace collector

#endif  // COLLECTOR_OUTPUTS_RECEIPTS_H_
