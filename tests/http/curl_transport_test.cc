#include "http/curl_transport.h"

#include <chrono>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/loopback_http_server.h"

namespace collector::http {
namespace {

using After = LoopbackHttpServer::After;
using Answer = LoopbackHttpServer::Answer;
using testing::HasSubstr;
using testing::Not;

constexpr char kUserAgent[] = "aws-collector/1.2.3";

Request PostTo(const std::string& url, std::string body = "{}") {
  Request request;
  request.method = "POST";
  request.url = url;
  request.body = std::move(body);
  request.total_timeout = Milliseconds(20'000);
  return request;
}

class CurlTransportTest : public testing::Test {
 protected:
  Result<Response> Send(const Request& request) { return transport_.Send(request, {}); }

  CurlTransport transport_{Environment(), kUserAgent};
};

TEST_F(CurlTransportTest, SendsTheRequestAsItStands) {
  LoopbackHttpServer server(Always(LoopbackHttpServer::Ok("")));
  Request request = PostTo(server.url() + "/a/../b//%2F?x=%20&y", "body\0with a zero");
  request.body = std::string("body\0with a zero", 16);
  request.headers.Add("X-Amz-Target", "T.Op");
  request.headers.Add("X-Empty", "");
  ASSERT_TRUE(Send(request).has_value());
  const auto seen = server.requests().at(0);
  EXPECT_THAT(seen.head, testing::StartsWith("POST /a/../b//%2F?x=%20&y HTTP/1.1\r\n"));
  EXPECT_THAT(seen.head, HasSubstr("X-Amz-Target: T.Op\r\n"));
  EXPECT_THAT(seen.head, HasSubstr("X-Empty:\r\n"));
  EXPECT_THAT(seen.head, HasSubstr("User-Agent: aws-collector/1.2.3\r\n"));
  EXPECT_EQ(seen.body, request.body);
}

TEST_F(CurlTransportTest, AddsNoHeadersThatNobodyAskedFor) {
  LoopbackHttpServer server(Always(LoopbackHttpServer::Ok("")));
  ASSERT_TRUE(Send(PostTo(server.url(), std::string(3 << 20, 'x'))).has_value());
  const std::string head = server.requests().at(0).head;
  for (const char* name : {"Expect", "Accept", "Content-Type", "Accept-Encoding"}) {
    EXPECT_THAT(head, Not(HasSubstr(std::string(name) + ":")));
  }
}

TEST_F(CurlTransportTest, AnyStatusIsAnAnswer) {
  LoopbackHttpServer server(
      Always({"HTTP/1.1 503 Slow Down\r\nRetry-After: 1\r\nx-amzn-RequestId:  abc \r\n"
              "Content-Length: 4\r\n\r\nbusy",
              After::kKeepOpen}));
  const auto answer = Send(PostTo(server.url()));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->body, "busy");
  ASSERT_NE(answer->headers.Find("X-Amzn-Requestid"), nullptr);
  EXPECT_EQ(*answer->headers.Find("X-Amzn-Requestid"), "abc");
}

TEST_F(CurlTransportTest, AContinueIsNoAnswer) {
  LoopbackHttpServer server(
      Always({"HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nX-Late: 1\r\n"
              "Content-Length: 0\r\n\r\n",
              After::kKeepOpen}));
  const auto answer = Send(PostTo(server.url()));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->headers.Find("X-Early"), nullptr);
  EXPECT_NE(answer->headers.Find("X-Late"), nullptr);
}

TEST_F(CurlTransportTest, FollowsNoRedirect) {
  LoopbackHttpServer server(
      Always({"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
              After::kKeepOpen}));
  const auto answer = Send(PostTo(server.url()));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 301);
}

TEST_F(CurlTransportTest, UsesAConnectionAgain) {
  LoopbackHttpServer server(Always(LoopbackHttpServer::Ok("x")));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Send(PostTo(server.url())).has_value());
  EXPECT_EQ(server.connection_count(), 1);
}

TEST_F(CurlTransportTest, OpensAsManyConnectionsAsThereAreCallsAtOnce) {
  LoopbackHttpServer server(Always(LoopbackHttpServer::Ok("x")));
  constexpr int kThreads = 8;
  constexpr int kCalls = 25;
  std::atomic<int> answered = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int call = 0; call < kCalls; ++call) {
          if (Send(PostTo(server.url())).has_value()) ++answered;
        }
      });
    }
  }
  EXPECT_EQ(answered, kThreads * kCalls);
  EXPECT_LE(server.connection_count(), kThreads);
}

TEST_F(CurlTransportTest, AConnectionThatWasClosedWhileIdleIsNoError) {
  LoopbackHttpServer server(Always(LoopbackHttpServer::Ok("x", After::kClose)));
  for (int i = 0; i < 20; ++i) {
    const auto answer = Send(PostTo(server.url()));
    ASSERT_TRUE(answer.has_value()) << i << ": " << answer.error().message;
  }
  EXPECT_EQ(server.connection_count(), 20);
}

TEST_F(CurlTransportTest, AConnectionThatIsClosedAtTheNextRequestIsNoError) {
  // The server answers the first request of each connection and hangs up on the second, unread: the
  // race between an idle time-out and a new request.
  std::atomic<int> last_connection = 0;
  LoopbackHttpServer server([&](const LoopbackHttpServer::Request& request) -> Answer {
    if (last_connection.exchange(request.connection) == request.connection) {
      return {"", After::kClose};
    }
    return LoopbackHttpServer::Ok("x");
  });
  for (int i = 0; i < 10; ++i) {
    const auto answer = Send(PostTo(server.url()));
    ASSERT_TRUE(answer.has_value()) << i << ": " << answer.error().message;
  }
}

// --- failures

struct FailureCase {
  const char* name;
  Answer answer;
};

class CurlTransportCutTest : public testing::TestWithParam<FailureCase> {};

TEST_P(CurlTransportCutTest, IsAnErrorToRetry) {
  LoopbackHttpServer server(Always(GetParam().answer));
  CurlTransport transport(Environment(), kUserAgent);
  const auto answer = transport.Send(PostTo(server.url()), {});
  ASSERT_FALSE(answer.has_value()) << answer->body;
  EXPECT_EQ(answer.error().kind, ErrorKind::kRetry);
  EXPECT_THAT(answer.error().message, HasSubstr(server.host()));
}

INSTANTIATE_TEST_SUITE_P(
    Answers, CurlTransportCutTest,
    testing::Values(
        FailureCase{"ShorterThanItsLength",
                    {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", After::kClose}},
        FailureCase{"ResetInTheBody",
                    {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", After::kReset}},
        FailureCase{
            "AChunkCut",
            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf", After::kClose}},
        FailureCase{
            "ChunksWithoutTheLast",
            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", After::kClose}},
        FailureCase{"AHeadCut", {"HTTP/1.1 200 OK\r\nContent-Le", After::kClose}},
        FailureCase{"Nothing", {"", After::kClose}}, FailureCase{"AReset", {"", After::kReset}},
        FailureCase{"NoHttp", {"SSH-2.0-OpenSSH_9.2\r\n", After::kClose}}),
    [](const auto& cut) { return cut.param.name; });

TEST_F(CurlTransportTest, ATransferAfterAFailedOneStartsClean) {
  std::atomic<bool> cut = true;
  LoopbackHttpServer server([&](const LoopbackHttpServer::Request&) -> Answer {
    if (cut.exchange(false)) {
      return {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", After::kClose};
    }
    return LoopbackHttpServer::Ok("whole");
  });
  ASSERT_FALSE(Send(PostTo(server.url())).has_value());
  const auto answer = Send(PostTo(server.url()));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body, "whole");
}

TEST_F(CurlTransportTest, ALargerAnswerThanAllowedIsRejectedNotStored) {
  LoopbackHttpServer server(Always(LoopbackHttpServer::Ok(std::string(100'001, 'x'))));
  Request request = PostTo(server.url());
  request.max_response_bytes = 100'000;
  const auto refused = Send(request);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::kRejected);
  EXPECT_THAT(refused.error().message, HasSubstr("larger than 100000 bytes"));
  request.max_response_bytes = 100'001;
  EXPECT_TRUE(Send(request).has_value());
}

TEST_F(CurlTransportTest, AnAnswerThatDoesNotComeTimesOut) {
  LoopbackHttpServer server(
      Always({"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", After::kStall}));
  Request request = PostTo(server.url());
  request.total_timeout = Milliseconds(150);
  const auto answer = Send(request);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, ErrorKind::kRetry);
  EXPECT_EQ(answer.error().code, kTimedOut);
}

TEST_F(CurlTransportTest, AClosedPortIsAnErrorToRetry) {
  std::string url;
  { url = LoopbackHttpServer(Always({})).url(); }
  const auto answer = Send(PostTo(url));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, ErrorKind::kRetry);
}

TEST_F(CurlTransportTest, AnUnknownHostIsToldApart) {
  const auto answer = Send(PostTo("http://no-such-host.invalid/"));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, ErrorKind::kRetry);
  EXPECT_EQ(answer.error().code, kUnknownHost);
  EXPECT_THAT(answer.error().message, HasSubstr("no-such-host.invalid"));
}

TEST_F(CurlTransportTest, AMalformedUrlIsRejected) {
  const auto answer = Send(PostTo("gopher://x/"));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, ErrorKind::kRejected);
}

// --- stopping

TEST_F(CurlTransportTest, ARequestToStopEndsARunningExchange) {
  LoopbackHttpServer server(Always({"", After::kStall}));
  std::stop_source stop;
  std::jthread stopper([&] {
    server.AwaitRequests(1);
    stop.request_stop();
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto answer = transport_.Send(PostTo(server.url()), stop.get_token());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, ErrorKind::kCancelled);
  // Without the request it would have run into its time-out of 20 s.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST_F(CurlTransportTest, ARequestToStopComesBeforeTheFirstByte) {
  LoopbackHttpServer server(Always(LoopbackHttpServer::Ok("")));
  std::stop_source stop;
  stop.request_stop();
  const auto answer = transport_.Send(PostTo(server.url()), stop.get_token());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(server.connection_count(), 0);
}

// --- proxies

class ProxyVariableTest : public testing::TestWithParam<const char*> {};

TEST_P(ProxyVariableTest, SendsPlainRequestsThroughTheProxy) {
  LoopbackHttpServer proxy(Always(LoopbackHttpServer::Ok("from the proxy")));
  CurlTransport transport(Environment({{GetParam(), proxy.url()}}), kUserAgent);
  const auto answer = transport.Send(PostTo("http://aws.invalid/x"), {});
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->body, "from the proxy");
  EXPECT_THAT(proxy.requests().at(0).head, testing::StartsWith("POST http://aws.invalid/x HTTP"));
}

INSTANTIATE_TEST_SUITE_P(Names, ProxyVariableTest,
                         testing::Values("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"));

TEST(CurlTransportProxy, AsksTheProxyForATunnelToHttpsHosts) {
  LoopbackHttpServer proxy(Always(
      {"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", After::kClose}));
  std::string address = proxy.url();
  address.insert(7, "user:hunter2@");
  CurlTransport transport(Environment({{"HTTPS_PROXY", address}}), kUserAgent);
  const auto answer = transport.Send(PostTo("https://sts.us-east-1.amazonaws.com/"), {});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, ErrorKind::kRejected);
  EXPECT_THAT(answer.error().message, HasSubstr("HTTP 407"));
  EXPECT_THAT(answer.error().message, HasSubstr("HTTPS_PROXY"));
  EXPECT_THAT(answer.error().message, Not(HasSubstr("hunter2")));
  EXPECT_THAT(proxy.requests().at(0).head,
              testing::StartsWith("CONNECT sts.us-east-1.amazonaws.com:443 HTTP/1.1"));
}

TEST(CurlTransportProxy, NoProxyNamesHostsThatAreCalledDirectly) {
  LoopbackHttpServer proxy(Always(LoopbackHttpServer::Ok("from the proxy")));
  LoopbackHttpServer server(Always(LoopbackHttpServer::Ok("from the server")));
  CurlTransport transport(
      Environment({{"HTTP_PROXY", proxy.url()}, {"NO_PROXY", "example.com,127.0.0.1"}}),
      kUserAgent);
  const auto answer = transport.Send(PostTo(server.url()), {});
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body, "from the server");
  EXPECT_TRUE(proxy.requests().empty());
}

TEST(CurlTransportProxy, AProxyForTheOtherSchemeIsNotUsed) {
  LoopbackHttpServer proxy(Always(LoopbackHttpServer::Ok("from the proxy")));
  LoopbackHttpServer server(Always(LoopbackHttpServer::Ok("from the server")));
  CurlTransport transport(Environment({{"HTTPS_PROXY", proxy.url()}}), kUserAgent);
  const auto answer = transport.Send(PostTo(server.url()), {});
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body, "from the server");
}

}  // namespace
}  // namespace collector::http
