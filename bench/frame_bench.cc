// How fast records become frames, beside a memcpy of the same messages in the same run. The
// argument is the size of a message: 112 bytes is a VPC flow log line, 1,815 a CloudTrail record.
// bytes_per_second counts the messages, not the frames.
#include <cstring>
#include <random>
#include <string>

#include <benchmark/benchmark.h>

#include "collect/batch.h"
#include "outputs/frame.h"

namespace collector {
namespace {

constexpr size_t kBytes = size_t{1} << 20;  // stays in the cache, as a batch that was just read

// `step`: from one record's time to the next's.
Records MakeRecords(size_t message_size, Milliseconds step) {
  Records records("cloud.aws.vpc.flow.123456789012.us-east-1");
  std::mt19937_64 random(1);
  Timestamp time{Seconds(1'700'000'000)};
  std::string message(message_size, ' ');
  for (size_t bytes = 0; bytes < kBytes; bytes += message_size, time += step) {
    for (char& c : message) c = static_cast<char>('0' + random() % 64);
    records.Add(time, message);
  }
  return records;
}

void Report(benchmark::State& state, const Records& records) {
  const auto all = static_cast<int64_t>(state.iterations() * records.size());
  state.SetItemsProcessed(all);
  state.SetBytesProcessed(all * state.range(0));
}

void Copy(benchmark::State& state) {
  const Records records = MakeRecords(static_cast<size_t>(state.range(0)), Milliseconds(0));
  std::string out(2 * kBytes, '\0');
  for (auto _ : state) {
    char* to = out.data();
    for (size_t i = 0; i < records.size(); ++i) {
      const Record record = records[i];
      std::memcpy(to, record.message.data(), record.message.size());
      to += record.message.size();
    }
    benchmark::DoNotOptimize(to);
    benchmark::ClobberMemory();
  }
  Report(state, records);
}

void Frame(benchmark::State& state, Milliseconds step) {
  const Records records = MakeRecords(static_cast<size_t>(state.range(0)), step);
  FrameWriter writer("ip-10-0-0-1", kBytes);
  std::string out;
  for (auto _ : state) {
    out.clear();
    for (size_t i = 0; i < records.size(); ++i) {
      benchmark::DoNotOptimize(writer.Append(records.tag(), records[i], out));
    }
    benchmark::ClobberMemory();
  }
  Report(state, records);
}

BENCHMARK(Copy)->Arg(112)->Arg(1815);
BENCHMARK_CAPTURE(Frame, of_one_second, Milliseconds(0))->Arg(112)->Arg(1815);
BENCHMARK_CAPTURE(Frame, each_of_another_second, Milliseconds(1001))->Arg(112)->Arg(1815);

}  // namespace
}  // namespace collector
