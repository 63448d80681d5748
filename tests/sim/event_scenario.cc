#include "sim/event_scenario.h"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

namespace collector::sim {
namespace {

// Makes one message after the other.
class EventMaker {
 public:
  EventMaker(SimEvents& events, SimQueue& queue, Random& random, const EventShape& shape)
      : events_(events), queue_(queue), random_(random), shape_(shape) {}

  void MakeMessage(Instant sent) {
    if (random_.Chance(0.1) && SendAgain(sent)) return;
    const size_t index = events_.count();
    SimEvent event;
    event.group = DrawGroup();
    event.sent = sent;
    Fill(event, index);
    AnnouncedObject known;
    (event.has_id ? known.key : known.bucket) =
        event.has_id ? IdOf(index) : fmt::format("m{}", queue_.messages().size());
    event.id = known.Identity();
    Send(event, index, sent, event.group);
    events_.Add(std::move(event));
  }

 private:
  static std::string IdOf(size_t index) {
    return fmt::format("6a7e8feb-b491-4cf7-a9f1-bf37034{:05}", index);
  }

  std::string DrawGroup() { return fmt::format("g{}", random_.Between(1, shape_.groups)); }

  // The same event under another deduplication id, and at times in another group.
  bool SendAgain(Instant sent) {
    if (events_.count() == 0) return false;
    const size_t index = random_.Pick(events_.count());
    SimEvent& event = events_.event(index);
    // What has no id is known by its message.
    if (!event.has_id || sent - event.sent > kAnnouncedAgain) return false;
    const std::string group = random_.Chance(0.5) ? event.group : DrawGroup();
    event.overtakes = event.overtakes || group != event.group;
    Send(event, index, sent, group);
    return true;
  }

  void Send(const SimEvent& event, size_t index, Instant sent, const std::string& group) {
    SimMessage message;
    message.body = event.body;
    message.group = group;
    message.visible = sent;
    message.items = {index};
    queue_.Add(std::move(message));
  }

  void Fill(SimEvent& event, size_t index) {
    event.records = 1;
    const auto length = static_cast<size_t>(random_.Between(0, random_.Chance(0.1) ? 9'000 : 300));
    const std::string text = fmt::format(R"("text":"{} {}","of":"{}")", ItemMark(index, 0),
                                         std::string(length, 'x'), ItemName(index));
    const int64_t kind = random_.Between(0, 19);
    if (kind == 0) {
      event.has_id = false;
      event.body = fmt::format("{} no envelope {}", ItemMark(index, 0), ItemName(index));
    } else if (kind == 1) {
      event.has_id = false;  // what it has is not the event's
      event.body = fmt::format(R"({{"id":"i-1",{}}})", text);
    } else if (kind == 2) {
      event.records = 0;
      event.body = Envelope(index, "aws.noise", "Noise", "{" + text + "}");
    } else if (kind <= 4) {
      event.records = static_cast<size_t>(random_.Between(1, 5));
      event.body = Envelope(index, "aws.securityhub", "Security Hub Findings - Imported",
                            Findings(index, event.records));
    } else {
      const char* const type = kind <= 7 ? "AWS API Call via CloudTrail" : "State change";
      event.body = Envelope(index, "aws.ec2", type, "{" + text + "}");
    }
  }

  static std::string Envelope(size_t index, const std::string& source, const std::string& type,
                              const std::string& detail) {
    return fmt::format(
        R"({{"version":"0","id":"{}","detail-type":"{}","source":"{}","account":"123456789012",)"
        R"("time":"2026-11-25T00:00:00Z","region":"eu-west-1","resources":[],"detail":{}}})",
        IdOf(index), type, source, detail);
  }

  static std::string Findings(size_t index, size_t count) {
    std::string list;
    for (size_t i = 0; i < count; ++i) {
      list += fmt::format(R"({}{{"Id":"{}","Of":"{}"}})", i == 0 ? "" : ",", ItemMark(index, i),
                          ItemName(index));
    }
    return R"({"findings":[)" + list + "]}";
  }

  SimEvents& events_;
  SimQueue& queue_;
  Random& random_;
  const EventShape& shape_;
};

}  // namespace

EventShape DrawEventShape(Random& random) {
  EventShape shape;
  shape.clean = random.Chance(0.25);
  shape.fifo = random.Chance(0.8);
  shape.most_receives = random.Chance(0.5) ? static_cast<int>(random.Between(2, 5)) : 0;
  shape.visibility = DrawVisibility(random);
  shape.life = Seconds(random.Between(60, 1800));
  shape.period = Seconds(random.Between(5, 60));
  shape.groups = static_cast<int>(random.Between(1, random.Chance(0.5) ? 1 : 5));
  return shape;
}

ServiceEventsSettings SettingsOf(const EventShape& shape) {
  ServiceEventsSettings settings;
  settings.service.name = "service-events-all";
  settings.service.request_period = shape.period;
  settings.queue = shape.fifo ? "announcements.fifo" : "announcements";
  settings.visibility_timeout = shape.visibility;
  settings.call_tag = "my.app.calls";
  settings.drop_records = {{"source", {"aws.noise"}}};
  return settings;
}

void MakeServiceEvents(SimEvents& events, SimQueue& queue, Random& random,
                       const EventShape& shape) {
  EventMaker maker(events, queue, random, shape);
  for (const Instant time : DrawTimes(random, shape, 250)) {
    const int64_t burst = random.Chance(0.1) ? random.Between(5, 40) : 1;
    for (int64_t i = 0; i < burst; ++i) maker.MakeMessage(time);
  }
}

void OrderedFarEnd::ArriveFirst(size_t item, size_t place) {
  const SimEvent& event = events_.event(item);
  // The records of each tag travel in batches of their own.
  const bool of_many = event.body.find("securityhub") != std::string::npos ||
                       event.body.find("API Call") != std::string::npos;
  if (!ordered_ || of_many || event.overtakes) return;
  auto& last = last_[event.group];
  const std::pair<size_t, size_t> at{item + 1, place};
  if (at < last) {
    Violate(
        fmt::format("event {} of {} arrived after event {}", item, event.group, last.first - 1));
  }
  last = std::max(last, at);
}

}  // namespace collector::sim
