// s3_corpus FOLDER: writes the corpora of the benchmark, each into a folder of its name with a
// manifest, and says what they are like. A corpus that is there already is left alone.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "s3/corpus.h"

namespace collector::bench {
namespace {

using Make = std::unique_ptr<LogKind> (*)(uint64_t seed);

struct Wish {
  std::string_view corpus;
  Make make;
  size_t files;
  size_t packed_bytes;  // a file
};

// Sizes as AWS writes them: VPC flow logs roll at 75 MB, busy accounts see a few MB every 5
// minutes.
constexpr Wish kWishes[] = {
    {"big", &MakeVpcLog, 1, 75'000'000},
    {"vpc", &MakeVpcLog, 8, 3'500'000},
    {"cloudfront", &MakeCloudFrontLog, 8, 3'500'000},
    {"cloudtrail", &MakeCloudTrailLog, 32, 485'000},
    {"small", &MakeVpcLog, 64, 1'000},
};

void Write(const std::filesystem::path& path, std::string_view content) {
  std::ofstream file(path, std::ios::binary);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  if (!file) throw std::runtime_error(path.string() + " cannot be written");
}

void MakeCorpus(const Wish& wish, uint64_t seed, const std::filesystem::path& folder) {
  const std::filesystem::path made = folder / wish.corpus;
  const std::filesystem::path half = folder / (std::string(wish.corpus) + ".half");
  std::filesystem::remove_all(half);
  std::filesystem::create_directories(half);
  const std::unique_ptr<LogKind> kind = wish.make(seed);
  Random random(seed ^ wish.packed_bytes);
  nlohmann::json files = nlohmann::json::array();
  size_t packed = 0;
  size_t unpacked = 0;
  MessageSum messages;
  for (size_t i = 0; i < wish.files; ++i) {
    const PackedFile file = MakeFile(*kind, random, wish.packed_bytes);
    const std::string name = fmt::format("{:03}.gz", i);
    Write(half / name, file.packed);
    files.push_back({{"name", name},
                     {"unpacked", file.unpacked_bytes},
                     {"messages", file.messages.messages},
                     {"message_bytes", file.messages.bytes},
                     {"sum", file.messages.sum}});
    packed += file.packed.size();
    unpacked += file.unpacked_bytes;
    messages.Add(file.messages);
  }
  const double line = static_cast<double>(unpacked) / static_cast<double>(messages.messages);
  const double ratio = static_cast<double>(unpacked) / static_cast<double>(packed);
  const nlohmann::json manifest = {
      {"seed", seed}, {"bytes_a_record", line}, {"ratio", ratio}, {"files", files}};
  Write(half / kManifestName, manifest.dump(1));
  std::filesystem::rename(half, made);
  std::fputs(fmt::format("{:10} {:3} files of {:6.1f} KB, {:6.1f} MB unpacked, {:7.1f} bytes a "
                         "record, gzip {:.2f}:1\n",
                         wish.corpus, wish.files,
                         static_cast<double>(packed) / static_cast<double>(wish.files) / 1e3,
                         static_cast<double>(unpacked) / 1e6, line, ratio)
                 .c_str(),
             stdout);
  std::fflush(stdout);
}

int Main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fputs("s3_corpus FOLDER [SEED]\n", stderr);
    return 2;
  }
  const uint64_t seed = argc > 2 ? std::stoull(argv[2]) : 1;
  std::vector<std::thread> threads;
  for (const Wish& wish : kWishes) {
    if (std::filesystem::exists(std::filesystem::path(argv[1]) / wish.corpus / kManifestName)) {
      continue;
    }
    threads.emplace_back([&wish, seed, argv] { MakeCorpus(wish, seed, argv[1]); });
  }
  for (std::thread& thread : threads) thread.join();
  return 0;
}

}  // namespace
}  // namespace collector::bench

int main(int argc, char** argv) { return collector::bench::Main(argc, argv); }
