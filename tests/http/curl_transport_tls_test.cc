#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/loopback_http_server.h"
#include "fakes/test_certificate.h"
#include "http/curl_transport.h"

namespace collector::http {
namespace {

using testing::HasSubstr;

LoopbackHttpServer::Answer Hello(const LoopbackHttpServer::Request&) {
  return LoopbackHttpServer::Ok("hello");
}

class CurlTransportTlsTest : public testing::Test {
 protected:
  CurlTransportTlsTest() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() /
              (std::string("curl_tls_") + info->name() + "_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  ~CurlTransportTlsTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& content) const {
    const auto path = folder_ / name;
    std::ofstream(path) << content;
    return path.string();
  }

  static Result<Response> Get(const Environment& environment, const std::string& url) {
    CurlTransport transport(environment, "test");
    Request request;
    request.url = url;
    return transport.Send(request, {});
  }

  std::filesystem::path folder_;
};

TEST_F(CurlTransportTlsTest, TrustsWhatAwsCaBundleHolds) {
  const TestCertificate certificate("127.0.0.1");
  LoopbackHttpServer server(Hello, certificate.server_context());
  for (const char* variable : {"AWS_CA_BUNDLE", "SSL_CERT_FILE"}) {
    const auto answer =
        Get(Environment({{variable, Write("ca.pem", certificate.Pem())}}), server.url());
    ASSERT_TRUE(answer.has_value()) << variable << ": " << answer.error().message;
    EXPECT_EQ(answer->body, "hello");
  }
}

TEST_F(CurlTransportTlsTest, AwsCaBundleComesBeforeSslCertFile) {
  const TestCertificate certificate("127.0.0.1");
  const TestCertificate other("127.0.0.1");
  LoopbackHttpServer server(Hello, certificate.server_context());
  EXPECT_TRUE(Get(Environment({{"AWS_CA_BUNDLE", Write("ca.pem", certificate.Pem())},
                               {"SSL_CERT_FILE", Write("other.pem", other.Pem())}}),
                  server.url())
                  .has_value());
}

TEST_F(CurlTransportTlsTest, RejectsACertificateOfAnUnknownCa) {
  const TestCertificate certificate("127.0.0.1");
  const TestCertificate other("127.0.0.1");
  LoopbackHttpServer server(Hello, certificate.server_context());
  const std::string bundle = Write("other.pem", other.Pem());
  const auto answer = Get(Environment({{"AWS_CA_BUNDLE", bundle}}), server.url());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, ErrorKind::kRejected);
  EXPECT_EQ(answer.error().code, kNotTrusted);
  EXPECT_THAT(answer.error().message, HasSubstr(server.host()));
  EXPECT_THAT(answer.error().message, HasSubstr(bundle));
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(CurlTransportTlsTest, RejectsItWithTheSystemsCasToo) {
  const TestCertificate certificate("127.0.0.1");
  LoopbackHttpServer server(Hello, certificate.server_context());
  const auto answer = Get(Environment(), server.url());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, ErrorKind::kRejected);
}

TEST_F(CurlTransportTlsTest, RejectsACertificateForAnotherHost) {
  const TestCertificate certificate("127.0.0.2");
  LoopbackHttpServer server(Hello, certificate.server_context());
  const auto answer =
      Get(Environment({{"AWS_CA_BUNDLE", Write("ca.pem", certificate.Pem())}}), server.url());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, kNotTrusted);
}

TEST_F(CurlTransportTlsTest, NamesABundleThatCannotBeRead) {
  for (const std::string& path : {(folder_ / "missing.pem").string(), Write("empty.pem", ""),
                                  Write("garbage.pem", "not a certificate")}) {
    const auto answer = Get(Environment({{"AWS_CA_BUNDLE", path}}), "https://127.0.0.1:1/");
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().kind, ErrorKind::kRejected);
    EXPECT_THAT(answer.error().message, HasSubstr(path));
    EXPECT_THAT(answer.error().message, HasSubstr("AWS_CA_BUNDLE"));
  }
}

TEST_F(CurlTransportTlsTest, UsesAConnectionAgain) {
  const TestCertificate certificate("127.0.0.1");
  LoopbackHttpServer server(Hello, certificate.server_context());
  CurlTransport transport(Environment({{"AWS_CA_BUNDLE", Write("ca.pem", certificate.Pem())}}),
                          "test");
  Request request;
  request.url = server.url();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(transport.Send(request, {}).has_value());
  EXPECT_EQ(server.connection_count(), 1);
}

TEST_F(CurlTransportTlsTest, ManyThreadsShareTheTrust) {
  const TestCertificate certificate("127.0.0.1");
  LoopbackHttpServer server(
      [](const LoopbackHttpServer::Request&) {
        return LoopbackHttpServer::Ok("hello", LoopbackHttpServer::After::kClose);
      },
      certificate.server_context());
  CurlTransport transport(Environment({{"AWS_CA_BUNDLE", Write("ca.pem", certificate.Pem())}}),
                          "test");
  std::atomic<int> answered = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] {
        Request request;
        request.url = server.url();
        for (int call = 0; call < 10; ++call) answered += transport.Send(request, {}).has_value();
      });
    }
  }
  EXPECT_EQ(answered, 60);
}

}  // namespace
}  // namespace collector::http
