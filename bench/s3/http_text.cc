#include "s3/http_text.h"

#include <charconv>
#include <iterator>

#include <fmt/format.h>
#include <strings.h>

namespace collector::bench {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

bool SameName(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

template <typename Number>
bool ReadNumber(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

bool ReadRequestLine(std::string_view line, HttpRequest& request) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first) return false;
  request.method = line.substr(0, first);
  request.path = line.substr(first + 1, last - first - 1);
  request.keeps_alive = line.substr(last + 1) == "HTTP/1.1";
  const size_t question = request.path.find('?');
  if (question != std::string_view::npos) {
    request.query = request.path.substr(question + 1);
    request.path = request.path.substr(0, question);
  }
  return !request.path.empty() && request.path.front() == '/';
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string Decoded(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
                        HexDigit(text[i + 2]) >= 0;
    if (escape) {
      decoded += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
      i += 2;
    } else {
      decoded += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

std::string_view Reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 206:
      return "Partial Content";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 412:
      return "Precondition Failed";
    case 416:
      return "Range Not Satisfiable";
    default:
      return "Whatever";
  }
}

}  // namespace

ReadOutcome ReadRequest(std::string_view buffer, HttpRequest& request, size_t& size) {
  const size_t head_size = buffer.find("\r\n\r\n");
  if (head_size == std::string_view::npos) return ReadOutcome::kNeedsMore;
  std::string_view head = buffer.substr(0, head_size + kLineEnd.size());
  request = {};
  size_t line_size = head.find(kLineEnd);
  if (!ReadRequestLine(head.substr(0, line_size), request)) return ReadOutcome::kBad;
  size_t body_size = 0;
  for (head.remove_prefix(line_size + 2); !head.empty(); head.remove_prefix(line_size + 2)) {
    line_size = head.find(kLineEnd);
    const std::string_view line = head.substr(0, line_size);
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return ReadOutcome::kBad;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = Trimmed(line.substr(colon + 1));
    if (SameName(name, "content-length")) {
      if (!ReadNumber(value, body_size)) return ReadOutcome::kBad;
    } else if (SameName(name, "host")) {
      request.host = value;
    } else if (SameName(name, "x-amz-target")) {
      request.amz_target = value;
    } else if (SameName(name, "range")) {
      request.range = value;
    } else if (SameName(name, "if-match")) {
      request.if_match = value;
    } else if (SameName(name, "connection")) {
      request.keeps_alive = !SameName(value, "close");
    } else if (SameName(name, "transfer-encoding")) {
      return ReadOutcome::kBad;
    }
  }
  size = head_size + 4 + body_size;
  if (buffer.size() < size) return ReadOutcome::kNeedsMore;
  request.body = buffer.substr(head_size + 4, body_size);
  return ReadOutcome::kDone;
}

HttpAnswer MakeAnswer(int status, std::string_view content_type, std::string_view body,
                      std::string_view headers) {
  HttpAnswer answer;
  answer.status = status;
  answer.head = fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}\r\n{}",
                            status, Reason(status), content_type, body.size(), headers, body);
  return answer;
}

HttpAnswer MakeObjectAnswer(int status, std::string_view headers, std::string_view object) {
  HttpAnswer answer;
  answer.status = status;
  answer.head = fmt::format("HTTP/1.1 {} {}\r\nContent-Length: {}\r\n{}\r\n", status,
                            Reason(status), object.size(), headers);
  answer.object = object;
  return answer;
}

std::string PercentDecoded(std::string_view text) { return Decoded(text, false); }

std::string NotificationKey(std::string_view key) {
  std::string encoded;
  encoded.reserve(key.size() + 16);
  for (const char c : key) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       std::string_view("-_.*/").find(c) != std::string_view::npos;
    if (plain) {
      encoded += c;
    } else if (c == ' ') {
      encoded += '+';
    } else {
      fmt::format_to(std::back_inserter(encoded), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

std::optional<std::string> Parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const size_t equals = pair.find('=');
    if (pair.substr(0, equals) == name) {
      return equals == std::string_view::npos ? std::string()
                                              : Decoded(pair.substr(equals + 1), true);
    }
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
  }
  return std::nullopt;
}

RangeOutcome ReadRange(std::string_view header, size_t size, ByteRange& range) {
  constexpr std::string_view kUnit = "bytes=";
  if (header.substr(0, kUnit.size()) != kUnit) return RangeOutcome::kWhole;
  header.remove_prefix(kUnit.size());
  const size_t dash = header.find('-');
  if (dash == std::string_view::npos || header.find(',') != std::string_view::npos) {
    return RangeOutcome::kWhole;
  }
  const std::string_view from = header.substr(0, dash);
  const std::string_view to = header.substr(dash + 1);
  size_t first = 0;
  size_t last = size - 1;
  if (from.empty()) {
    size_t count = 0;
    if (!ReadNumber(to, count)) return RangeOutcome::kWhole;
    if (count == 0 || size == 0) return RangeOutcome::kUnsatisfiable;
    first = count >= size ? 0 : size - count;
  } else {
    if (!ReadNumber(from, first)) return RangeOutcome::kWhole;
    if (!to.empty() && (!ReadNumber(to, last) || last < first)) return RangeOutcome::kWhole;
    if (first >= size) return RangeOutcome::kUnsatisfiable;
    if (last >= size) last = size - 1;
  }
  range = {first, last - first + 1};
  return RangeOutcome::kPart;
}

void AppendJsonString(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace collector::bench
