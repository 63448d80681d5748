#include "sim/bucket.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sources/notification.h"

namespace collector::sim {
namespace {

constexpr char kBucket[] = "logs-of-all";
constexpr char kBucketRegion[] = "eu-west-1";

http::Response Bytes(const SimObject& object, size_t from) {
  http::Response response;
  response.status = from == 0 ? 200 : 206;
  response.body = object.body.substr(from);
  response.headers.Add("ETag", object.etag);
  response.headers.Add("Content-Length", std::to_string(response.body.size()));
  if (from > 0) {
    response.headers.Add("Content-Range", fmt::format("bytes {}-{}/{}", from,
                                                      object.body.size() - 1, object.body.size()));
  }
  return response;
}

// "https://logs-of-all.s3.eu-west-1.amazonaws.com/lines/7?versionId=v7"
std::string KeyOf(const std::string& url) {
  const size_t path = url.find('/', url.find("://") + 3) + 1;
  return url.substr(path, std::min(url.find('?'), url.size()) - path);
}

}  // namespace

std::string SimObject::Announcement() const {
  return fmt::format(R"({{"eventName":"ObjectCreated:Put","awsRegion":"{}","s3":{{)"
                     R"("bucket":{{"name":"{}"}},"object":{{"key":"{}","size":{},"eTag":"{}",)"
                     R"("versionId":"{}","sequencer":"{}"}}}}}})",
                     kBucketRegion, kBucket, key, body.size(), etag.substr(1, etag.size() - 2),
                     version, created.time_since_epoch().count());
}

RecordId SimObject::Identity() const {
  AnnouncedObject announced;
  announced.bucket = kBucket;
  announced.key = key;
  announced.version_id = version;
  announced.etag = etag.substr(1, etag.size() - 2);
  announced.sequencer = std::to_string(created.time_since_epoch().count());
  return announced.Identity();
}

// An answer while it is read.
class SimBucket::Body : public http::Exchange {
 public:
  Body(SimBucket& bucket, http::Response response, SimObject* object)
      : Exchange(response.status, std::move(response.headers)),
        bucket_(bucket),
        object_(object),
        body_(std::move(response.body)) {
    if (object_ == nullptr) return;
    ++bucket_.reading_[object_->key];
    bucket_.most_readers_ = std::max(bucket_.most_readers_, bucket_.reading_.size());
  }
  ~Body() override {
    if (object_ == nullptr) return;
    const auto readers = bucket_.reading_.find(object_->key);
    if (--readers->second == 0) bucket_.reading_.erase(readers);
  }

  Result<std::string_view> Read(std::stop_token stop) override {
    Random& random = bucket_.random_;
    if (random.Chance(bucket_.faults_.kill)) throw Killed{};
    const Milliseconds slow(random.Between(0, random.Chance(0.05) ? 20'000 : 50));
    if (!bucket_.time_.WaitFor(slow, std::move(stop))) {
      return Fail(ErrorKind::kCancelled, "the program is ending");
    }
    if (random.Chance(bucket_.faults_.broken_body)) {
      if (object_ != nullptr) bucket_.failed_.insert(object_->key);
      return Fail(ErrorKind::kRetry, "connection reset");
    }
    const size_t left = body_.size() - at_;
    if (left == 0) return std::string_view();
    const auto size = static_cast<size_t>(random.Between(1, static_cast<int64_t>(left)));
    return std::string_view(body_).substr(std::exchange(at_, at_ + size), size);
  }

 private:
  SimBucket& bucket_;
  SimObject* const object_;  // none: the answer is an error
  const std::string body_;
  size_t at_ = 0;
};

size_t SimBucket::Add(SimObject object) {
  objects_.push_back(std::move(object));
  return objects_.size() - 1;
}

SimObject* SimBucket::Find(const http::Request& request) {
  const std::string& url = request.url;
  const std::string key = KeyOf(url);
  const size_t query = std::min(url.find('?'), url.size());
  const size_t equals = std::min(url.find('=', query), url.size() - 1);
  const std::string version = url.substr(equals + 1);
  SimObject* found = nullptr;
  for (SimObject& object : objects_) {
    if (object.key != key || object.created > time_.MonotonicNow()) continue;
    if (version.empty() || object.version == version) found = &object;
  }
  return found;
}

void SimBucket::NoteFailure(const http::Request& request) { failed_.insert(KeyOf(request.url)); }

http::Response SimBucket::Answer(const http::Request& request, SimObject* object) const {
  if (object == nullptr || object->gone <= time_.MonotonicNow()) {
    const bool versioned = object != nullptr && !object->version.empty();
    return Refusal(request, 404, versioned ? "NoSuchVersion" : "NoSuchKey", "it is not there");
  }
  const std::string* const if_match = request.headers.Find("If-Match");
  if (if_match != nullptr && *if_match != object->etag) {
    return Refusal(request, 412, "PreconditionFailed", "the pre-conditions do not hold");
  }
  const std::string* const range = request.headers.Find("Range");
  const size_t from = range == nullptr ? 0 : std::stoull(range->substr(sizeof("bytes=") - 1));
  if (from > 0 && from >= object->body.size()) {
    return Refusal(request, 416, "InvalidRange", "the range is not satisfiable");
  }
  return Bytes(*object, from);
}

std::unique_ptr<http::Exchange> SimBucket::Get(const http::Request& request,
                                               std::optional<http::Response> response) {
  SimObject* const object = Find(request);
  if (!response) response = Answer(request, object);
  const bool is_object = response->status / 100 == 2;
  if (!is_object) NoteFailure(request);
  return std::make_unique<Body>(*this, *std::move(response), is_object ? object : nullptr);
}

}  // namespace collector::sim
