// What a call over HTTP costs, beside raw libcurl in the same run: CPU microseconds (of the calling
// thread; cpu_time) of a small GET and POST over a connection that is kept, and the speed of an
// object of 5 MB that is read as a stream, against a server on loopback that does as little as it
// can. A machine with fewer than two idle cores tells nothing about the object.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/curl_transport.h"

namespace collector::http {
namespace {

constexpr size_t kObjectBytes = 5'000'000;
constexpr char kHead[] =
    "x-amz-id-2: w3PqZ0oXnC1H8m0Zbm0yDk1rJxkXx2Gg5b3p\r\nx-amz-request-id: 4442587FB7D0A2F9\r\n"
    "Date: Tue, 24 Nov 2026 03:05:21 GMT\r\nLast-Modified: Tue, 24 Nov 2026 03:00:00 GMT\r\n"
    "ETag: \"fba9dede5f27731c9771645a39863328\"\r\nServer: AmazonS3\r\nContent-Length: ";

// Answers "/5mb" with as many bytes and all else with 400; one connection after the other, each on
// a thread that ends when the client hangs up.
class Server {
 public:
  Server() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      std::abort();
    }
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    std::thread([this] { Accept(); }).detach();  // the program ends with it
  }
  const std::string& url() const { return url_; }

 private:
  static std::string AnswerOf(size_t bytes) {
    return "HTTP/1.1 200 OK\r\n" + std::string(kHead) + std::to_string(bytes) + "\r\n\r\n" +
           std::string(bytes, 'x');
  }

  void Accept() {
    for (;;) {
      const int fd = ::accept(listener_, nullptr, nullptr);
      const int at_once = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
      std::thread([this, fd] { Serve(fd); }).detach();
    }
  }

  void Serve(int fd) const {
    std::string buffer(16 << 10, '\0');
    for (;;) {
      // A request comes in one piece, small as it is.
      const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) break;
      const std::string_view request(buffer.data(), static_cast<size_t>(got));
      const bool large = request.substr(0, request.find('\r')).find("/5mb") != std::string::npos;
      const std::string& answer = large ? large_ : small_;
      for (size_t at = 0; at < answer.size();) {
        const ssize_t sent = ::send(fd, answer.data() + at, answer.size() - at, MSG_NOSIGNAL);
        if (sent <= 0) break;
        at += static_cast<size_t>(sent);
      }
    }
    ::close(fd);
  }

  const int listener_;
  std::string url_;
  const std::string small_ = AnswerOf(400);
  const std::string large_ = AnswerOf(kObjectBytes);
};

const Server& TheServer() {
  static auto* const server = new Server;
  return *server;
}

// With the headers that a signed call has.
Request MakeRequest(const std::string& method, const std::string& path) {
  Request request;
  request.method = method;
  request.url = TheServer().url() + path;
  request.headers.Add("X-Amz-Date", "20261124T030521Z");
  request.headers.Add("X-Amz-Content-SHA256", std::string(64, 'e'));
  request.headers.Add("Authorization",
                      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261124/"
                      "eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-date, "
                      "Signature=" +
                          std::string(64, 'a'));
  if (method == "POST") request.body = std::string(200, 'b');
  return request;
}

void Fail(benchmark::State& state) { state.SkipWithError("the call failed"); }

void Send(benchmark::State& state, const char* method) {
  CurlTransport transport(Environment(), "bench");
  const Request request = MakeRequest(method, "/small");
  for (auto _ : state) {
    if (!transport.Send(request, {})) return Fail(state);
  }
}

void SmallStream(benchmark::State& state) {
  CurlTransport transport(Environment(), "bench");
  const Request request = MakeRequest("GET", "/small");
  for (auto _ : state) {
    auto exchange = transport.Open(request, {});
    if (!exchange || !ReadWhole(**exchange, kObjectBytes, {})) return Fail(state);
  }
}

void LargeStream(benchmark::State& state) {
  CurlTransport transport(Environment(), "bench");
  const Request request = MakeRequest("GET", "/5mb");
  size_t bytes = 0;
  for (auto _ : state) {
    auto exchange = transport.Open(request, {});
    if (!exchange) return Fail(state);
    for (;;) {
      const auto some = (*exchange)->Read({});
      if (!some) return Fail(state);
      if (some->empty()) break;
      benchmark::DoNotOptimize(some->data());
      bytes += some->size();
    }
  }
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
}

size_t Ignore(char* data, size_t size, size_t count, void*) {
  benchmark::DoNotOptimize(data);
  return size * count;
}

// The yardstick: one easy handle, set up once, that performs again and again.
void RawCurl(benchmark::State& state, const char* method, const char* path, long buffer) {
  const Request request = MakeRequest(method, path);
  CURL* easy = curl_easy_init();
  curl_slist* headers = nullptr;
  for (const auto& [name, value] : request.headers.fields()) {
    headers = curl_slist_append(headers, (name + ": " + value).c_str());
  }
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Ignore);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, buffer);
  if (!request.body.empty()) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
  }
  curl_off_t bytes = 0;
  for (auto _ : state) {
    if (curl_easy_perform(easy) != CURLE_OK) Fail(state);
    curl_off_t size = 0;
    curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &size);
    bytes += size;
  }
  state.SetBytesProcessed(bytes);
  curl_slist_free_all(headers);
  curl_easy_cleanup(easy);
}

BENCHMARK_CAPTURE(RawCurl, small_get, "GET", "/small", 16L << 10)->UseRealTime();
BENCHMARK_CAPTURE(Send, small_get, "GET")->UseRealTime();
BENCHMARK(SmallStream)->UseRealTime();
BENCHMARK_CAPTURE(RawCurl, small_post, "POST", "/small", 16L << 10)->UseRealTime();
BENCHMARK_CAPTURE(Send, small_post, "POST")->UseRealTime();
BENCHMARK_CAPTURE(RawCurl, get_5_mb, "GET", "/5mb", 16L << 10)->UseRealTime();
BENCHMARK_CAPTURE(RawCurl, get_5_mb_large_buffer, "GET", "/5mb", 256L << 10)->UseRealTime();
BENCHMARK(LargeStream)->UseRealTime();

}  // namespace
}  // namespace collector::http
