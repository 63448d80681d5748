// HTTP/1.1 as far as the load server speaks it: requests out of a buffer, answers into one. Pure
// functions; a request's views point into the buffer that it was read from.
#ifndef COLLECTOR_BENCH_S3_HTTP_TEXT_H_
#define COLLECTOR_BENCH_S3_HTTP_TEXT_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace collector::bench {

struct HttpRequest {
  std::string_view method;
  std::string_view path;   // as it stands on the wire, encoded
  std::string_view query;  // without the question mark
  std::string_view host;
  std::string_view amz_target;
  std::string_view range;
  std::string_view if_match;
  std::string_view body;
  bool keeps_alive = true;
};

enum class ReadOutcome { kDone, kNeedsMore, kBad };

// Reads one request from the start of `buffer`; with kDone, `size` says how much of it that was.
// A body must have a Content-Length.
ReadOutcome ReadRequest(std::string_view buffer, HttpRequest& request, size_t& size);

// An answer: what goes out first, and the object's bytes that follow. Those belong to the object
// store, which outlives every connection.
struct HttpAnswer {
  int status = 200;
  std::string head;  // status line, headers and, unless it is an object, the body
  std::string_view object = {};
};

// `headers` are whole lines, each with its "\r\n".
HttpAnswer MakeAnswer(int status, std::string_view content_type, std::string_view body,
                      std::string_view headers = {});
HttpAnswer MakeObjectAnswer(int status, std::string_view headers, std::string_view object);

// "a%2Fb" as "a/b"; a "+" stays one, as S3 takes paths.
std::string PercentDecoded(std::string_view text);
// A key as S3 writes it in notifications: everything but letters, digits and "-_.*/" is encoded,
// a space as "+".
std::string NotificationKey(std::string_view key);
// The value of a parameter of a query or of a form, decoded ("+" as a space there).
std::optional<std::string> Parameter(std::string_view query, std::string_view name);

struct ByteRange {
  size_t first = 0;
  size_t size = 0;
};
enum class RangeOutcome { kWhole, kPart, kUnsatisfiable };
// A Range header (RFC 9110, 14.2) over an object of `size` bytes. One range; what is not one, or
// not in bytes, is ignored as S3 does.
RangeOutcome ReadRange(std::string_view header, size_t size, ByteRange& range);

// A JSON string with its quotes.
void AppendJsonString(std::string_view text, std::string& out);

}  // namespace collector::bench

#endif  // COLLECTOR_BENCH_S3_HTTP_TEXT_H_
