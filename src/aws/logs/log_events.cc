#include "aws/logs/log_events.h"

#include <optional>
#include <utility>

#include <simdjson.h>

#include "base/json_text.h"

namespace collector::aws::logs {
namespace {

namespace ondemand = simdjson::ondemand;

tl::unexpected<Error> Unreadable(std::string_view what) {
  // Retried: AWS does not write such answers, something on the way does.
  return Fail(ErrorKind::kRetry, "the answer cannot be read: " + std::string(what));
}

// With its quotes; empty: it is no string.
std::string_view QuotedText(ondemand::value& value) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() && token.back() != '"') token.remove_suffix(1);
  return token.size() >= 2 && token.front() == '"' ? token : std::string_view();
}

// Names and ids have no escapes; one that has stands for itself.
std::string_view PlainText(ondemand::value& value) {
  const std::string_view quoted = QuotedText(value);
  return quoted.empty() ? quoted : quoted.substr(1, quoted.size() - 2);
}

std::optional<Timestamp> Time(ondemand::value& value) {
  int64_t milliseconds = 0;
  if (value.get_int64().get(milliseconds) != simdjson::SUCCESS) return std::nullopt;
  return Timestamp(Milliseconds(milliseconds));
}

Result<LogEvent> ReadEvent(ondemand::object item) {
  LogEvent event{};
  std::optional<Timestamp> time;
  for (auto field : item) {
    std::string_view key;
    ondemand::value value;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
        field.value().get(value) != simdjson::SUCCESS) {
      return Unreadable("an event is malformed");
    }
    if (key == "message") {
      event.message = QuotedText(value);
    } else if (key == "timestamp") {
      time = Time(value);
    } else if (key == "eventId") {
      event.id = PlainText(value);
    } else if (key == "logStreamName") {
      event.stream = PlainText(value);
    } else if (key == "ingestionTime") {
      event.ingested = Time(value).value_or(Timestamp{});
    }
  }
  if (!time || event.message.empty()) return Unreadable("an event has no timestamp or message");
  event.time = *time;
  return event;
}

Status ReadEvents(ondemand::value value, std::vector<LogEvent>& events) {
  ondemand::array items;
  if (value.get_array().get(items) != simdjson::SUCCESS) return Unreadable("events is no array");
  for (auto item : items) {
    ondemand::object object;
    if (item.get_object().get(object) != simdjson::SUCCESS) {
      return Unreadable("an event is no object");
    }
    const auto event = ReadEvent(object);
    if (!event) return Propagate(event);
    events.push_back(*event);
  }
  return {};
}

}  // namespace

Result<LogEvents> LogEvents::Read(std::string_view answer) {
  LogEvents page;
  page.text_.Reserve(answer.size() + simdjson::SIMDJSON_PADDING);
  page.text_.Append(answer);
  const simdjson::padded_string_view text(page.text_.view().data(), answer.size(),
                                          page.text_.capacity());
  // Each thread its own, kept: what it allocates has the size of a page.
  thread_local ondemand::parser parser;
  ondemand::document document;
  ondemand::object whole;
  if (parser.iterate(text).get(document) != simdjson::SUCCESS ||
      document.get_object().get(whole) != simdjson::SUCCESS) {
    return Unreadable("it is no JSON object");
  }
  for (auto field : whole) {
    std::string_view key;
    ondemand::value value;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
        field.value().get(value) != simdjson::SUCCESS) {
      return Unreadable("it is cut or malformed");
    }
    if (key == "events") {
      if (const Status read = ReadEvents(value, page.events_); !read) return Propagate(read);
    } else if (key == "nextToken" || key == "nextForwardToken") {
      page.next_token_ = UnescapeJsonString(QuotedText(value)).value_or("");
    }
  }
  return page;
}

}  // namespace collector::aws::logs
