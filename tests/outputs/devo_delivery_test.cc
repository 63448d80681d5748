// When records count as delivered, and that none is lost whatever the endpoint does.
#include <random>
#include <set>

#include "outputs/devo_fixture.h"

namespace collector {
namespace {

class DevoDelivery : public DevoTest {};

TEST_F(DevoDelivery, SendsFramesInOrderAndSettlesThemOnceTheServerHasReadThem) {
  Serve();
  const auto output = Open(Settings());
  ASSERT_TRUE(Submit(*output, {"one", "two\n", "three\nlines\nof it", ""}));
  ASSERT_TRUE(Submit(*output, {"five"}));
  ASSERT_TRUE(Delivered(2));
  ASSERT_TRUE(Close(*output));
  const std::string head = "<14>2023-06-02 08:31:15.123 myhost my.app.test.records: ";
  EXPECT_EQ(server_->streams(),
            std::vector<std::string>{head + "one\n" + head + "two\n" +
                                     std::to_string(head.size() + 18) + " " + head +
                                     "three\nlines\nof it\n" + head + "\n" + head + "five\n"});
  EXPECT_EQ(early_, 0);
  EXPECT_FALSE(log_.Says("does not answer"));
}

// What one connection cannot take goes over the others; each settles its own.
TEST_F(DevoDelivery, SpreadsBatchesOverItsConnections) {
  Serve();
  DevoSettings settings = Settings();
  settings.connections = 3;
  const auto output = Open(settings);
  constexpr int kBatches = 60;
  for (int i = 0; i < kBatches; ++i) {
    ASSERT_TRUE(Submit(*output, {fmt::format("{}-{}", i, std::string(60'000, 'x'))}));
  }
  ASSERT_TRUE(Delivered(kBatches)) << log_.text();
  EXPECT_EQ(server_->accepted(), 3);
  for (int i = 0; i < kBatches; ++i) {
    EXPECT_EQ(server_->TimesRead(fmt::format("{}-{}", i, std::string(60'000, 'x'))), 1);
  }
  EXPECT_EQ(early_, 0);
  EXPECT_TRUE(log_.Says("output devo/3: connected"));
  EXPECT_TRUE(Close(*output));
  EXPECT_FALSE(Submit(*output, {"too late"}));
}

// Go and Java answer a key update when they have read it, OpenSSL when it meets the next one. The
// receipts of either are understood, and no key update is taken for one that nobody asked for.
TEST_F(DevoDelivery, TakesReceiptsFromServersThatAnswerAtOnce) {
  TlsServer::Options options;
  options.answers_at_once = true;
  Serve(options);
  DevoSettings settings = Settings();
  settings.delivery_receipt = DeliveryReceipt::kTls;
  const auto output = Open(settings);
  for (int i = 0; i < 150; ++i) {
    ASSERT_TRUE(Submit(*output, {fmt::format("{}", i)}));
    ASSERT_TRUE(Delivered(i + 1)) << log_.text();
  }
  EXPECT_EQ(early_, 0);
  EXPECT_EQ(server_->accepted(), 1);
  EXPECT_TRUE(Close(*output));
}

// D-1, and more than that: what lies unread in the kernel of a peer that is reset then.
TEST_F(DevoDelivery, AResetWithUnreadRecordsLosesNothing) {
  Serve();
  const auto output = Open(Settings());
  ASSERT_TRUE(Submit(*output, {"first"}));
  ASSERT_TRUE(Delivered(1));
  server_->Stall(true);
  ASSERT_TRUE(Submit(*output, {"second"}));
  ASSERT_TRUE(server_->WaitUntil([&] { return server_->UnreadBytes() > 0; }));
  server_->Do(TlsServer::End::kReset);
  server_->Stall(false);
  ASSERT_TRUE(Delivered(2)) << log_.text();
  EXPECT_EQ(server_->TimesRead("second"), 1);
  EXPECT_EQ(early_, 0);
  EXPECT_EQ(events_.counts().records_sent_again, 1u);
  EXPECT_TRUE(Close(*output));
}

// Why receipts are the default: this is what TCP acknowledgements, which everyone else relies on at
// best, make of the same events.
TEST_F(DevoDelivery, TcpAcknowledgementsAloneLoseWhatAResetPeerHadNotRead) {
  Serve();
  DevoSettings settings = Settings();
  settings.delivery_receipt = DeliveryReceipt::kTcp;
  const auto output = Open(settings);
  ASSERT_TRUE(Submit(*output, {"first"}));
  ASSERT_TRUE(Delivered(1));
  server_->Stall(true);
  ASSERT_TRUE(Submit(*output, {"second"}));
  ASSERT_TRUE(Delivered(2));
  EXPECT_GE(early_, 1);
  server_->Do(TlsServer::End::kReset);
  ASSERT_TRUE(server_->WaitUntil([&] { return log_.Says("connection ended"); }));
  server_->Stall(false);
  ASSERT_TRUE(Submit(*output, {"third"}));
  ASSERT_TRUE(server_->WaitUntil([&] { return server_->TimesRead("third") == 1; }));
  EXPECT_EQ(server_->TimesRead("second"), 0);
  EXPECT_TRUE(Close(*output));
}

TEST_F(DevoDelivery, AKeyUpdateThatAsksForAnAnswerIsNoReceipt) {
  Serve();
  const auto output = Open(Settings());
  ASSERT_TRUE(Submit(*output, {"first"}));
  ASSERT_TRUE(Delivered(1));
  server_->Stall(true);
  ASSERT_TRUE(Submit(*output, {"second"}));
  ASSERT_TRUE(server_->WaitUntil([&] { return server_->UnreadBytes() > 0; }));
  server_->Do(TlsServer::End::kKeyUpdateAsking);
  // More of the stream goes out after it, so the answer that we owe the server goes first.
  ASSERT_TRUE(Submit(*output, {"third"}));
  server_->Stall(false);
  ASSERT_TRUE(Delivered(3)) << log_.text();
  EXPECT_EQ(early_, 0);
  EXPECT_EQ(server_->accepted(), 1);
  EXPECT_TRUE(Close(*output));
}

TEST_F(DevoDelivery, APeerThatUpdatesItsKeysUnaskedIsLeftAndNothingIsLost) {
  TlsServer::Options options;
  options.plan = [](int connection) {
    return TlsServer::Plan{1,
                           connection == 0 ? TlsServer::End::kKeyUpdate : TlsServer::End::kNever};
  };
  Serve(options);
  const auto output = Open(Settings());
  ASSERT_TRUE(Submit(*output, {"first"}));
  ASSERT_TRUE(server_->WaitUntil([&] { return log_.Says("unasked"); })) << log_.text();
  ASSERT_TRUE(Submit(*output, {"second"}));
  ASSERT_TRUE(Delivered(2)) << log_.text();
  EXPECT_EQ(server_->accepted(), 2);
  EXPECT_EQ(early_, 0);
  EXPECT_TRUE(Close(*output));
}

TEST_F(DevoDelivery, FallsBackToTcpOnceAndSaysSoWhenTheEndpointNeverAnswers) {
  TlsServer::Options options;
  options.answers_key_updates = false;
  Serve(options);
  DevoSettings settings = Settings();
  settings.receipt_patience = Milliseconds(50);
  const auto output = Open(settings);
  ASSERT_TRUE(Submit(*output, {"first"}));
  ASSERT_TRUE(Delivered(1));
  server_->Do(TlsServer::End::kReset);
  ASSERT_TRUE(Submit(*output, {"second"}));
  ASSERT_TRUE(Delivered(2));
  EXPECT_EQ(log_.Count("does not answer TLS key updates"), 1);
  EXPECT_TRUE(Close(*output));
}

// It looks stalled at first and is sent everything again, which is the safe mistake.
TEST_F(DevoDelivery, AnEndpointThatNeverAnswersIsFoundOutThoughTheSendTimeoutIsShorter) {
  TlsServer::Options options;
  options.answers_key_updates = false;
  Serve(options);
  DevoSettings settings = Settings();
  settings.send_timeout = Milliseconds(40);
  settings.receipt_patience = Milliseconds(80);
  const auto output = Open(settings);
  ASSERT_TRUE(Submit(*output, {"first"}));
  ASSERT_TRUE(Delivered(1)) << log_.text();
  EXPECT_TRUE(log_.Says("does not answer TLS key updates"));
  // TCP may have it before the endpoint reads it.
  EXPECT_TRUE(server_->WaitUntil([&] { return server_->TimesRead("first") >= 2; }));
  EXPECT_TRUE(Close(*output));
}

TEST_F(DevoDelivery, NothingCountsWithoutAReceiptWhenReceiptsAreDemanded) {
  TlsServer::Options options;
  options.answers_key_updates = false;
  Serve(options);
  DevoSettings settings = Settings();
  settings.delivery_receipt = DeliveryReceipt::kTls;
  settings.receipt_patience = Milliseconds(20);
  settings.send_timeout = Milliseconds(100);
  const auto output = Open(settings);
  ASSERT_TRUE(Submit(*output, {"first", "second"}));
  ASSERT_TRUE(server_->WaitUntil([&] { return server_->TimesRead("first") >= 2; }));
  const Status closed = Close(*output, Milliseconds(0));
  ASSERT_FALSE(closed);
  EXPECT_NE(closed.error().message.find("2 records were not delivered"), std::string::npos);
  EXPECT_EQ(delivered_, 0);
  EXPECT_EQ(failed_, 1);
  EXPECT_EQ(log_.Count("set delivery_receipt: auto or tcp"), 1);
}

TEST_F(DevoDelivery, DemandedReceiptsAreAnErrorWithTls12AndItSaysWhatToSet) {
  TlsServer::Options options;
  options.tls12_only = true;
  Serve(options);
  DevoSettings settings = Settings();
  settings.delivery_receipt = DeliveryReceipt::kTls;
  const auto output = Open(settings);
  ASSERT_TRUE(Submit(*output, {"first"}));
  ASSERT_TRUE(server_->WaitUntil([&] { return log_.Says("speaks only TLS 1.2"); }));
  EXPECT_FALSE(Close(*output, Milliseconds(0)));
  EXPECT_EQ(delivered_, 0);
}

TEST_F(DevoDelivery, Tls12SettlesByTcpAcknowledgement) {
  TlsServer::Options options;
  options.tls12_only = true;
  Serve(options);
  const auto output = Open(Settings());
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Submit(*output, {fmt::format("m{}", i)}));
  ASSERT_TRUE(Delivered(20));
  EXPECT_TRUE(log_.Says("TLSv1.2"));
  EXPECT_TRUE(Close(*output));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(server_->TimesRead(fmt::format("m{}", i)), 1);
}

// A TLS 1.3 server judges our certificate when we may already have written; its TCP acknowledges
// what its TLS then throws away.
TEST_F(DevoDelivery, ARefusedCertificateSettlesNothingThoughTcpAcknowledges) {
  Serve();
  TestPki others;
  const TestPki::Identity foreign = others.Issue({.common_name = "foreign"});
  DevoSettings settings = Settings();
  settings.cert = foreign.cert;
  settings.key = foreign.key;
  settings.delivery_receipt = DeliveryReceipt::kTcp;
  const auto output = Open(settings);
  ASSERT_TRUE(Submit(*output, {"first"}));
  ASSERT_TRUE(server_->WaitUntil([&] { return log_.Count("refuses our client certificate") >= 3; }))
      << log_.text();
  EXPECT_FALSE(Close(*output, Milliseconds(0)));
  EXPECT_EQ(delivered_, 0);
  EXPECT_EQ(failed_, 1);
}

TEST_F(DevoDelivery, AStalledEndpointIsLeftAndItsRecordsGoOutAgain) {
  TlsServer::Options options;
  options.plan = [](int connection) {
    return TlsServer::Plan{1, connection == 0 ? TlsServer::End::kStall : TlsServer::End::kNever};
  };
  Serve(options);
  DevoSettings settings = Settings();
  settings.send_timeout = Milliseconds(100);
  const auto output = Open(settings);
  ASSERT_TRUE(Submit(*output, {"first"}));
  ASSERT_TRUE(Delivered(1)) << log_.text();
  EXPECT_TRUE(log_.Says("stalled"));
  EXPECT_EQ(server_->TimesRead("first"), 2);
  EXPECT_EQ(early_, 0);
  EXPECT_TRUE(Close(*output));
}

// What is read twice is a duplicate, what is never read a loss, and what counts as delivered before
// it was read a lie: the first happens here, the others must not.
class DevoFaults : public DevoDelivery, public ::testing::WithParamInterface<uint32_t> {};

TEST_P(DevoFaults, LoseNothingSettleNothingEarlyAndKeepTheOrder) {
  const uint32_t seed = GetParam();
  std::minstd_rand random(seed);
  TlsServer::Options options;
  options.receive_buffer_bytes = random() % 2 == 0 ? 0 : 8 << 10;
  options.answers_at_once = random() % 2 == 0;
  options.plan = [seed](int connection) {
    std::minstd_rand draw(seed * 1000 + static_cast<uint32_t>(connection));
    draw.discard(10);
    constexpr End kEnds[] = {End::kReset, End::kClose, End::kEndStream, End::kStall};
    const End end = connection > 12 ? End::kNever : kEnds[draw() % std::size(kEnds)];
    return TlsServer::Plan{draw() % 60'000, end};
  };
  Serve(options);
  DevoSettings settings = Settings();
  settings.send_timeout = Milliseconds(150);
  settings.window_bytes = 40'000;
  settings.write_bytes = random() % 2 == 0 ? 64 << 10 : 3'000;
  settings.gzip_threshold = random() % 3 == 0 ? 0.5 : 1.1;
  const auto output = Open(settings);
  std::vector<std::string> all;
  for (int batch = 0; batch < 150; ++batch) {
    std::vector<std::string> messages;
    for (size_t i = 0; i <= random() % 8; ++i) {
      const size_t padding = random() % 10 == 0 ? 6'000 : 1 + random() % 300;
      messages.push_back(fmt::format("{:06}{}{}", all.size(), random() % 9 == 0 ? "\n" : "|",
                                     std::string(padding, 'x')));
      all.push_back(messages.back());
    }
    ASSERT_TRUE(Submit(*output, messages));
  }
  ASSERT_TRUE(Delivered(150)) << log_.text();
  EXPECT_TRUE(Close(*output)) << log_.text();
  EXPECT_EQ(early_, 0);
  EXPECT_EQ(failed_, 0);
  for (const std::string& message : all) EXPECT_GE(server_->TimesRead(message), 1) << message;
  // The order in which records were first read is the order in which they were submitted.
  std::set<std::string> seen;
  std::vector<std::string> first;
  for (const std::string& frame : server_->frames()) {
    std::string message = frame.substr(frame.find(": ") + 2);
    message.pop_back();
    if (seen.insert(message).second) first.push_back(message);
  }
  EXPECT_TRUE(first == all);
}

INSTANTIATE_TEST_SUITE_P(Seeds, DevoFaults, ::testing::Range(1u, 13u));

}  // namespace
}  // namespace collector
