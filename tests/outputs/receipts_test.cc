// Receipts without any connection: when to ask, what an answer settles, when TCP has to do.
#include "outputs/receipts.h"

#include <gtest/gtest.h>

namespace collector {
namespace {

constexpr Milliseconds kPatience{1'000};

Instant At(int64_t ms) { return Instant(Milliseconds(100'000 + ms)); }

Receipts Connected(DeliveryReceipt mode, bool tls13 = true) {
  Receipts receipts(mode, kPatience);
  receipts.OnConnected(tls13, At(0));
  return receipts;
}

TEST(Receipts, AsksAsSoonAsABatchIsWrittenAndSettlesWhatWasWrittenBefore) {
  Receipts receipts = Connected(DeliveryReceipt::kAuto);
  EXPECT_FALSE(receipts.ShouldAsk(At(0), 0));
  EXPECT_TRUE(receipts.ShouldAsk(At(0), 100));
  receipts.OnAsked(At(0), 120, 150);
  EXPECT_EQ(receipts.OnAnswer(150), 120u);
  EXPECT_TRUE(receipts.AnswersExpected());
}

TEST(Receipts, HasOneRequestOpenAtATime) {
  Receipts receipts = Connected(DeliveryReceipt::kAuto);
  receipts.OnAsked(At(0), 100, 120);
  EXPECT_FALSE(receipts.ShouldAsk(At(900), 10'000'000));
  receipts.OnAnswer(120);
  EXPECT_TRUE(receipts.ShouldAsk(At(900), 10'000'000));
}

TEST(Receipts, SpacesRequestsByTimeOrBytes) {
  Receipts receipts = Connected(DeliveryReceipt::kAuto);
  receipts.OnAsked(At(0), 100, 120);
  receipts.OnAnswer(120);
  EXPECT_FALSE(receipts.ShouldAsk(At(4), 200));
  EXPECT_TRUE(receipts.ShouldAsk(At(4), 100 + (256 << 10)));
  EXPECT_TRUE(receipts.ShouldAsk(At(5), 200));
}

// Peers take a run of key updates without data for an attack.
TEST(Receipts, NeverAsksAgainWithoutNewData) {
  Receipts receipts = Connected(DeliveryReceipt::kAuto);
  receipts.OnAsked(At(0), 100, 120);
  receipts.OnAnswer(120);
  EXPECT_FALSE(receipts.ShouldAsk(At(100'000), 100));
}

TEST(Receipts, AKeyUpdateThatNobodyAskedForIsNoAnswer) {
  Receipts receipts = Connected(DeliveryReceipt::kAuto);
  EXPECT_FALSE(receipts.OnAnswer(1'000'000));
  receipts.OnAsked(At(0), 100, 120);
  EXPECT_TRUE(receipts.OnAnswer(120));
  EXPECT_FALSE(receipts.OnAnswer(120)) << "the second to one request";
}

TEST(Receipts, AKeyUpdateBeforeTcpAcknowledgedTheRequestIsNoAnswer) {
  Receipts receipts = Connected(DeliveryReceipt::kAuto);
  receipts.OnAsked(At(0), 100, 120);
  EXPECT_FALSE(receipts.OnAnswer(119));
  EXPECT_FALSE(receipts.AnswersExpected());
}

TEST(Receipts, TcpSettlesNothingWhileTheEndpointMayStillAnswer) {
  Receipts receipts = Connected(DeliveryReceipt::kAuto);
  receipts.OnAccepted();
  EXPECT_FALSE(receipts.TcpSettles(At(999)));
  receipts.OnAsked(At(0), 100, 120);
  EXPECT_FALSE(receipts.GivesUp(At(999), 120));
  EXPECT_FALSE(receipts.TcpSettles(At(999)));
}

TEST(Receipts, GivesUpOnceWhenTheEndpointNeverAnswersThoughTcpDid) {
  Receipts receipts = Connected(DeliveryReceipt::kAuto);
  receipts.OnAccepted();
  receipts.OnAsked(At(0), 100, 120);
  EXPECT_FALSE(receipts.GivesUp(At(5'000), 119)) << "TCP has not acknowledged the request";
  EXPECT_FALSE(receipts.GivesUp(At(5'001), 120));
  EXPECT_FALSE(receipts.GivesUp(At(6'000), 120));
  EXPECT_TRUE(receipts.GivesUp(At(6'001), 120));
  EXPECT_TRUE(receipts.TcpSettles(At(6'001)));
  EXPECT_FALSE(receipts.GivesUp(At(9'000), 120));
  receipts.OnConnected(true, At(10'000));
  EXPECT_FALSE(receipts.GivesUp(At(20'000), 120)) << "said already";
}

// A stalled endpoint looks as if it never answered; it is believed again when it does.
TEST(Receipts, AnEndpointThatAnswersAfterAllIsHeldToIt) {
  Receipts receipts = Connected(DeliveryReceipt::kAuto);
  receipts.OnAccepted();
  receipts.OnAsked(At(0), 100, 120);
  receipts.GivesUp(At(0), 120);
  ASSERT_TRUE(receipts.GivesUp(At(1'000), 120));
  receipts.OnConnected(true, At(2'000));
  EXPECT_TRUE(receipts.ShouldAsk(At(2'000), 10)) << "asks each connection once";
  receipts.OnAsked(At(2'000), 10, 20);
  ASSERT_EQ(receipts.OnAnswer(20), 10u);
  EXPECT_FALSE(receipts.TcpSettles(At(99'000)));
  receipts.OnConnected(true, At(100'000));
  receipts.OnAsked(At(100'000), 10, 20);
  EXPECT_FALSE(receipts.GivesUp(At(500'000), 20)) << "never again";
  EXPECT_FALSE(receipts.TcpSettles(At(500'000)));
}

// A TLS 1.3 server may refuse our certificate after its TCP has acknowledged records.
TEST(Receipts, TcpSettlesOnlyWhenTheServerShowedThatItAcceptedUs) {
  Receipts receipts = Connected(DeliveryReceipt::kTcp);
  EXPECT_FALSE(receipts.TcpSettles(At(999)));
  EXPECT_TRUE(receipts.TcpSettles(At(1'000))) << "not all servers send tickets";
  receipts.OnConnected(true, At(2'000));
  EXPECT_FALSE(receipts.TcpSettles(At(2'001)));
  receipts.OnAccepted();
  EXPECT_TRUE(receipts.TcpSettles(At(2'001)));
  EXPECT_FALSE(receipts.ShouldAsk(At(2'001), 100));
}

TEST(Receipts, Tls12IsSettledByTcpAtOnce) {
  Receipts receipts = Connected(DeliveryReceipt::kAuto, false);
  EXPECT_TRUE(receipts.TcpSettles(At(0)));
  EXPECT_FALSE(receipts.ShouldAsk(At(0), 100));
  EXPECT_FALSE(receipts.AnswersExpected());
  EXPECT_TRUE(receipts.EndOfStreamSettles());
}

TEST(Receipts, DemandedReceiptsNeverGiveWayToTcp) {
  Receipts receipts = Connected(DeliveryReceipt::kTls);
  receipts.OnAccepted();
  receipts.OnAsked(At(0), 100, 120);
  receipts.GivesUp(At(0), 120);
  EXPECT_TRUE(receipts.GivesUp(At(1'000), 120)) << "to be said";
  EXPECT_FALSE(receipts.GivesUp(At(2'000), 120)) << "once";
  EXPECT_FALSE(receipts.TcpSettles(At(99'000)));
  EXPECT_FALSE(receipts.EndOfStreamSettles());
  EXPECT_EQ(receipts.OnAnswer(120), 100u);
}

TEST(Receipts, AnEndpointThatBreaksTheConnectionWhenAskedIsAskedNoMore) {
  Receipts receipts = Connected(DeliveryReceipt::kAuto);
  receipts.OnAsked(At(0), 100, 120);
  receipts.OnUnexpectedMessage();
  EXPECT_TRUE(receipts.GivesUp(At(1), 0));
  EXPECT_FALSE(receipts.GivesUp(At(2), 0));
  receipts.OnConnected(true, At(10));
  EXPECT_FALSE(receipts.ShouldAsk(At(10), 100));
  receipts.OnAccepted();
  EXPECT_TRUE(receipts.TcpSettles(At(10)));
}

TEST(Receipts, TheSameAlertFromAnEndpointThatAnsweredBeforeChangesNothing) {
  Receipts receipts = Connected(DeliveryReceipt::kAuto);
  receipts.OnAsked(At(0), 100, 120);
  receipts.OnAnswer(120);
  receipts.OnAsked(At(10), 200, 220);
  receipts.OnUnexpectedMessage();
  receipts.OnConnected(true, At(20));
  EXPECT_TRUE(receipts.ShouldAsk(At(20), 100));
  EXPECT_FALSE(receipts.TcpSettles(At(9'000)));
}

TEST(Receipts, ARequestThatAConnectionTookWithItIsForgotten) {
  Receipts receipts = Connected(DeliveryReceipt::kAuto);
  receipts.OnAsked(At(0), 100, 120);
  receipts.OnConnected(true, At(10));
  EXPECT_FALSE(receipts.OnAnswer(1'000));
}

}  // namespace
}  // namespace collector
