#include "http/url.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/ascii.h"

namespace collector::http {
namespace {

bool IsUnreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool IsPort(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A host name, an IPv4 address or a bracketed IPv6 one, and perhaps a port.
bool IsAuthority(std::string_view text) {
  std::string_view rest = text;
  if (!rest.empty() && rest.front() == '[') {
    const size_t close = rest.find(']');
    if (close == std::string_view::npos || close < 3) return false;
    rest.remove_prefix(close + 1);
    return rest.empty() || (rest.front() == ':' && IsPort(rest.substr(1)));
  }
  const size_t colon = rest.find(':');
  const std::string_view host = rest.substr(0, colon);
  if (host.empty() || !std::all_of(host.begin(), host.end(), IsUnreserved)) return false;
  return colon == std::string_view::npos || IsPort(rest.substr(colon + 1));
}

}  // namespace

Result<Url> ParseUrl(std::string_view text) {
  const std::string_view whole = text;
  const auto fail = [whole](std::string_view why) {
    return Fail(ErrorKind::kRejected, fmt::format("\"{}\" is not a URL to call: {}", whole, why));
  };
  if (text.substr(0, text.find('?')).find('@') != std::string_view::npos) {
    // Not quoted: what stands before the @ may be a password.
    return Fail(ErrorKind::kRejected,
                "a URL to call holds a user name (an @), which AWS never has");
  }
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7f;
  });
  if (!printable) return fail("it holds a space or a character that would have to be encoded");
  text = text.substr(0, text.find('#'));
  Url url;
  const size_t scheme_end = text.find("://");
  if (scheme_end != std::string_view::npos) url.scheme = LowerAscii(text.substr(0, scheme_end));
  if (url.scheme != "http" && url.scheme != "https") {
    return fail("it has to begin with https:// or http://");
  }
  text.remove_prefix(scheme_end + 3);
  const size_t authority_end = text.find_first_of("/?");
  url.authority = LowerAscii(text.substr(0, authority_end));
  if (!IsAuthority(url.authority)) return fail("the host name or the port is malformed");
  const std::string_view own_port = url.scheme == "https" ? ":443" : ":80";
  if (EndsWith(url.authority, own_port)) {
    url.authority.resize(url.authority.size() - own_port.size());
  }
  text = authority_end == std::string_view::npos ? "" : text.substr(authority_end);
  const size_t question = text.find('?');
  url.path = text.substr(0, question);
  if (url.path.empty()) url.path = "/";
  if (question != std::string_view::npos) url.query = text.substr(question + 1);
  return url;
}

std::string PercentEncode(std::string_view text, Slash slash) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size() + text.size() / 2);
  for (const char c : text) {
    if (IsUnreserved(c) || (c == '/' && slash == Slash::kKeep)) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kHex[byte >> 4];
    encoded += kHex[byte & 15];
  }
  return encoded;
}

}  // namespace collector::http
