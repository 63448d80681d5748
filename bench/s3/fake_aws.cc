#include "s3/fake_aws.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace collector::bench {
namespace {

using nlohmann::json;

constexpr std::string_view kJson = "application/json";

constexpr std::string_view kIdentity =
    R"(<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">)"
    R"(<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/bench</Arn>)"
    R"(<UserId>AIDACKCEVSQ6C2EXAMPLE</UserId><Account>123456789012</Account>)"
    R"(</GetCallerIdentityResult><ResponseMetadata><RequestId>)"
    R"(01234567-89ab-cdef-0123-456789abcdef</RequestId></ResponseMetadata>)"
    R"(</GetCallerIdentityResponse>)";

std::chrono::nanoseconds WallOffset() {
  return std::chrono::system_clock::now().time_since_epoch() -
         std::chrono::steady_clock::now().time_since_epoch();
}

int64_t NumberParameter(const HttpRequest& request, std::string_view name) {
  int64_t number = -1;
  const std::string text = Parameter(request.query, name).value_or("");
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

HttpAnswer BadRequest(std::string_view why) { return MakeAnswer(400, "text/plain", why); }

}  // namespace

FakeAws::FakeAws(ObjectStore& store, Options options)
    : store_(store),
      options_(std::move(options)),
      wall_offset_(WallOffset()),
      delay_(options_.delay),
      sqs_(options_.visibility, wall_offset_) {}

std::optional<HttpAnswer> FakeAws::Handle(const HttpRequest& request, uint64_t caller, Instant now,
                                          bool& delayed) {
  delayed = true;
  if (!request.amz_target.empty()) return sqs_.Handle(request, caller, now);
  if (request.path.substr(0, 2) == "/_") {
    delayed = false;
    return Control(request, now);
  }
  if (request.method == "GET" || request.method == "HEAD") return GetObject(request, now);
  if (Parameter(request.body, "Action") == "GetCallerIdentity") {
    ++sts_calls_;
    return MakeAnswer(200, "text/xml", kIdentity);
  }
  return BadRequest("Nothing that this server knows");
}

HttpAnswer FakeAws::GetObject(const HttpRequest& request, Instant now) {
  HttpAnswer answer = store_.Get(request);
  if (!transfers_.first) transfers_.first = now;
  transfers_.last = now;
  ++(answer.status >= 400 ? transfers_.failed : transfers_.gets);
  transfers_.bytes += answer.object.size();
  return answer;
}

HttpAnswer FakeAws::Control(const HttpRequest& request, Instant now) {
  if (request.path == "/_feed") return Feed(request, now);
  if (request.path == "/_keys") return Keys(request);
  if (request.path == "/_stats") return Stats(now);
  if (request.path == "/_reset") {
    sqs_.Clear();
    fed_.clear();
    store_.Clear();
    transfers_ = {};
    sts_calls_ = 0;
    if (options_.on_reset) options_.on_reset();
    return MakeAnswer(200, kJson, "{}");
  }
  if (request.path == "/_delay") {
    const int64_t delay = NumberParameter(request, "milliseconds");
    if (delay < 0) return BadRequest("milliseconds=N is missing");
    delay_ = Milliseconds(delay);
    return MakeAnswer(200, kJson, "{}");
  }
  return BadRequest("No such call of the run's own");
}

HttpAnswer FakeAws::Feed(const HttpRequest& request, Instant now) {
  const std::string name = Parameter(request.query, "queue").value_or("");
  const std::string corpus = Parameter(request.query, "corpus").value_or("");
  const int64_t objects = NumberParameter(request, "objects");
  if (name.empty() || objects < 0) return BadRequest("queue=Q, corpus=C and objects=N are needed");
  SqsQueue& queue = sqs_.Queue(name);
  MessageSum messages;
  size_t packed = 0;
  size_t unpacked = 0;
  for (int64_t i = 0; i < objects; ++i) {
    const StoredObject* object = store_.NewObject(corpus);
    if (object == nullptr) return BadRequest("No such corpus: " + corpus);
    queue.Send(Notification(*object), now);
    fed_[name].push_back(object);
    packed += object->file->packed.size();
    unpacked += object->file->unpacked_bytes;
    messages.Add(object->file->messages);
  }
  const json answer = {{"objects", objects},
                       {"packed", packed},
                       {"unpacked", unpacked},
                       {"messages", messages.messages},
                       {"message_bytes", messages.bytes},
                       {"sum", messages.sum},
                       {"time", Wall(now)}};
  return MakeAnswer(200, kJson, answer.dump());
}

HttpAnswer FakeAws::Keys(const HttpRequest& request) const {
  std::string paths;
  const auto found = fed_.find(Parameter(request.query, "queue").value_or(""));
  if (found != fed_.end()) {
    for (const StoredObject* object : found->second) {
      paths += fmt::format("/{}/{}\n", object->bucket, NotificationKey(object->key));
    }
  }
  return MakeAnswer(200, "text/plain", paths);
}

HttpAnswer FakeAws::Stats(Instant now) {
  const auto wall = [this](const std::optional<Instant>& when) {
    return when ? json(Wall(*when)) : json(nullptr);
  };
  json queues = json::object();
  for (const auto& [name, queue] : sqs_.queues()) {
    queue->Expire(now);
    const SqsQueue::Counts& counts = queue->counts();
    queues[name] = {{"sent", counts.sent},
                    {"received", counts.received},
                    {"redelivered", counts.redelivered},
                    {"deleted", counts.deleted},
                    {"expired", counts.expired},
                    {"returned", counts.returned},
                    {"extended", counts.extended},
                    {"ineffective_deletes", counts.ineffective_deletes},
                    {"visible", counts.visible},
                    {"in_flight", counts.in_flight},
                    {"first_sent", wall(counts.first_sent)},
                    {"first_received", wall(counts.first_received)},
                    {"last_deleted", wall(counts.last_deleted)}};
  }
  json stats = {{"time", Wall(now)},
                {"queues", queues},
                {"sqs", {{"calls", sqs_.calls()}, {"failed", sqs_.failed_calls()}}},
                {"sts", {{"calls", sts_calls_}}},
                {"s3",
                 {{"gets", transfers_.gets},
                  {"failed", transfers_.failed},
                  {"bytes", transfers_.bytes},
                  {"first", wall(transfers_.first)},
                  {"last", wall(transfers_.last)}}}};
  std::string body = stats.dump();
  const std::string more = options_.more_stats ? options_.more_stats() : "";
  if (!more.empty()) body = body.substr(0, body.size() - 1) + "," + more + "}";
  return MakeAnswer(200, kJson, body);
}

std::string FakeAws::Notification(const StoredObject& object) const {
  const std::string& etag = object.file->etag;
  return fmt::format(
      R"({{"Records":[{{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"{}",)"
      R"("eventTime":"2026-11-20T12:05:01.123Z","eventName":"ObjectCreated:Put",)"
      R"("userIdentity":{{"principalId":"AWS:AROAEXAMPLEEXAMPLE:delivery"}},)"
      R"("requestParameters":{{"sourceIPAddress":"10.0.93.7"}},"responseElements":)"
      R"({{"x-amz-request-id":"C3D13FE58DE4C810","x-amz-id-2":"FMyUVURIY8IgAtTv8xRjskZQpcIZ9KG4)"
      R"(V5Wp6S7S/JRWeUWerMUE5JgHvANOjpD"}},"s3":{{"s3SchemaVersion":"1.0",)"
      R"("configurationId":"logs","bucket":{{"name":"{}","ownerIdentity":{{"principalId":)"
      R"("A3NL1KOZZKExample"}},"arn":"arn:aws:s3:::{}"}},"object":{{"key":"{}","size":{},)"
      R"("eTag":"{}","sequencer":"0055AED6DCD90281E5"}}}}}}]}})",
      kRegion, object.bucket, object.bucket, NotificationKey(object.key),
      object.file->packed.size(), etag.substr(1, etag.size() - 2));
}

double FakeAws::Wall(Instant when) const {
  return std::chrono::duration<double>(when.time_since_epoch() + wall_offset_).count();
}

}  // namespace collector::bench
