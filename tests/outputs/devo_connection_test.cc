// The life of the connection: reconnecting, closing, stopping, what is told when it fails, and the
// bounds of the window.
#include <future>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "outputs/devo_fixture.h"

namespace collector {
namespace {

class DevoConnection : public DevoTest {
 protected:
  // Submits a record to an endpoint that cannot be used; what was said about it.
  std::string Complaint(const DevoSettings& settings, const std::string& expected) {
    const auto output = Open(settings);
    EXPECT_TRUE(Submit(*output, {"first"}));
    TlsServer idle(pki_, server_identity_, {});  // only to wait with
    EXPECT_TRUE(idle.WaitUntil([&] { return log_.Says(expected); })) << log_.text();
    const Status closed = Close(*output, Milliseconds(0));
    EXPECT_FALSE(closed);
    EXPECT_EQ(delivered_, 0);
    EXPECT_EQ(failed_, 1);
    return log_.text();
  }
};

TEST_F(DevoConnection, ReconnectsBeforeARecordThatComesAfterLongIdleness) {
  Serve();
  const auto output = Open(Settings());
  ASSERT_TRUE(Submit(*output, {"first"}));
  ASSERT_TRUE(Delivered(1));
  clock_.Skip(Seconds(29));
  ASSERT_TRUE(Submit(*output, {"second"}));
  ASSERT_TRUE(Delivered(2));
  EXPECT_EQ(server_->accepted(), 1);
  clock_.Skip(Seconds(31));
  ASSERT_TRUE(Submit(*output, {"third"}));
  ASSERT_TRUE(Delivered(3));
  EXPECT_EQ(server_->accepted(), 2);
  EXPECT_EQ(events_.counts().records_sent_again, 0u);
  EXPECT_TRUE(Close(*output));
}

class DevoPeerEnds : public DevoConnection, public ::testing::WithParamInterface<TlsServer::End> {};

TEST_P(DevoPeerEnds, AnIdleConnectionThatThePeerEndsIsReplacedWithoutLoss) {
  Serve();
  DevoSettings settings = Settings();
  const auto output = Open(settings);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(Submit(*output, {fmt::format("m{}", i)}));
    ASSERT_TRUE(Delivered(i + 1)) << log_.text();
    server_->Do(GetParam());
  }
  EXPECT_TRUE(Close(*output));
  for (int i = 0; i < 5; ++i) EXPECT_GE(server_->TimesRead(fmt::format("m{}", i)), 1);
  EXPECT_EQ(early_, 0);
  EXPECT_GE(server_->accepted(), 2);
}

INSTANTIATE_TEST_SUITE_P(Ways, DevoPeerEnds,
                         ::testing::Values(TlsServer::End::kReset, TlsServer::End::kClose,
                                           TlsServer::End::kEndStream));

TEST_F(DevoConnection, ClosingEndsTheStreamInOrderAndWaitsForThePeer) {
  Serve();
  const auto output = Open(Settings());
  ASSERT_TRUE(Submit(*output, {"first"}));
  ASSERT_TRUE(Close(*output));
  EXPECT_EQ(delivered_, 1);
  EXPECT_EQ(server_->ends_seen(), 1);
  EXPECT_EQ(server_->TimesRead("first"), 1);
}

// Whether the endpoint gives receipts is not known yet when an output is closed at once: an answer
// that comes after our end must not make the rest go out again.
TEST_F(DevoConnection, ClosingAtOnceSendsNothingAgain) {
  Serve();
  for (int round = 0; round < 30; ++round) {
    const auto output = Open(Settings());
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(Submit(*output, {fmt::format("m{}-{}", round, i), std::string(20'000, 'x')}));
    }
    ASSERT_TRUE(Close(*output)) << log_.text();
  }
  EXPECT_EQ(events_.counts().records_sent_again, 0u) << log_.text();
  EXPECT_EQ(server_->accepted(), 30);
}

TEST_F(DevoConnection, ThePeersEndOfStreamAfterOursSettlesInTcpMode) {
  TlsServer::Options options;
  options.answers_key_updates = false;
  options.sends_tickets = false;
  Serve(options);
  DevoSettings settings = Settings();
  settings.delivery_receipt = DeliveryReceipt::kTcp;
  const auto output = Open(settings);
  // Without a ticket TCP alone settles nothing for 10 s: the server might refuse our certificate.
  ASSERT_TRUE(Submit(*output, {"first"}));
  ASSERT_TRUE(Close(*output, Milliseconds(5'000))) << log_.text();
  EXPECT_EQ(delivered_, 1);
  EXPECT_EQ(early_, 0);
}

TEST_F(DevoConnection, ClosingWithoutAnyRecordNeedsNoConnection) {
  Serve();
  const auto output = Open(Settings());
  EXPECT_TRUE(Close(*output));
  EXPECT_EQ(server_->accepted(), 0);
}

TEST_F(DevoConnection, NothingIsTakenAfterClosing) {
  Serve();
  const auto output = Open(Settings());
  ASSERT_TRUE(Close(*output));
  const Status refused = Submit(*output, {"late"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(failed_, 1);
}

TEST_F(DevoConnection, ClosingKeepsTryingUntilTheDeadlineAndSaysWhatWasLeft) {
  Serve();
  server_->Refuse(true);
  const auto output = Open(Settings());
  ASSERT_TRUE(Submit(*output, {"one", "two"}));
  ASSERT_TRUE(Submit(*output, {"three"}));
  auto closed = std::async(std::launch::async, [&] { return Close(*output, Seconds(60)); });
  ASSERT_TRUE(server_->WaitUntil([&] { return server_->accepted() >= 3; }));
  server_->Refuse(false);
  EXPECT_TRUE(closed.get());
  EXPECT_EQ(delivered_, 2);

  server_->Refuse(true);
  const auto another = Open(Settings());
  ASSERT_TRUE(Submit(*another, {"one", "two"}));
  ASSERT_TRUE(Submit(*another, {"three"}));
  const Status left = Close(*another, Milliseconds(50));
  ASSERT_FALSE(left);
  EXPECT_EQ(left.error().message,
            "output devo: 3 records were not delivered before it was closed; the next start reads "
            "them again");
  EXPECT_EQ(failed_, 2);
}

// A listener that never answers: the kernel completes the connection, nobody shakes hands.
TEST_F(DevoConnection, ClosingInterruptsAHandshakeThatGetsNoAnswer) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(fd, 8), 0);
  ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  DevoSettings settings = Settings();
  settings.port = ntohs(address.sin_port);
  settings.connect_timeout = std::chrono::hours(1);
  const auto output = Open(settings);
  ASSERT_TRUE(Submit(*output, {"first"}));
  const int peer = ::accept(fd, nullptr, nullptr);  // it is connecting now
  char hello = 0;
  ASSERT_EQ(::recv(peer, &hello, 1, 0), 1);
  const auto before = std::chrono::steady_clock::now();
  EXPECT_FALSE(Close(*output, Milliseconds(0)));
  EXPECT_LT(std::chrono::steady_clock::now() - before, Seconds(20));
  EXPECT_EQ(failed_, 1);
  ::close(peer);
  ::close(fd);
}

TEST_F(DevoConnection, AConnectionAttemptWithoutAnswerEndsAtItsTimeout) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(fd, 8), 0);
  ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  DevoSettings settings = Settings();
  settings.port = ntohs(address.sin_port);
  settings.connect_timeout = Milliseconds(30);
  Complaint(settings, "no answer to the TLS handshake in time");
  ::close(fd);
}

TEST_F(DevoConnection, AFullWindowBlocksUntilThereIsRoomOrAStopIsRequested) {
  Serve();
  DevoSettings settings = Settings();
  settings.window_records = 4;
  const auto output = Open(settings);
  server_->Stall(true);
  ASSERT_TRUE(Submit(*output, {"1", "2"}));
  ASSERT_TRUE(Submit(*output, {"3", "4"}));
  std::stop_source stop;
  auto stopped = std::async(std::launch::async,
                            [&] { return output->Submit(MakeBatch({"never"}), stop.get_token()); });
  auto waiting = std::async(std::launch::async, [&] { return Submit(*output, {"5"}); });
  EXPECT_EQ(stopped.wait_for(Milliseconds(50)), std::future_status::timeout);
  EXPECT_EQ(waiting.wait_for(Milliseconds(0)), std::future_status::timeout);
  stop.request_stop();
  const Status refused = stopped.get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(failed_, 1);
  server_->Stall(false);
  EXPECT_TRUE(waiting.get());
  ASSERT_TRUE(Delivered(3));
  EXPECT_TRUE(Close(*output));
  EXPECT_EQ(server_->TimesRead("never"), 0);
}

TEST_F(DevoConnection, ABatchLargerThanTheWindowIsTakenAlone) {
  Serve();
  DevoSettings settings = Settings();
  settings.window_bytes = 1000;
  const auto output = Open(settings);
  ASSERT_TRUE(Submit(*output, {std::string(5'000'000, 'x')}));
  ASSERT_TRUE(Submit(*output, {"after"}));
  ASSERT_TRUE(Close(*output));
  EXPECT_EQ(delivered_, 2);
  EXPECT_EQ(events_.counts().records_cut, 1u);
}

// Blocked Submit()s must not keep a program from ending.
TEST_F(DevoConnection, ClosingSendsAwayWhoWaitsForRoom) {
  Serve();
  DevoSettings settings = Settings();
  settings.window_records = 1;
  const auto output = Open(settings);
  server_->Stall(true);
  ASSERT_TRUE(Submit(*output, {"1"}));
  auto waiting = std::async(std::launch::async, [&] { return Submit(*output, {"2"}); });
  EXPECT_EQ(waiting.wait_for(Milliseconds(20)), std::future_status::timeout);
  EXPECT_FALSE(Close(*output, Milliseconds(0)));
  EXPECT_FALSE(waiting.get());
  EXPECT_EQ(failed_, 2);
}

// A write that the socket takes in part goes on where it stopped: no byte twice, none left out.
TEST_F(DevoConnection, BackPressureKeepsTheStreamExact) {
  TlsServer::Options options;
  options.receive_buffer_bytes = 4 << 10;
  Serve(options);
  const auto output = Open(Settings());
  // Not by the thread that submits: it is held back for as long as nothing is read.
  std::jthread stalling([this](const std::stop_token& stop) {
    for (bool stall = true; !stop.stop_requested(); stall = !stall) {
      server_->Stall(stall);
      std::this_thread::sleep_for(Milliseconds(1));
    }
    server_->Stall(false);
  });
  std::string expected;
  for (int batch = 0; batch < 40; ++batch) {
    std::vector<std::string> messages;
    for (int i = 0; i < 200; ++i) {
      messages.push_back(fmt::format("{}-{}-{}", batch, i, std::string(977, 'x')));
      expected += fmt::format("<14>2023-06-02 08:31:15.123 myhost {}: {}\n", kTag, messages.back());
    }
    ASSERT_TRUE(Submit(*output, messages));
  }
  stalling.request_stop();
  ASSERT_TRUE(Delivered(40)) << log_.text();
  ASSERT_TRUE(Close(*output));
  const std::vector<std::string> streams = server_->streams();
  ASSERT_EQ(streams.size(), 1u);
  EXPECT_TRUE(streams[0] == expected);
}

TEST_F(DevoConnection, ManyThreadsSubmitAtOnceAndEachKeepsItsOrder) {
  Serve();
  DevoSettings settings = Settings();
  settings.window_records = 50;
  const auto output = Open(settings);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) ASSERT_TRUE(Submit(*output, {fmt::format("{} {:03}", t, i)}));
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(Delivered(800));
  ASSERT_TRUE(Close(*output));
  std::vector<std::string> last(8);
  for (const std::string& frame : server_->frames()) {
    const std::string message = frame.substr(frame.find(": ") + 2, 5);
    std::string& before = last[static_cast<size_t>(message[0] - '0')];
    EXPECT_LT(before, message);
    before = message;
  }
  EXPECT_EQ(early_, 0);
}

TEST_F(DevoConnection, GzipMembersHoldWholeFramesAndArriveTheSame) {
  Serve();
  DevoSettings settings = Settings();
  settings.gzip_threshold = -1;
  settings.gzip_buffer_bytes = 2000;
  const auto output = Open(settings);
  std::vector<std::string> messages;
  for (int i = 0; i < 500; ++i) messages.push_back(fmt::format("{} {}", i, std::string(90, 'z')));
  messages.push_back("two\nlines");
  ASSERT_TRUE(Submit(*output, messages));
  ASSERT_TRUE(Delivered(1));
  ASSERT_TRUE(Close(*output));
  for (const std::string& message : messages) EXPECT_EQ(server_->TimesRead(message), 1);
  // Frames have about 150 bytes, a member takes frames until it has 2,000.
  EXPECT_NEAR(static_cast<double>(server_->members()), 501 / 14.0, 4);
  EXPECT_FALSE(server_->any_broken_frame());
}

TEST_F(DevoConnection, ACutRecordIsCountedOnceHoweverOftenItIsSent) {
  TlsServer::Options options;
  options.plan = [](int connection) {
    return TlsServer::Plan{1, connection < 3 ? End::kReset : End::kNever};
  };
  Serve(options);
  DevoSettings settings = Settings();
  settings.max_record_bytes = 10;
  const auto output = Open(settings);
  ASSERT_TRUE(Submit(*output, {"short", "0123456789", "0123456789abc", "012345678\xC3\xA9"}));
  ASSERT_TRUE(server_->WaitUntil([&] { return delivered_ + failed_ > 0; }));
  EXPECT_TRUE(Close(*output));
  EXPECT_GE(server_->TimesRead("0123456789"), 2);
  EXPECT_GE(server_->TimesRead("012345678"), 1);
  EXPECT_EQ(events_.counts().records_cut, 2u);
}

TEST_F(DevoConnection, AsksForTheServerByName) {
  Serve();
  DevoSettings settings = Settings();
  settings.address = "localhost";
  const auto output = Open(settings);
  ASSERT_TRUE(Submit(*output, {"first"}));
  ASSERT_TRUE(Delivered(1)) << log_.text();
  EXPECT_EQ(server_->server_name(), "localhost");
  EXPECT_TRUE(log_.Says("localhost:"));
  EXPECT_TRUE(Close(*output));
}

TEST_F(DevoConnection, SaysWhichNamesACertificateIsForWhenItIsNotForTheAddress) {
  server_identity_ = pki_.Issue({.common_name = "x", .names = "DNS:a.example,DNS:b.example"});
  Serve();
  EXPECT_NE(Complaint(Settings(), "not for 127.0.0.1").find("is for a.example, b.example"),
            std::string::npos);
  EXPECT_TRUE(log_.Says("verify_host_name: false"));
}

TEST_F(DevoConnection, AcceptsAnotherNameWhenToldTo) {
  server_identity_ = pki_.Issue({.common_name = "x", .names = "DNS:a.example"});
  Serve();
  DevoSettings settings = Settings();
  settings.verify_host_name = false;
  const auto output = Open(settings);
  ASSERT_TRUE(Submit(*output, {"first"}));
  ASSERT_TRUE(Delivered(1)) << log_.text();
  EXPECT_TRUE(Close(*output));
}

// Switching the name check off must not switch off the rest.
TEST_F(DevoConnection, RefusesAServerThatTheChainDoesNotVouchForEvenWithoutTheNameCheck) {
  Serve();
  TestPki others;
  DevoSettings settings = Settings();
  settings.verify_host_name = false;
  settings.chain = others.chain();
  EXPECT_NE(Complaint(settings, "does not hold").find(others.chain().string()), std::string::npos);
  EXPECT_EQ(server_->handshakes(), 0);
}

TEST_F(DevoConnection, SaysThatTheServersCertificateExpired) {
  server_identity_ = pki_.Issue({.common_name = "old", .from_days = -9, .to_days = -1});
  Serve();
  Complaint(Settings(), "/CN=old in its chain is valid from");
}

TEST_F(DevoConnection, SaysThatTheEndpointRefusesOurCertificateWithTls12Too) {
  TlsServer::Options options;
  options.tls12_only = true;
  Serve(options);
  TestPki others;
  const TestPki::Identity foreign = others.Issue({.common_name = "foreign"});
  DevoSettings settings = Settings();
  settings.cert = foreign.cert;
  settings.key = foreign.key;
  Complaint(settings, "it refuses our client certificate " + foreign.cert.string());
}

TEST_F(DevoConnection, ARenewedCertificateIsPickedUpWithoutARestart) {
  Serve();
  TestPki others;
  const TestPki::Identity foreign = others.Issue({.common_name = "foreign"});
  const TestPki::Identity good = client_identity_;
  const auto cert = pki_.directory() / "used.crt";
  const auto key = pki_.directory() / "used.key";
  std::filesystem::copy_file(foreign.cert, cert);
  std::filesystem::copy_file(foreign.key, key);
  DevoSettings settings = Settings();
  settings.cert = cert;
  settings.key = key;
  const auto output = Open(settings);
  ASSERT_TRUE(Submit(*output, {"first"}));
  ASSERT_TRUE(server_->WaitUntil([&] { return log_.Says("refuses our client certificate"); }));
  const auto overwrite = std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy_file(good.cert, cert, overwrite);
  std::filesystem::copy_file(good.key, key, overwrite);
  ASSERT_TRUE(Delivered(1)) << log_.text();
  EXPECT_TRUE(Close(*output));
}

TEST_F(DevoConnection, SaysThatNobodyListens) {
  Serve();
  DevoSettings settings = Settings();
  server_.reset();
  const std::string said = Complaint(settings, "Connection refused");
  EXPECT_NE(said.find("check address, port"), std::string::npos);
}

TEST_F(DevoConnection, SaysThatANameCannotBeResolved) {
  DevoSettings settings = Settings();
  settings.address = "no-such-host.invalid";  // RFC 6761 reserves the domain
  Complaint(settings, "no-such-host.invalid");
}

// A plain-text server on the port, such as a proxy or an HTTP endpoint.
TEST_F(DevoConnection, SaysThatThePortDoesNotSpeakTls) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(fd, 8), 0);
  ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  std::thread server([fd] {
    for (int peer = ::accept(fd, nullptr, nullptr); peer >= 0;
         peer = ::accept(fd, nullptr, nullptr)) {
      constexpr char kAnswer[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
      (void)!::send(peer, kAnswer, sizeof kAnswer - 1, MSG_NOSIGNAL);
      char ignored[1024];
      (void)!::recv(peer, ignored, sizeof ignored, 0);
      ::close(peer);
    }
  });
  DevoSettings settings = Settings();
  settings.port = ntohs(address.sin_port);
  Complaint(settings, "does not speak TLS on this port");
  ::shutdown(fd, SHUT_RDWR);
  server.join();
  ::close(fd);
}

}  // namespace
}  // namespace collector
