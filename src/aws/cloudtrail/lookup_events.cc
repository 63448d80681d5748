#include "aws/cloudtrail/lookup_events.h"

#include <cmath>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>
#include <simdjson.h>

#include "aws/signing.h"
#include "base/json_text.h"
#include "base/time_text.h"

namespace collector::aws::cloudtrail {
namespace {

namespace ondemand = simdjson::ondemand;

tl::unexpected<Error> Unreadable(std::string_view what) {
  // Retried: AWS does not write such answers, something on the way does.
  return Fail(ErrorKind::kRetry, "the answer cannot be read: " + std::string(what));
}

int64_t WholeSeconds(Timestamp time) {
  return std::chrono::floor<Seconds>(time).time_since_epoch().count();
}

// The text of a string; nothing for null and for anything that is no string.
std::optional<std::string> ReadString(ondemand::value value) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() && token.back() != '"') token.remove_suffix(1);
  return UnescapeJsonString(token);
}

// Epoch seconds as a number in any of JSON's forms, or RFC 3339 in a string.
std::optional<Timestamp> ReadTime(ondemand::value value) {
  ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return std::nullopt;
  if (type == ondemand::json_type::string) return ParseTime(ReadString(value).value_or(""));
  double seconds = 0;
  constexpr double kYear9999 = 253402300800.0;
  if (type != ondemand::json_type::number || value.get_double().get(seconds) != simdjson::SUCCESS ||
      !(std::abs(seconds) < kYear9999)) {
    return std::nullopt;
  }
  return Timestamp(Milliseconds(std::llround(seconds * 1e3)));
}

// What the item lacks is taken from the inner document, if that is one.
void ReadInnerDocument(const std::string& document, std::optional<std::string>& id,
                       std::optional<Timestamp>& time) {
  const simdjson::padded_string padded(document);
  ondemand::parser parser;
  ondemand::document parsed;
  ondemand::object object;
  if (parser.iterate(padded).get(parsed) != simdjson::SUCCESS ||
      parsed.get_object().get(object) != simdjson::SUCCESS) {
    return;
  }
  for (auto field : object) {
    std::string_view key;
    ondemand::value value;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
        field.value().get(value) != simdjson::SUCCESS) {
      return;
    }
    if (!id && key == "eventID") {
      id = ReadString(value);
    } else if (!time && key == "eventTime") {
      time = ReadTime(value);
    }
  }
}

Result<LookupEvents::Event> ReadEvent(ondemand::object item) {
  LookupEvents::Event event;
  std::optional<std::string> id;
  std::optional<Timestamp> time;
  std::optional<std::string> document;
  for (auto field : item) {
    std::string_view key;
    ondemand::value value;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
        field.value().get(value) != simdjson::SUCCESS) {
      return Unreadable("an event is malformed");
    }
    if (key == "EventId") {
      id = ReadString(value);
    } else if (key == "EventTime") {
      time = ReadTime(value);
    } else if (key == "EventName") {
      event.name = ReadString(value).value_or("");
    } else if (key == "CloudTrailEvent") {
      document = ReadString(value);
    }
  }
  if (document && !document->empty()) {
    event.cloudtrail_event = *std::move(document);
  } else {
    std::string_view whole;
    if (item.reset().error() != simdjson::SUCCESS ||
        item.raw_json().get(whole) != simdjson::SUCCESS) {
      return Unreadable("an event is malformed");
    }
    // What was read also holds the white space up to the next item.
    event.cloudtrail_event = whole.substr(0, whole.rfind('}') + 1);
  }
  if (!id || id->empty() || !time) {
    if (id && id->empty()) id.reset();
    ReadInnerDocument(event.cloudtrail_event, id, time);
  }
  event.id = id && !id->empty() ? *std::move(id) : "sha256:" + Sha256Hex(event.cloudtrail_event);
  event.time = time.value_or(Timestamp{});
  return event;
}

Status ReadEvents(ondemand::value value, LookupEvents::Response& response) {
  ondemand::array items;
  if (value.get_array().get(items) != simdjson::SUCCESS) return Unreadable("Events is no array");
  for (auto item : items) {
    ondemand::object object;
    if (item.get_object().get(object) != simdjson::SUCCESS) {
      return Unreadable("an event is no object");
    }
    auto event = ReadEvent(object);
    if (!event) return Propagate(event);
    response.events.push_back(*std::move(event));
  }
  return {};
}

}  // namespace

RequestParts LookupEvents::ToRequest() const {
  nlohmann::json body = {{"StartTime", WholeSeconds(start)},
                         {"EndTime", WholeSeconds(end)},
                         {"MaxResults", max_results}};
  if (!event_source.empty()) {
    body["LookupAttributes"] = {
        {{"AttributeKey", "EventSource"}, {"AttributeValue", event_source}}};
  }
  if (!next_token.empty()) body["NextToken"] = next_token;
  return JsonRequest(kInfo, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

Result<LookupEvents::Response> LookupEvents::Parse(const http::Response& answer) {
  const simdjson::padded_string padded(answer.body);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object root;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.get_object().get(root) != simdjson::SUCCESS) {
    return Unreadable("it is no JSON object");
  }
  Response response;
  bool has_events = false;
  for (auto field : root) {
    std::string_view key;
    ondemand::value value;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
        field.value().get(value) != simdjson::SUCCESS) {
      return Unreadable("the JSON is malformed");
    }
    if (key == "Events") {
      has_events = true;
      if (auto read = ReadEvents(value, response); !read) return Propagate(read);
    } else if (key == "NextToken") {
      response.next_token = ReadString(value).value_or("");
    }
  }
  // An empty page is `"Events":[]`. Without the key it may be anybody's `{}`, and taking that for
  // "nothing happened" would skip what did.
  if (!has_events) return Unreadable("it has no Events");
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return Unreadable("something follows the JSON");
  }
  return response;
}

}  // namespace collector::aws::cloudtrail
