// s3_load: the load server and the TLS reader in one process, so that one taskset pins both. It
// prints one line of JSON (the ports and the client's certificate files) and serves until its
// standard input ends. What they have done is in the load server's /_stats.
#include <csignal>
#include <cstdio>
#include <ctime>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "fakes/test_pki.h"
#include "s3/load_server.h"
#include "s3/object_store.h"
#include "s3/tls_reader.h"

namespace collector::bench {
namespace {

double WallSeconds(Instant when) {
  const auto offset = std::chrono::system_clock::now().time_since_epoch() -
                      std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(when.time_since_epoch() + offset).count();
}

double ProcessSeconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

std::string ReaderStats(const TlsReader& reader) {
  const TlsReader::Stats stats = reader.stats();
  const auto wall = [](const std::optional<Instant>& when) {
    return when ? nlohmann::json(WallSeconds(*when)) : nlohmann::json(nullptr);
  };
  const nlohmann::json json = {{"connections", stats.connections},
                               {"broken", stats.broken},
                               {"bytes", stats.bytes},
                               {"plain_bytes", stats.plain_bytes},
                               {"frames", stats.frames},
                               {"members", stats.members},
                               {"messages", stats.messages.messages},
                               {"message_bytes", stats.messages.bytes},
                               {"sum", stats.messages.sum},
                               {"first", wall(stats.first)},
                               {"last", wall(stats.last)},
                               {"cpu_seconds", stats.cpu_seconds}};
  return fmt::format(R"("tls":{},"process_cpu_seconds":{})", json.dump(), ProcessSeconds());
}

int Main(int argc, char** argv) {
  CLI::App app("The load server and the TLS reader of the benchmark of logs in S3");
  std::string corpus;
  int delay = 0;
  int visibility = 30;
  bool exact = false;
  app.add_option("--corpus", corpus, "the folder that s3_corpus has filled")->required();
  app.add_option("--delay-ms", delay, "added to each answer");
  app.add_option("--visibility", visibility, "visibility timeout of the queues, seconds");
  app.add_flag("--exact", exact, "take each frame apart and sum up the messages");
  CLI11_PARSE(app, argc, argv);

  std::signal(SIGPIPE, SIG_IGN);
  ObjectStore store;
  if (const Status loaded = store.Load(corpus); !loaded) {
    std::fputs((loaded.error().message + "\n").c_str(), stderr);
    return 1;
  }
  TestPki pki;
  const TestPki::Identity server = pki.Issue({});
  const TestPki::Identity client = pki.Issue({});
  TlsReader::Options reader_options;
  reader_options.chain = pki.chain();
  reader_options.cert = server.cert;
  reader_options.key = server.key;
  reader_options.exact = exact;
  TlsReader reader(reader_options);
  LoadServer::Options options;
  options.aws.delay = Milliseconds(delay);
  options.aws.visibility = Seconds(visibility);
  options.aws.more_stats = [&reader] { return ReaderStats(reader); };
  options.aws.on_reset = [&reader] { reader.Reset(); };
  const LoadServer load(store, options);
  const nlohmann::json started = {{"port", load.port()},
                                  {"tls_port", reader.port()},
                                  {"chain", pki.chain().string()},
                                  {"cert", client.cert.string()},
                                  {"key", client.key.string()}};
  std::puts(started.dump().c_str());
  std::fflush(stdout);
  char ignored[64];
  while (::read(STDIN_FILENO, ignored, sizeof ignored) > 0) {
  }
  return 0;
}

}  // namespace
}  // namespace collector::bench

int main(int argc, char** argv) { return collector::bench::Main(argc, argv); }
