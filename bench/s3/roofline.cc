// s3_roofline: what one thread can do with log objects when it does nothing else, the yardstick of
// the collector. Prints one line of JSON: {"stage","bytes","records","seconds","cpu_seconds",...};
// bytes are unpacked ones. The stages add up:
//   inflate   unpack the corpus's files, which lie in memory
//   frame     and split them, and put the frame before each record
//   tls       and encrypt the frames, and throw that away
//   socket    and send it to the TLS reader
//   get       and fetch the objects from the load server
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <curl/curl.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "s3/roofline_parts.h"

namespace collector::bench {
namespace {

struct Wishes {
  std::string stage = "get";
  std::string corpus = "vpc";
  std::string folder;
  int port = 0;
  std::string queue;
  size_t objects = 8;
  Chain::Options chain;
  Sink::Options sink;
};

size_t GiveChain(char* data, size_t, size_t size, void* chain) {
  static_cast<Chain*>(chain)->Give({data, size});
  return size;
}

size_t GiveText(char* data, size_t, size_t size, void* text) {
  static_cast<std::string*>(text)->append(data, size);
  return size;
}

// One connection to the load server.
class Http {
 public:
  explicit Http(int port) : base_("http://127.0.0.1:" + std::to_string(port)) {
    curl_easy_setopt(curl_, CURLOPT_BUFFERSIZE, 256L << 10);
    curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
  }
  ~Http() { curl_easy_cleanup(curl_); }
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;

  void Get(const std::string& path, curl_write_callback callback, void* to) {
    curl_easy_setopt(curl_, CURLOPT_URL, (base_ + path).c_str());
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, callback);
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, to);
    long status = 0;
    const CURLcode result = curl_easy_perform(curl_);
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    if (result != CURLE_OK || status != 200) Die("GET " + path + " failed");
  }

 private:
  const std::string base_;
  CURL* curl_ = curl_easy_init();
};

std::vector<std::string> ReadFiles(const Wishes& wishes) {
  std::vector<std::string> files;
  const auto folder = std::filesystem::path(wishes.folder) / wishes.corpus;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".gz") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    files.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  if (files.empty()) Die("No files in " + folder.string());
  return files;
}

std::vector<std::string> Paths(Http& http, const std::string& queue) {
  std::string text;
  http.Get("/_keys?queue=" + queue, &GiveText, &text);
  std::istringstream lines(text);
  std::vector<std::string> paths;
  for (std::string line; std::getline(lines, line);) paths.push_back(line);
  if (paths.empty()) Die("Nothing was fed into the queue " + queue);
  return paths;
}

double CpuSeconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

void Run(Wishes wishes) {
  std::string tag = "cloud.aws.vpc.flow.123456789012.us-east-1";
  if (wishes.corpus == "cloudfront") {
    wishes.chain.kind = Chain::Kind::kCloudFront;
    tag = "web.aws.cloudfront.access-w3c.us-east-1.EXAMPLE1DIST01";
  } else if (wishes.corpus == "cloudtrail") {
    wishes.chain.kind = Chain::Kind::kCloudTrail;
    tag = "cloud.aws.cloudtrail.events.123456789012.us-east-1";
  }
  wishes.chain.only_inflate = wishes.stage == "inflate";
  if (wishes.stage == "tls") wishes.sink.kind = Sink::Kind::kMemory;
  const bool gets = wishes.stage == "get";
  if (gets || wishes.stage == "socket") wishes.sink.kind = Sink::Kind::kSocket;

  Http http(wishes.port);
  std::vector<std::string> paths, files;
  if (gets) {
    paths = Paths(http, wishes.queue);
  } else {
    files = ReadFiles(wishes);
  }
  Sink sink(wishes.sink);
  Framer framer(sink, tag);
  Chain chain(wishes.chain, framer);
  const double cpu = CpuSeconds();
  const Instant start = std::chrono::steady_clock::now();
  const size_t objects = gets ? paths.size() : wishes.objects;
  for (size_t i = 0; i < objects; ++i) {
    chain.Start();
    if (gets) {
      http.Get(paths[i], &GiveChain, &chain);
    } else {
      chain.Give(files[i % files.size()]);
    }
    chain.Finish();
  }
  framer.Flush();
  sink.End();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const nlohmann::json result = {{"stage", wishes.stage},
                                 {"corpus", wishes.corpus},
                                 {"objects", objects},
                                 {"bytes", chain.unpacked_bytes()},
                                 {"records", framer.records()},
                                 {"seconds", seconds},
                                 {"cpu_seconds", CpuSeconds() - cpu},
                                 {"cipher", sink.cipher()}};
  std::puts(result.dump().c_str());
}

int Main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  Wishes wishes;
  bool many_writes = false;
  bool one_time = false;
  CLI::App app("The roofline of logs in S3: one thread, straight code");
  app.add_option("--stage", wishes.stage, "inflate, frame, tls, socket or get")
      ->check(CLI::IsMember({"inflate", "frame", "tls", "socket", "get"}));
  app.add_option("--corpus", wishes.corpus, "vpc, cloudfront, cloudtrail, small or big");
  app.add_option("--folder", wishes.folder, "the folder that s3_corpus has filled");
  app.add_option("--port", wishes.port, "of the load server");
  app.add_option("--queue", wishes.queue, "get: whose objects");
  app.add_option("--objects", wishes.objects, "how many, unless it is get");
  app.add_flag("--zlib", wishes.chain.with_zlib, "inflate with zlib");
  app.add_flag("--one-time", one_time, "all frames have one time");
  app.add_flag("--many-writes", many_writes, "each TLS record is a write of its own");
  app.add_option("--tls-port", wishes.sink.port, "of the TLS reader");
  app.add_option("--chain", wishes.sink.chain, "the certificates");
  app.add_option("--cert", wishes.sink.cert);
  app.add_option("--key", wishes.sink.key);
  CLI11_PARSE(app, argc, argv);
  wishes.chain.own_time = !one_time;
  wishes.sink.one_write = !many_writes;
  Run(wishes);
  return 0;
}

}  // namespace
}  // namespace collector::bench

int main(int argc, char** argv) { return collector::bench::Main(argc, argv); }
