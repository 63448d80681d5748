// How fast objects become records: unpacking, splitting and reading fields, of generated data like
// that of AWS: VPC flow logs (112 bytes a line), CloudFront (464) and CloudTrail (1,815 bytes a
// record). bytes_per_second counts plain bytes; zlib and ISA-L unpack the same in the same run.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <zlib.h>

#include "decode/fields.h"
#include "decode/json_fields.h"
#include "decode/json_splitter.h"
#include "decode/line_splitter.h"
#include "decode/record_time.h"
#include "decode/unpacker.h"

namespace collector {
namespace {

constexpr size_t kPlainBytes = size_t{4} << 20;  // an object of ordinary size
constexpr size_t kRoom = size_t{256} << 10;      // what a reader unpacks at a time
constexpr size_t kCut = size_t{16} << 10;        // what a TLS record brings

using Random = std::mt19937_64;

std::string FlowLine(Random& random) {
  const auto address = [&] { return fmt::format("10.0.{}.{}", random() % 4, random() % 256); };
  return fmt::format("2 123456789012 eni-0a1b2c3d4e5f6{:04x} {} {} {} {} 6 {} {} {} {} {} OK\n",
                     random() % 64, address(), address(), random() % 65536,
                     random() % 3 == 0 ? 443 : random() % 1024, random() % 60, random() % 90000,
                     1'700'000'000 + random() % 300, 1'700'000'060 + random() % 300,
                     random() % 8 == 0 ? "REJECT" : "ACCEPT");
}

std::string CloudFrontLine(Random& random) {
  return fmt::format(
      "2023-11-14\t22:{:02}:{:02}\tIAD89-C{}\t{}\t192.0.2.{}\tGET\td111111abcdef8.cloudfront.net\t"
      "/assets/{:x}/main.{:x}.js\t200\thttps://www.example.com/shop/{}\tMozilla/5.0%20(Windows%20NT"
      "%2010.0;%20Win64;%20x64)%20AppleWebKit/537.36%20Chrome/{}.0.0.0%20Safari/537.36\tsku={}\t-\t"
      "Hit\t{:016X}{:016X}==\twww.example.com\thttps\t{}\t0.{:03}\t-\tTLSv1.3\t"
      "TLS_AES_128_GCM_SHA256\tHit\tHTTP/2.0\t-\t-\t{}\t0.{:03}\tHit\tapplication/"
      "javascript\t{}\t-\t"
      "-\n",
      random() % 60, random() % 60, random() % 4, random() % 100'000, random() % 256,
      random() % 4096, random() % 65536, random() % 5000, 100 + random() % 20, random() % 5000,
      random(), random(), random() % 900, random() % 1000, random() % 65536, random() % 1000,
      random() % 100'000);
}

// Nested as those of AssumeRole and of EC2 are, with a policy as a string of JSON.
std::string CloudTrailRecord(Random& random) {
  const std::string account = fmt::format("{:012}", random() % 1'000'000'000'000);
  const std::string session = fmt::format(
      R"({{"type":"AssumedRole","principalId":"AROA{0:016X}:session-{1}","arn":"arn:aws:sts::{2}:)"
      R"(assumed-role/deploy/session-{1}","accountId":"{2}","accessKeyId":"ASIA{3:016X}","session)"
      R"(Context":{{"sessionIssuer":{{"type":"Role","principalId":"AROA{0:016X}","arn":"arn:aws:i)"
      R"(am::{2}:role/deploy","accountId":"{2}","userName":"deploy"}},"webIdFederationData":{{}},)"
      R"("attributes":{{"creationDate":"2023-11-14T21:{4:02}:00Z","mfaAuthenticated":"false"}}}},)"
      R"("invokedBy":"autoscaling.amazonaws.com"}})",
      random(), random() % 1000, account, random(), random() % 60);
  const std::string request = fmt::format(
      R"({{"instancesSet":{{"items":[{{"instanceId":"i-{:017x}"}},{{"instanceId":"i-{:017x}"}}]}})"
      R"(,"filterSet":{{"items":[{{"name":"vpc-id","valueSet":{{"items":[{{"value":"vpc-{:x}"}}]})"
      R"(}}}]}},"policy":"{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Ac)"
      R"(tion\":[\"s3:GetObject\"],\"Resource\":\"arn:aws:s3:::bucket-{}/*\"}}]}}"}})",
      random(), random(), random() % 65536, random() % 1000);
  return fmt::format(
      R"({{"eventVersion":"1.08","userIdentity":{},"eventTime":"2023-11-14T22:{:02}:{:02}Z","even)"
      R"(tSource":"ec2.amazonaws.com","eventName":"DescribeInstances","awsRegion":"us-east-1","so)"
      R"(urceIPAddress":"192.0.2.{}","userAgent":"aws-sdk-go/1.44.{} (go1.19.3; linux; amd64) exe)"
      R"(c-env/EC2","requestParameters":{},"responseElements":null,"requestID":"{:08x}-1234-5678-)"
      R"(9abc-{:012x}","eventID":"{:08x}-abcd-4abc-8abc-{:012x}","readOnly":true,"resources":[{{")"
      R"(accountId":"{}","type":"AWS::EC2::Instance","ARN":"arn:aws:ec2:us-east-1:{}:instance/i-{)"
      R"(:x}"}}],"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"{}","event)"
      R"(Category":"Management","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_)"
      R"(GCM_SHA256","clientProvidedHostHeader":"ec2.us-east-1.amazonaws.com"}}}})",
      session, random() % 60, random() % 60, random() % 256, random() % 300, request,
      random() % 0xFFFFFFFF, random() % 0xFFFFFFFFFFFF, random() % 0xFFFFFFFF,
      random() % 0xFFFFFFFFFFFF, account, account, random() % 0xFFFFFFFF, account);
}

std::string Gzip(std::string_view plain) {
  z_stream stream = {};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

struct Object {
  std::string plain;
  std::string packed;
  std::vector<std::string_view> records;  // of plain
};

std::vector<std::string_view> SplitWhole(Splitter& splitter, std::string_view text) {
  std::vector<Slice> slices;
  if (!splitter.Split(text, true, slices)) std::abort();
  std::vector<std::string_view> records;
  for (const Slice& slice : slices) records.push_back(text.substr(slice.begin, slice.size));
  return records;
}

Object* MakeLines(std::string (*line)(Random&)) {
  auto* object = new Object;
  Random random(1);
  while (object->plain.size() < kPlainBytes) object->plain += line(random);
  object->packed = Gzip(object->plain);
  LineSplitter splitter;
  object->records = SplitWhole(splitter, object->plain);
  return object;
}

Object* MakeCloudTrail() {
  auto* object = new Object;
  Random random(1);
  object->plain = R"({"Records":[)";
  while (object->plain.size() < kPlainBytes) object->plain += CloudTrailRecord(random) + ",";
  object->plain.back() = ']';
  object->plain += '}';
  object->packed = Gzip(object->plain);
  JsonSplitter splitter("Records");
  object->records = SplitWhole(splitter, object->plain);
  return object;
}

const Object& Flow() {
  static const Object* const object = MakeLines(FlowLine);
  return *object;
}
const Object& CloudFront() {
  static const Object* const object = MakeLines(CloudFrontLine);
  return *object;
}
const Object& CloudTrail() {
  static const Object* const object = MakeCloudTrail();
  return *object;
}

using Source = const Object& (*)();

void Report(benchmark::State& state, const Object& object) {
  const auto times = static_cast<int64_t>(state.iterations());
  state.SetBytesProcessed(times * static_cast<int64_t>(object.plain.size()));
  state.SetItemsProcessed(times * static_cast<int64_t>(object.records.size()));
  state.counters["record_bytes"] =
      static_cast<double>(object.plain.size()) / static_cast<double>(object.records.size());
}

void Unpack(benchmark::State& state, Source source, InflateBackend backend) {
  const Object& object = source();
  Unpacker unpacker(backend);
  std::string out(kRoom, '\0');
  for (auto _ : state) {
    unpacker.Reset();
    std::string_view packed = object.packed;
    size_t plain = 0;
    while (!packed.empty()) {
      std::string_view input = packed.substr(0, kCut);
      packed.remove_prefix(input.size());
      size_t written = 0;
      do {
        written = unpacker.Unpack(input, packed.empty(), out.data(), out.size()).value();
        plain += written;
      } while (written == out.size());
    }
    if (plain != object.plain.size()) state.SkipWithError("not what was packed");
  }
  Report(state, object);
}

void Split(benchmark::State& state, Source source, Splitter&& splitter) {
  const Object& object = source();
  std::vector<Slice> records;
  for (auto _ : state) {
    splitter.Reset();
    records.clear();
    size_t done = 0;
    for (size_t end = 0; end < object.plain.size();) {
      end = std::min(end + kRoom, object.plain.size());
      const auto data = std::string_view(object.plain).substr(done, end - done);
      done += splitter.Split(data, end == object.plain.size(), records).value();
    }
    benchmark::DoNotOptimize(records.data());
  }
  if (records.size() != object.records.size()) state.SkipWithError("not all records");
  Report(state, object);
}

void SplitLines(benchmark::State& state, Source source) { Split(state, source, LineSplitter()); }
void SplitArray(benchmark::State& state, Source source) {
  Split(state, source, JsonSplitter("Records"));
}

void ReadFieldTime(benchmark::State& state, Source source, FieldAt at, TimeForm form) {
  const Object& object = source();
  for (auto _ : state) {
    for (const std::string_view record : object.records) {
      const auto time = ReadTime(form, DelimitedField(record, at).value());
      if (!time) state.SkipWithError("no time");
      benchmark::DoNotOptimize(time);
    }
  }
  Report(state, object);
}

void ReadJsonTime(benchmark::State& state) {
  const Object& object = CloudTrail();
  const JsonPath path("eventTime");
  std::string scratch;
  for (auto _ : state) {
    for (const std::string_view record : object.records) {
      const auto text = JsonText(JsonField(record, path).value(), scratch);
      const auto time = ReadTime(TimeForm::kIso8601, text.value());
      if (!time) state.SkipWithError("no time");
      benchmark::DoNotOptimize(time);
    }
  }
  Report(state, object);
}

void ReadJsonFields(benchmark::State& state) {
  const Object& object = CloudTrail();
  const std::array<JsonPath, 4> paths = {JsonPath("eventTime"), JsonPath("awsRegion"),
                                         JsonPath("eventID"), JsonPath("recipientAccountId")};
  std::array<std::string_view, 4> values;
  for (auto _ : state) {
    for (const std::string_view record : object.records) {
      JsonFields(record, paths, values);
      if (values[3].empty()) state.SkipWithError("no account");
      benchmark::DoNotOptimize(values);
    }
  }
  Report(state, object);
}

BENCHMARK_CAPTURE(Unpack, flow_zlib, Flow, InflateBackend::kZlib);
BENCHMARK_CAPTURE(Unpack, flow_best, Flow, BestInflateBackend());
BENCHMARK_CAPTURE(Unpack, cloudfront_zlib, CloudFront, InflateBackend::kZlib);
BENCHMARK_CAPTURE(Unpack, cloudfront_best, CloudFront, BestInflateBackend());
BENCHMARK_CAPTURE(Unpack, cloudtrail_zlib, CloudTrail, InflateBackend::kZlib);
BENCHMARK_CAPTURE(Unpack, cloudtrail_best, CloudTrail, BestInflateBackend());
BENCHMARK_CAPTURE(SplitLines, flow, Flow);
BENCHMARK_CAPTURE(SplitLines, cloudfront, CloudFront);
BENCHMARK_CAPTURE(SplitArray, cloudtrail, CloudTrail);
BENCHMARK_CAPTURE(ReadFieldTime, flow, Flow, FieldAt{.index = 3, .from_end = true},
                  TimeForm::kEpochSeconds);
BENCHMARK_CAPTURE(ReadFieldTime, flow_from_the_far_end, Flow, FieldAt{.index = 10},
                  TimeForm::kEpochSeconds);
BENCHMARK_CAPTURE(ReadFieldTime, cloudfront, CloudFront, FieldAt{.delimiter = '\t', .joined = 2},
                  TimeForm::kDateAndTime);
BENCHMARK(ReadJsonTime);
BENCHMARK(ReadJsonFields);

}  // namespace
}  // namespace collector
