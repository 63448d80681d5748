// How fast records reach a Devo endpoint, beside the roofline of the same machine at the same time:
// SSL_write of 64 KiB blocks to the same reader. "roofline" is the share of it that the output
// reaches, in bytes of frames; "allocations" are those of the whole process per record.
#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fakes/test_pki.h"
#include "fakes/tls_server.h"
#include "outputs/devo_output.h"

namespace {
std::atomic<size_t> allocations = 0;
}  // namespace

[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace collector {
namespace {

constexpr size_t kBytesPerRun = 256 << 20;
double roofline = 0;  // bytes/s, of the last RawTls

struct Endpoint {
  Endpoint() {
    TlsServer::Options options;
    options.keeps_bytes = false;
    server = std::make_unique<TlsServer>(pki, pki.Issue({.common_name = "server"}), options);
  }
  TestPki pki;
  std::unique_ptr<TlsServer> server;
};

double Rate(size_t bytes, std::chrono::steady_clock::time_point since) {
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - since;
  return static_cast<double>(bytes) / took.count();
}

void RawTls(benchmark::State& state) {
  Endpoint endpoint;
  const TestPki::Identity identity = endpoint.pki.Issue({.common_name = "client"});
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_use_certificate_file(context, identity.cert.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_use_PrivateKey_file(context, identity.key.c_str(), SSL_FILETYPE_PEM);
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(endpoint.server->port());
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) std::abort();
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, fd);
  if (SSL_connect(ssl) != 1) std::abort();
  const std::string block(64 << 10, 'x');
  size_t sent = 0;
  const auto since = std::chrono::steady_clock::now();
  for (auto _ : state) {
    const size_t end = sent + kBytesPerRun;
    for (; sent < end; sent += block.size()) {
      if (SSL_write(ssl, block.data(), static_cast<int>(block.size())) <= 0) std::abort();
    }
    endpoint.server->WaitUntil([&] { return endpoint.server->bytes_read() >= end; },
                               std::chrono::minutes(5));
  }
  roofline = Rate(sent, since);
  state.SetBytesProcessed(static_cast<int64_t>(sent));
  SSL_free(ssl);
  ::close(fd);
  SSL_CTX_free(context);
}
BENCHMARK(RawTls)->UseRealTime()->Unit(benchmark::kMillisecond)->Iterations(4);

// state.range(0): bytes of a message, such as a line of a VPC flow log or a CloudTrail event.
void DevoOutput(benchmark::State& state) {
  Endpoint endpoint;
  const TestPki::Identity identity = endpoint.pki.Issue({.common_name = "client"});
  DevoSettings settings;
  settings.address = "127.0.0.1";
  settings.port = endpoint.server->port();
  settings.chain = endpoint.pki.chain();
  settings.cert = identity.cert;
  settings.key = identity.key;
  settings.host_name = "collector-1";
  SystemClock clock;
  Events events([](Level, std::string_view) {}, Level::kError);
  auto output = NewDevoOutput("devo", settings, clock, events);
  if (!output) std::abort();
  const auto message_size = static_cast<size_t>(state.range(0));
  auto records = std::make_shared<Records>("cloud.aws.cloudtrail.events.123456789012.us-east-1");
  for (size_t i = 0; records->bytes() < (1 << 20); ++i) {
    records->Add(Timestamp(Milliseconds(1'685'694'675'123) + Milliseconds(i * 37)),
                 std::string(message_size, static_cast<char>('a' + i % 26)));
  }
  const size_t frame_size =
      4 + 23 + 1 + settings.host_name.size() + 1 + records->tag().size() + 2 + message_size + 1;
  const size_t batches = kBytesPerRun / (frame_size * records->size());
  size_t sent = 0;
  const size_t allocated = allocations;
  const auto since = std::chrono::steady_clock::now();
  for (auto _ : state) {
    for (size_t i = 0; i < batches; ++i) {
      if (!(*output)->Submit({records, Ack::Create([](Outcome) {})}, {})) std::abort();
    }
    sent += batches * records->size() * frame_size;
    endpoint.server->WaitUntil([&] { return endpoint.server->bytes_read() >= sent; },
                               std::chrono::minutes(5));
  }
  state.SetBytesProcessed(static_cast<int64_t>(sent));
  const auto count = static_cast<double>(sent) / static_cast<double>(frame_size);
  state.SetItemsProcessed(static_cast<int64_t>(count));
  state.counters["allocations"] = static_cast<double>(allocations - allocated) / count;
  state.counters["roofline"] = Rate(sent, since) / roofline;
  if (!(*output)->Close(clock.MonotonicNow() + Seconds(60))) std::abort();
}
BENCHMARK(DevoOutput)
    ->ArgName("message")
    ->Arg(112)
    ->Arg(1815)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(4);

}  // namespace
}  // namespace collector
