// How fast pages of CloudWatch Logs become frames for Devo, beside a memcpy of the same pages and
// the plain way (a JSON library's document, then its texts) in the same run. bytes_per_second
// counts the pages: 1 MB each, messages of about 200 bytes, of which one in eight has escapes.
#include <cstring>
#include <random>
#include <string>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "aws/logs/log_events.h"
#include "collect/position_store.h"
#include "collect/seen_records.h"
#include "outputs/frame.h"
#include "sources/log_records.h"

namespace collector {
namespace {

using aws::logs::LogEvents;

constexpr size_t kPageBytes = 1'000'000;

std::string MakePage() {
  std::mt19937_64 random(1);
  std::string page = R"({"events":[)";
  for (uint64_t n = 0; page.size() < kPageBytes; ++n) {
    std::string message = fmt::format(
        "2026-11-25T10:00:00.{:03}Z {:016x} INFO handled request for order {} of customer {} in {} "
        "ms, cache {}, region eu-west-1, attempt 1, queue length {}",
        n % 1000, random(), random() % 1'000'000, random() % 100'000, random() % 500,
        n % 3 == 0 ? "hit" : "miss", random() % 64);
    if (n % 8 == 0) message += R"( payload {\"status\":\"ok\"}\n\tat handler (index.js:12))";
    page += fmt::format(
        R"({}{{"logStreamName":"2026/11/25/[$LATEST]{:032x}","timestamp":{},"message":"{}",)"
        R"("ingestionTime":{},"eventId":"{:028}{:028}"}})",
        n == 0 ? "" : ",", n % 5, 1'795'600'000'000 + n, message, 1'795'600'000'900 + n,
        3'795'600'000'000 + n, random() % 1'000'000'000'000);
  }
  return page +
         R"(],"searchedLogStreams":[],"nextToken":"Bxkq6kVGFtq2y_MoigeqscPOdhXVbhiVtLoAmXb5jCo"})";
}

const std::string& Page() {
  static const std::string kPage = MakePage();
  return kPage;
}

LogGroupSettings Settings() {
  LogGroupSettings settings;
  settings.group = "/aws/lambda/orders";
  settings.service.tag = "cloud.aws.cloudwatch.logs.{account}.{region}";
  return settings;
}

void CountBytes(benchmark::State& state) {
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * Page().size()));
}

void Copy(benchmark::State& state) {
  std::string out(Page().size(), '\0');
  for (auto _ : state) {
    std::memcpy(out.data(), Page().data(), Page().size());
    benchmark::ClobberMemory();
  }
  CountBytes(state);
}

void Parse(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(LogEvents::Read(Page()));
  CountBytes(state);
}

// What the collector does with a page that it has not met before.
void ParseAndFrame(benchmark::State& state, bool with_ids) {
  LogRecords records(Settings(), "eu-west-1");
  records.set_account("123456789012");
  FrameWriter writer("ip-10-0-0-1", size_t{1} << 20);
  std::string out;
  for (auto _ : state) {
    const auto page = LogEvents::Read(Page());
    SeenRecords seen;
    for (const auto& event : page->events()) {
      if (with_ids && !seen.Insert({RecordId::From(event.id), event.time})) continue;
      records.Add(event, event.stream);
    }
    out.clear();
    for (const auto& batch : records.Take()) {
      for (size_t i = 0; i < batch->size(); ++i) {
        benchmark::DoNotOptimize(writer.Append(batch->tag(), (*batch)[i], out));
      }
    }
    benchmark::ClobberMemory();
  }
  CountBytes(state);
}

void PlainWay(benchmark::State& state) {
  FrameWriter writer("ip-10-0-0-1", size_t{1} << 20);
  std::string out;
  for (auto _ : state) {
    out.clear();
    const auto page = nlohmann::json::parse(Page());
    for (const auto& event : page.at("events")) {
      const auto message = event.at("message").get<std::string>();
      const Timestamp time(Milliseconds(event.at("timestamp").get<int64_t>()));
      benchmark::DoNotOptimize(
          writer.Append("cloud.aws.cloudwatch.logs.1.eu-west-1", {time, message}, out));
    }
  }
  CountBytes(state);
}

BENCHMARK(Copy);
BENCHMARK(Parse);
BENCHMARK_CAPTURE(ParseAndFrame, alone, false);
BENCHMARK_CAPTURE(ParseAndFrame, with_ids, true);
BENCHMARK(PlainWay);

}  // namespace
}  // namespace collector
