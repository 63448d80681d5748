#include "sim/s3_scenario.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "decode/packing.h"

namespace collector::sim {
namespace {

std::string PlainLines(size_t index, size_t records, size_t length) {
  std::string text;
  for (size_t i = 0; i < records; ++i) {
    text +=
        fmt::format("{} {} {}\n", ItemMark(index, i), std::string(length, 'x'), ItemName(index));
  }
  return text;
}

std::string PlainJson(size_t index, size_t records) {
  std::string text = R"({"Records":[)";
  const std::string name = ItemName(index);
  for (size_t i = 0; i < records; ++i) {
    text += fmt::format(R"({}{{"id":"{}","kind":"{}","of":"{}"}})", i == 0 ? "" : ",",
                        ItemMark(index, i), i % 3 == 0 ? "a" : "b", name);
  }
  return text + "]}";
}

// Makes one message after the other, with its objects.
class ObjectMaker {
 public:
  ObjectMaker(SimBucket& bucket, SimQueue& queue, Random& random, const S3Shape& shape)
      : bucket_(bucket), queue_(queue), random_(random), shape_(shape) {}

  void MakeMessage(Instant sent) {
    SimMessage message;
    message.visible = sent;
    message.group = fmt::format("g{}", random_.Between(0, 3));
    if (shape_.may_poison() && random_.Chance(0.02)) {
      message.poison = true;
      message.body = R"({"hello":"world"})";
    } else if (random_.Chance(0.05)) {
      message.body = R"({"Service":"Amazon S3","Event":"s3:TestEvent"})";
    } else {
      Announce(sent, message);
    }
    if (random_.Chance(0.2)) {
      message.body = nlohmann::json{{"Type", "Notification"}, {"Message", message.body}}.dump();
    }
    queue_.Add(std::move(message));
  }

 private:
  void Announce(Instant sent, SimMessage& message) {
    const int64_t count = random_.Chance(0.7) ? 1 : random_.Between(2, 4);
    for (int64_t i = 0; i < count; ++i) {
      const bool poison = shape_.may_poison() && random_.Chance(0.04);
      // A good object beside a poisoned one is delivered with each try of the message.
      if (poison && shape_.clean && i > 0) continue;
      message.items.push_back(poison ? MakePoison(sent) : MakeObject(sent));
      message.poison = message.poison || poison;
      if (poison && shape_.clean) break;
    }
    // Met late, when the collector has forgotten it, an object is delivered once more.
    if (!shape_.clean && random_.Chance(0.1)) AnnounceAgain(sent, message);
    if (random_.Chance(0.05)) message.items.push_back(message.items.front());
    message.body = R"({"Records":[)";
    for (size_t i = 0; i < message.items.size(); ++i) {
      message.body += (i == 0 ? "" : ",") + bucket_.object(message.items[i]).Announcement();
    }
    message.body += "]}";
  }

  void AnnounceAgain(Instant sent, SimMessage& message) {
    const size_t object = random_.Pick(bucket_.objects().size());
    const SimObject& known = bucket_.object(object);
    if (known.poison || sent - known.created > kAnnouncedAgain) return;
    message.items.push_back(object);
  }

  SimObject Begin(Instant sent) {
    SimObject object;
    const size_t index = bucket_.objects().size();
    object.etag = fmt::format("\"e{}\"", index);
    if (shape_.versions) object.version = fmt::format("v{}", index);
    object.created = sent;
    return object;
  }

  size_t MakeObject(Instant sent) {
    SimObject object = Begin(sent);
    const size_t index = bucket_.objects().size();
    if (random_.Chance(0.03)) {
      object.key = fmt::format("folders/{}/", index);
    } else if (random_.Chance(0.04)) {
      object.key = fmt::format("lines/{}", index);  // of no bytes
    } else {
      Fill(object, index);
      if (!shape_.clean && random_.Chance(0.15)) Replace(object);
    }
    if (random_.Chance(0.05)) {
      object.gone = std::min(object.gone, sent + Seconds(random_.Between(1, 300)));
    }
    return bucket_.Add(std::move(object));
  }

  // Small ones, and such as fill several batches.
  void Fill(SimObject& object, size_t index) {
    const bool is_large = random_.Chance(0.02);
    object.records = static_cast<size_t>(random_.Between(1, is_large ? 90 : 30));
    std::string plain;
    if (random_.Chance(0.3)) {
      object.key = fmt::format("json/{}", index);
      plain = PlainJson(index, object.records);
    } else {
      object.key = fmt::format("lines/{}", index);
      const auto length =
          static_cast<size_t>(random_.Between(0, random_.Chance(0.3) ? 2'000 : 100));
      plain = PlainLines(index, object.records, is_large ? 9'000 : length);
    }
    const int64_t packing = random_.Between(0, 9);
    object.body = packing < 6   ? GzipMember(plain, {.level = 1})
                  : packing < 7 ? ZstdFrame(plain)
                                : plain;
  }

  // Takes the key of one that has just come, at times with a body of the same size; without
  // versions that one is gone.
  void Replace(SimObject& object) {
    const size_t index = bucket_.objects().size();
    const size_t before = index - static_cast<size_t>(random_.Between(1, 3));
    if (before >= index) return;  // there are not so many
    const SimObject& other = bucket_.object(before);
    const bool same_kind = KindOf(other) == KindOf(object);
    const bool is_plain = other.body.starts_with('#') || other.body.starts_with('{');
    if (other.poison || (!same_kind && !is_plain)) return;
    object.key = other.key;
    if (is_plain) {
      object.body = other.body;
      object.records = other.records;
      const std::string name = ItemName(before);
      for (size_t at = 0; (at = object.body.find(name, at)) != std::string::npos;) {
        object.body.replace(at, name.size(), ItemName(index));
      }
    }
    if (shape_.versions) return;
    object.replaces = true;
    for (size_t i = 0; i < index; ++i) {
      SimObject& known = bucket_.object(i);
      if (known.key == object.key) known.gone = std::min(known.gone, object.created);
    }
  }

  static std::string KindOf(const SimObject& object) {
    return object.key.substr(0, object.key.find('/'));
  }

  size_t MakePoison(Instant sent) {
    SimObject object = Begin(sent);
    const size_t index = bucket_.objects().size();
    Fill(object, index);
    object.poison = true;
    std::string plain = PlainLines(index, object.records, 9'000);
    object.key = fmt::format("lines/{}", index);
    object.body = GzipMember(plain, {.level = 1});
    switch (random_.Between(0, 3)) {
      case 0:
        object.body[object.body.size() - 6] ^= 1;  // the checksum
        break;
      case 1:
        object.body.resize(object.body.size() / 2);
        break;
      case 2:
        object.key = fmt::format("json/{}", index);
        object.body = PlainJson(index, object.records);
        object.body.resize(object.body.size() - 3);
        break;
      default:
        object.key = fmt::format("of-no-format/{}", index);
    }
    return bucket_.Add(std::move(object));
  }

  SimBucket& bucket_;
  SimQueue& queue_;
  Random& random_;
  const S3Shape& shape_;
};

}  // namespace

S3Shape DrawS3Shape(Random& random) {
  S3Shape shape;
  shape.clean = random.Chance(0.25);
  shape.fifo = random.Chance(0.3);
  shape.versions = random.Chance(0.3);
  shape.most_receives = random.Chance(0.5) ? static_cast<int>(random.Between(2, 5)) : 0;
  shape.parallel = static_cast<int>(random.Between(1, random.Chance(0.3) ? 12 : 4));
  shape.visibility = DrawVisibility(random);
  shape.life = Seconds(random.Between(60, 1800));
  shape.period = Seconds(random.Between(5, 60));
  return shape;
}

S3LogsSettings SettingsOf(const S3Shape& shape) {
  S3LogsSettings settings;
  settings.service.name = "non-cloudwatch-logs";
  settings.service.request_period = shape.period;
  settings.visibility_timeout = shape.visibility;
  settings.parallel_objects = shape.parallel;
  ObjectFormat lines;
  lines.name = "of-lines";
  lines.keys = {*KeyPattern::Parse("lines/**")};
  lines.tag = "my.app.lines";
  ObjectFormat json;
  json.name = "of-json";
  json.keys = {*KeyPattern::Parse("json/**")};
  json.split = Split::kJsonArray;
  json.path = "Records";
  json.tag = "my.app.{record.kind}";
  settings.formats = {lines, json};
  return settings;
}

void MakeObjects(SimBucket& bucket, SimQueue& queue, Random& random, const S3Shape& shape) {
  const std::vector<Instant> times = DrawTimes(random, shape, 120);
  ObjectMaker maker(bucket, queue, random, shape);
  for (const Instant time : times) maker.MakeMessage(time);
}

}  // namespace collector::sim
