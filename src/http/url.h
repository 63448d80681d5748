// URLs as an HTTP client needs them: taken apart, percent-encoded, headed to a proxy or not. Pure
// functions (RFC 3986); any thread.
#ifndef COLLECTOR_HTTP_URL_H_
#define COLLECTOR_HTTP_URL_H_

#include <string>
#include <string_view>

#include "base/result.h"

namespace collector::http {

struct Url {
  std::string scheme;     // "http" or "https"
  std::string authority;  // what a Host header says: lower case, without the scheme's own port
  std::string path;       // still encoded; "/" at least
  std::string query;      // still encoded, without the question mark
};

// Takes an absolute http or https URL apart; a fragment is dropped. kRejected for anything else,
// for one with a user name (AWS's have none), and for one with a character that has no place in a
// URL.
Result<Url> ParseUrl(std::string_view text);

// Encodes every byte but A-Z a-z 0-9 - . _ ~ as %XX (RFC 3986, 2.3), as SigV4's UriEncode() does.
enum class Slash { kEncode, kKeep };
std::string PercentEncode(std::string_view text, Slash slash = Slash::kEncode);

}  // namespace collector::http

#endif  // COLLECTOR_HTTP_URL_H_
