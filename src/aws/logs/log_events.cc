#include "aws/logs/log_events.h"

#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "base/json_text.h"

namespace collector::aws::logs {
namespace {

// As deep as a value that nobody asks for may be.
constexpr size_t kDeepest = 64;

tl::unexpected<Error> Unreadable(std::string_view what) {
  // Retried: AWS does not write such answers, something on the way does.
  return Fail(ErrorKind::kRetry, "the answer cannot be read: " + std::string(what));
}

// Goes through JSON text once, from value to value. An array of small objects is all that a page
// is: strings are found by memchr, which is as fast as the machine, and nothing is built. Whatever
// ends too early or is not what it should be makes it fail, which ok() tells.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool ok() const { return ok_; }
  bool at_end() {
    SkipBlanks();
    return at_ == end_;
  }

  // Whether `mark` comes next, which is then passed.
  bool Take(char mark) {
    SkipBlanks();
    if (at_ == end_ || *at_ != mark) return false;
    ++at_;
    return true;
  }
  void Expect(char mark) { ok_ = Take(mark) && ok_; }

  // Calls `element` before each of an array's, `member` with each key of an object, which has to
  // read the value.
  template <typename Element>
  void Array(Element element) {
    Expect('[');
    if (!ok_ || Take(']')) return;
    do element();
    while (ok_ && Take(','));
    Expect(']');
  }
  template <typename Member>
  void Object(Member member) {
    Expect('{');
    if (!ok_ || Take('}')) return;
    do {
      const std::string_view key = String();
      Expect(':');
      if (ok_) member(key);
    } while (ok_ && Take(','));
    Expect('}');
  }

  // With its quotes.
  std::string_view String() {
    SkipBlanks();
    if (at_ == end_ || *at_ != '"') return Failed();
    const char* const begin = at_;
    for (const char* from = begin + 1;;) {
      const auto* quote =
          static_cast<const char*>(std::memchr(from, '"', static_cast<size_t>(end_ - from)));
      if (quote == nullptr) return Failed();
      const char* before = quote;
      while (before[-1] == '\\') --before;  // stops at the first quote at the latest
      from = quote + 1;
      if ((quote - before) % 2 != 0) continue;  // it is escaped
      at_ = from;
      return {begin, static_cast<size_t>(at_ - begin)};
    }
  }

  // Nothing: a null, which is passed.
  std::optional<int64_t> Integer() {
    if (TakeNull()) return std::nullopt;
    int64_t value = 0;
    const auto [end, error] = std::from_chars(at_, end_, value);
    if (error != std::errc{}) {
      Failed();
      return std::nullopt;
    }
    at_ = end;
    return value;
  }

  bool TakeNull() {
    SkipBlanks();
    constexpr std::string_view kNull = "null";
    if (std::string_view(at_, static_cast<size_t>(end_ - at_)).substr(0, 4) != kNull) return false;
    at_ += kNull.size();
    return true;
  }

  // Passes a value of any kind. Of numbers and words only the bytes are looked at.
  void Skip(size_t depth = 0) {
    SkipBlanks();
    if (at_ == end_ || depth > kDeepest) {
      Failed();
    } else if (*at_ == '"') {
      String();
    } else if (*at_ == '{') {
      Object([this, depth](std::string_view) { Skip(depth + 1); });
    } else if (*at_ == '[') {
      Array([this, depth] { Skip(depth + 1); });
    } else {
      const char* const begin = at_;
      while (at_ != end_ && IsOfScalar(*at_)) ++at_;
      if (at_ == begin) Failed();
    }
  }

 private:
  static bool IsOfScalar(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' || c == '.' ||
           c == 'E';
  }
  void SkipBlanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  std::string_view Failed() {
    ok_ = false;
    at_ = end_;
    return {};
  }

  const char* at_;
  const char* const end_;
  bool ok_ = true;
};

// Names and ids have no escapes; one that has stands for itself.
std::string_view WithoutQuotes(std::string_view quoted) {
  return quoted.size() < 2 ? std::string_view() : quoted.substr(1, quoted.size() - 2);
}

std::string_view TextOrNull(Cursor& cursor) {
  return cursor.TakeNull() ? std::string_view() : cursor.String();
}

// False: it has no time or no message.
bool ReadEvent(Cursor& cursor, LogEvent& event) {
  bool has_time = false;
  cursor.Object([&](std::string_view key) {
    if (key == R"("message")") {
      event.message = TextOrNull(cursor);
    } else if (key == R"("timestamp")") {
      const auto time = cursor.Integer();
      has_time = time.has_value();
      event.time = Timestamp(Milliseconds(time.value_or(0)));
    } else if (key == R"("eventId")") {
      event.id = WithoutQuotes(TextOrNull(cursor));
    } else if (key == R"("logStreamName")") {
      event.stream = WithoutQuotes(TextOrNull(cursor));
    } else if (key == R"("ingestionTime")") {
      event.ingested = Timestamp(Milliseconds(cursor.Integer().value_or(0)));
    } else {
      cursor.Skip();
    }
  });
  return has_time && !event.message.empty();
}

}  // namespace

Result<LogEvents> LogEvents::Read(std::string_view answer) {
  LogEvents page;
  page.text_.Reserve(answer.size());
  page.text_.Append(answer);
  Cursor cursor(page.text_.view());
  bool is_complete = true;
  cursor.Object([&](std::string_view key) {
    if (key == R"("events")") {
      cursor.Array([&] {
        LogEvent event{};
        is_complete = ReadEvent(cursor, event) && is_complete;
        page.events_.push_back(event);
      });
    } else if (key == R"("nextToken")" || key == R"("nextForwardToken")") {
      page.next_token_ = UnescapeJsonString(TextOrNull(cursor)).value_or("");
    } else {
      cursor.Skip();
    }
  });
  if (!cursor.ok() || !cursor.at_end()) return Unreadable("it is cut, or no JSON object of events");
  if (!is_complete) return Unreadable("an event has no timestamp or message");
  return page;
}

}  // namespace collector::aws::logs
