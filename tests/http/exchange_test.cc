// Answers that are read as a stream, over real connections and from memory.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/loopback_http_server.h"
#include "fakes/scripted_transport.h"
#include "fakes/test_certificate.h"
#include "http/curl_transport.h"

namespace collector::http {
namespace {

using After = LoopbackHttpServer::After;
using Answer = LoopbackHttpServer::Answer;
using testing::HasSubstr;

Request GetFrom(const std::string& url) {
  Request request;
  request.url = url + "/bucket/key";
  return request;
}

// Bytes that differ from place to place.
std::string Content(size_t size) {
  std::string content(size, '\0');
  for (size_t i = 0; i < size; ++i) content[i] = static_cast<char>(i * 2654435761u >> 13);
  return content;
}

std::string Chunked(const std::string& body, size_t chunk) {
  std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (size_t at = 0; at < body.size(); at += chunk) {
    const std::string part = body.substr(at, chunk);
    char size[32];
    std::snprintf(size, sizeof size, "%zx\r\n", part.size());
    text += size + part + "\r\n";
  }
  return text + "0\r\n\r\n";
}

class ExchangeTest : public testing::Test {
 protected:
  std::unique_ptr<Exchange> Open(const Request& request) {
    auto exchange = transport_.Open(request, {});
    if (!exchange) ADD_FAILURE() << exchange.error().message;
    return exchange ? *std::move(exchange) : nullptr;
  }
  static std::string ReadToEnd(Exchange& exchange) {
    auto whole = ReadWhole(exchange, 1 << 30, {});
    return whole ? whole->body : "error: " + whole.error().message;
  }

  CurlTransport transport_{Environment(), "aws-collector/1.2.3"};
};

TEST_F(ExchangeTest, ShowsTheHeadBeforeTheBodyHasCome) {
  LoopbackHttpServer server(Always(
      {"HTTP/1.1 206 Partial Content\r\nETag: \"e\"\r\nContent-Length: 9\r\n\r\n", After::kStall}));
  const auto exchange = Open(GetFrom(server.url()));
  EXPECT_EQ(exchange->status(), 206);
  EXPECT_EQ(*exchange->headers().Find("etag"), "\"e\"");
}

TEST_F(ExchangeTest, BringsTheBodyByteForByteAndThenItsEnd) {
  const std::string content = Content(5'000'000);
  LoopbackHttpServer server([&](const auto&) { return LoopbackHttpServer::Ok(content); });
  const auto exchange = Open(GetFrom(server.url()));
  EXPECT_EQ(ReadToEnd(*exchange), content);
  EXPECT_EQ(exchange->Read({})->size(), 0u);
}

TEST_F(ExchangeTest, TakesABodyInChunks) {
  const std::string content = Content(300'000);
  LoopbackHttpServer server(Always({Chunked(content, 7'777), After::kKeepOpen}));
  EXPECT_EQ(ReadToEnd(*Open(GetFrom(server.url()))), content);
  EXPECT_EQ(ReadToEnd(*Open(GetFrom(server.url()))), content);
  EXPECT_EQ(server.connection_count(), 1);
}

TEST_F(ExchangeTest, AnEmptyBodyEndsAtOnce) {
  LoopbackHttpServer server(Always(LoopbackHttpServer::Ok("")));
  EXPECT_EQ(Open(GetFrom(server.url()))->Read({})->size(), 0u);
}

TEST_F(ExchangeTest, AContinueIsNotTheHead) {
  LoopbackHttpServer server(
      Always({"HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\n"
              "Content-Length: 2\r\n\r\nok",
              After::kKeepOpen}));
  const auto exchange = Open(GetFrom(server.url()));
  EXPECT_EQ(exchange->status(), 200);
  EXPECT_EQ(exchange->headers().Find("X-Early"), nullptr);
  EXPECT_EQ(ReadToEnd(*exchange), "ok");
}

TEST_F(ExchangeTest, ReadsThroughTls) {
  const TestCertificate certificate("127.0.0.1");
  const std::string content = Content(2'000'000);
  LoopbackHttpServer server([&](const auto&) { return LoopbackHttpServer::Ok(content); },
                            certificate.server_context());
  const auto ca = std::filesystem::temp_directory_path() /
                  ("exchange_test_ca_" + std::to_string(::getpid()) + ".pem");
  std::ofstream(ca) << certificate.Pem();
  CurlTransport transport(Environment({{"AWS_CA_BUNDLE", ca.string()}}), "test");
  for (int i = 0; i < 2; ++i) {
    auto exchange = transport.Open(GetFrom(server.url()), {});
    ASSERT_TRUE(exchange.has_value()) << exchange.error().message;
    EXPECT_EQ(ReadToEnd(**exchange), content);
  }
  EXPECT_EQ(server.connection_count(), 1);
  std::filesystem::remove(ca);
}

// --- what breaks off (S-14)

TEST_F(ExchangeTest, ABodyThatBreaksOffAnywhereIsAnErrorAndNeverAnEnd) {
  const std::string body = "0123456789abcdefghij";
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n";
  const std::string chunked = Chunked(body, 6);
  const size_t chunked_head = chunked.find("\r\n\r\n") + 4;
  std::atomic<size_t> cut = 0;
  std::atomic<bool> chunks = false;
  std::atomic<bool> reset = false;
  LoopbackHttpServer server([&](const auto&) -> Answer {
    return {(chunks ? chunked.substr(0, chunked_head + cut) : head + body.substr(0, cut)),
            reset ? After::kReset : After::kClose};
  });
  for (const bool with_reset : {false, true}) {
    for (const bool in_chunks : {false, true}) {
      reset = with_reset;
      chunks = in_chunks;
      // The very last byte, after "0\r\n\r", libcurl does not wait for.
      const size_t whole = in_chunks ? chunked.size() - chunked_head - 1 : body.size();
      for (cut = 0; cut < whole; ++cut) {
        auto exchange = transport_.Open(GetFrom(server.url()), {});
        // A reset may overtake the head.
        if (!exchange && with_reset) {
          EXPECT_EQ(exchange.error().kind, ErrorKind::kRetry);
          continue;
        }
        ASSERT_TRUE(exchange.has_value()) << cut << ": " << exchange.error().message;
        std::string read;
        Result<std::string_view> bytes;
        while ((bytes = (*exchange)->Read({})) && !bytes->empty()) read += *bytes;
        ASSERT_FALSE(bytes.has_value()) << "an end after byte " << cut;
        EXPECT_EQ(bytes.error().kind, ErrorKind::kRetry);
        EXPECT_EQ(read, body.substr(0, read.size()));
        if (!with_reset && !in_chunks) {
          EXPECT_EQ(read.size(), cut);
        }
        EXPECT_FALSE((*exchange)->Read({}).has_value()) << "the error does not stay";
      }
    }
  }
}

TEST_F(ExchangeTest, AHeadThatBreaksOffIsNoAnswer) {
  LoopbackHttpServer server(Always({"HTTP/1.1 200 OK\r\nContent-Le", After::kClose}));
  const auto exchange = transport_.Open(GetFrom(server.url()), {});
  ASSERT_FALSE(exchange.has_value());
  EXPECT_EQ(exchange.error().kind, ErrorKind::kRetry);
}

// --- time

TEST_F(ExchangeTest, NobodyReadingMakesTheServerWait) {  // S-25
  const std::string content = Content(64 << 20);
  LoopbackHttpServer server([&](const auto&) { return LoopbackHttpServer::Ok(content); });
  const auto exchange = Open(GetFrom(server.url()));
  // What the kernels hold between the two, some megabytes, fills up and no more.
  size_t sent = 0;
  for (int quiet = 0; quiet < 20;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    quiet = server.bytes_sent() == sent ? quiet + 1 : 0;
    sent = server.bytes_sent();
  }
  EXPECT_LT(sent, content.size() / 2);
  EXPECT_EQ(ReadToEnd(*exchange), content);
}

TEST_F(ExchangeTest, AReadTakesInABufferAndNoMore) {  // S-25
  // However fast the server is, and however many chunks are in what was received.
  const std::string content = Content(16 << 20);
  std::atomic<bool> chunks = false;
  LoopbackHttpServer server([&](const auto&) -> Answer {
    return chunks ? Answer{Chunked(content, 1'000)} : LoopbackHttpServer::Ok(content);
  });
  for (const bool in_chunks : {false, true}) {
    chunks = in_chunks;
    const auto exchange = Open(GetFrom(server.url()));
    std::string read;
    size_t largest = 0;
    for (;;) {
      std::this_thread::yield();
      const auto bytes = exchange->Read({});
      ASSERT_TRUE(bytes.has_value()) << bytes.error().message;
      if (bytes->empty()) break;
      read += *bytes;
      largest = std::max(largest, bytes->size());
    }
    EXPECT_EQ(read, content);
    EXPECT_LE(largest, 256u << 10);
  }
}

TEST_F(ExchangeTest, TheReadersOwnTimeIsNoTimeOut) {
  const std::string content = Content(20 << 20);
  LoopbackHttpServer server([&](const auto&) { return LoopbackHttpServer::Ok(content); });
  Request request = GetFrom(server.url());
  request.total_timeout = Milliseconds(1'500);
  request.idle_timeout = Milliseconds(1'500);
  const auto exchange = Open(request);
  ASSERT_NE(exchange, nullptr);
  size_t read = 0;
  int reads = 0;
  for (;;) {
    const auto bytes = exchange->Read({});
    ASSERT_TRUE(bytes.has_value()) << bytes.error().message;
    if (bytes->empty()) break;
    read += bytes->size();
    if (reads++ == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2'000));
  }
  EXPECT_EQ(read, content.size());
}

TEST_F(ExchangeTest, AReadThatGetsNothingTimesOut) {
  LoopbackHttpServer server(
      Always({"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234", After::kStall}));
  Request request = GetFrom(server.url());
  request.idle_timeout = Milliseconds(100);
  const auto exchange = Open(request);
  EXPECT_EQ(*exchange->Read({}), "1234");
  const auto bytes = exchange->Read({});
  ASSERT_FALSE(bytes.has_value());
  EXPECT_EQ(bytes.error().kind, ErrorKind::kRetry);
  EXPECT_EQ(bytes.error().code, kTimedOut);
  EXPECT_THAT(bytes.error().message, HasSubstr("sent nothing for 0.1 s"));
}

TEST_F(ExchangeTest, AHeadThatDoesNotComeTimesOut) {
  LoopbackHttpServer server(Always({"HTTP/1.1 200 OK\r\n", After::kStall}));
  Request request = GetFrom(server.url());
  request.total_timeout = Milliseconds(100);
  const auto exchange = transport_.Open(request, {});
  ASSERT_FALSE(exchange.has_value());
  EXPECT_EQ(exchange.error().code, kTimedOut);
}

TEST_F(ExchangeTest, ATrickleOutlastsEveryTimeOut) {
  Answer answer = LoopbackHttpServer::Ok(Content(60));
  answer.piece = 1;
  answer.pause = std::chrono::milliseconds(5);
  LoopbackHttpServer server(Always(answer));
  Request request = GetFrom(server.url());
  request.idle_timeout = Milliseconds(250);  // less than all of it takes
  EXPECT_EQ(ReadToEnd(*Open(request)), Content(60));
}

// --- stopping

TEST_F(ExchangeTest, ARequestToStopEndsAReadAtOnce) {
  LoopbackHttpServer server(
      Always({"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", After::kStall}));
  const auto exchange = Open(GetFrom(server.url()));
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    stop.request_stop();
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto bytes = exchange->Read(stop.get_token());
  ASSERT_FALSE(bytes.has_value());
  EXPECT_EQ(bytes.error().kind, ErrorKind::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST_F(ExchangeTest, ARequestToStopEndsTheWaitForTheHead) {
  LoopbackHttpServer server(Always({"", After::kStall}));
  std::stop_source stop;
  std::jthread stopper([&] {
    server.AwaitRequests(1);
    stop.request_stop();
  });
  const auto exchange = transport_.Open(GetFrom(server.url()), stop.get_token());
  ASSERT_FALSE(exchange.has_value());
  EXPECT_EQ(exchange.error().kind, ErrorKind::kCancelled);
}

// --- connections

TEST_F(ExchangeTest, OneThatWasReadToItsEndGivesItsConnectionBack) {
  LoopbackHttpServer server(Always(LoopbackHttpServer::Ok(Content(100'000))));
  for (int i = 0; i < 5; ++i) ReadToEnd(*Open(GetFrom(server.url())));
  EXPECT_EQ(server.connection_count(), 1);
}

TEST_F(ExchangeTest, OneThatIsLeftInTheMiddleClosesIts) {
  const std::string content = Content(8 << 20);
  LoopbackHttpServer server([&](const auto&) { return LoopbackHttpServer::Ok(content); });
  EXPECT_FALSE(Open(GetFrom(server.url()))->Read({})->empty());
  EXPECT_EQ(ReadToEnd(*Open(GetFrom(server.url()))), content);
  EXPECT_EQ(server.connection_count(), 2);
}

TEST_F(ExchangeTest, IdleConnectionsThatTheServerClosedOrResetAreReplaced) {
  // More often than libcurl replaces a connection by itself, and each of the new ones is used
  // again.
  for (const After after : {After::kClose, After::kReset}) {
    std::atomic<int> last = 0;
    LoopbackHttpServer server([&](const LoopbackHttpServer::Request& request) -> Answer {
      if (last.exchange(request.connection) == request.connection) return {"", after};
      return LoopbackHttpServer::Ok("whole");
    });
    for (int i = 0; i < 20; ++i) {
      auto exchange = transport_.Open(GetFrom(server.url()), {});
      ASSERT_TRUE(exchange.has_value()) << i << ": " << exchange.error().message;
      EXPECT_EQ(ReadToEnd(**exchange), "whole");
    }
    EXPECT_EQ(server.requests().size(), 39u);
    EXPECT_EQ(server.connection_count(), 20);
  }
}

TEST_F(ExchangeTest, ManyReadersAtOnceKeepTheirConnections) {
  const std::string content = Content(50'000);
  LoopbackHttpServer server([&](const auto&) { return LoopbackHttpServer::Ok(content); });
  for (int round = 0; round < 3; ++round) {
    std::vector<std::unique_ptr<Exchange>> open;
    for (int i = 0; i < 40; ++i) open.push_back(Open(GetFrom(server.url())));
    for (const auto& exchange : open) EXPECT_EQ(ReadToEnd(*exchange), content);
  }
  EXPECT_EQ(server.connection_count(), 40);
}

TEST_F(ExchangeTest, ReadersOnManyThreadsAtOnce) {
  const std::string content = Content(400'000);
  LoopbackHttpServer server([&](const auto&) { return LoopbackHttpServer::Ok(content); });
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 10; ++n) right += ReadToEnd(*Open(GetFrom(server.url()))) == content;
      });
    }
  }
  EXPECT_EQ(right, 60);
  EXPECT_LE(server.connection_count(), 6);
}

// --- without a network

TEST(ExchangeFromMemory, ATransportThatCannotStreamServesTheWholeAnswer) {
  ScriptedTransport transport;
  transport.Enqueue(MakeResponse(206, "the body", {{"ETag", "e"}}));
  const auto exchange = transport.Open({}, {});
  ASSERT_TRUE(exchange.has_value());
  EXPECT_EQ((*exchange)->status(), 206);
  EXPECT_EQ(*(*exchange)->headers().Find("ETag"), "e");
  EXPECT_EQ(*(*exchange)->Read({}), "the body");
  EXPECT_TRUE((*exchange)->Read({})->empty());
  transport.Enqueue(Fail(ErrorKind::kRetry, "reset"));
  EXPECT_EQ(transport.Open({}, {}).error().message, "reset");
}

TEST(ExchangeFromMemory, AWholeAnswerHasABound) {
  ScriptedTransport transport;
  for (const size_t limit : {8u, 7u}) {
    transport.Enqueue(MakeResponse(200, "the body"));
    const auto whole = ReadWhole(**transport.Open({}, {}), limit, {});
    EXPECT_EQ(whole.has_value(), limit == 8);
    EXPECT_TRUE(whole || whole.error().kind == ErrorKind::kRejected);
  }
}

}  // namespace
}  // namespace collector::http
