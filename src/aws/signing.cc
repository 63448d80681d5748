#include "aws/signing.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/ascii.h"
#include "base/time_text.h"
#include "http/url.h"

namespace collector::aws {
namespace {

using Digest = std::array<unsigned char, 32>;

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

// Not signed: proxies and HTTP libraries add or change them. The list of botocore's auth.py.
constexpr std::string_view kUnsignedHeaders[] = {
    "authorization",       "baggage", "connection",  "expect",          "keep-alive",
    "proxy-authenticate",  "te",      "traceparent", "tracestate",      "trailer",
    "proxy-authorization", "upgrade", "user-agent",  "x-amzn-trace-id", "transfer-encoding"};

std::string Hex(const Digest& digest) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(digest.size() * 2);
  for (const unsigned char byte : digest) {
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

Digest Sha256(std::string_view data) {
  Digest digest{};
  EVP_Digest(data.data(), data.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return digest;
}

Digest Hmac(std::string_view key, std::string_view data) {
  Digest digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(data.data()), data.size(), digest.data(), &size);
  return digest;
}

Digest Hmac(const Digest& key, std::string_view data) {
  return Hmac(std::string_view(reinterpret_cast<const char*>(key.data()), key.size()), data);
}

// Without white space at the ends, with one space for each run inside.
std::string TrimAll(std::string_view text) {
  std::string trimmed;
  for (size_t at = text.find_first_not_of(kAsciiSpace); at != std::string_view::npos;) {
    const size_t end = std::min(text.find_first_of(kAsciiSpace, at), text.size());
    if (!trimmed.empty()) trimmed += ' ';
    trimmed += text.substr(at, end - at);
    at = text.find_first_not_of(kAsciiSpace, end);
  }
  return trimmed;
}

// RFC 3986, 5.2.4, and empty segments go too.
std::string NormalisedPath(std::string_view path) {
  std::vector<std::string_view> segments;
  for (size_t at = 0; at <= path.size();) {
    const size_t slash = std::min(path.find('/', at), path.size());
    const std::string_view segment = path.substr(at, slash - at);
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
    } else if (!segment.empty() && segment != ".") {
      segments.push_back(segment);
    }
    at = slash + 1;
  }
  std::string normalised;
  for (const std::string_view segment : segments) {
    normalised += '/';
    normalised += segment;
  }
  if (normalised.empty() || path.back() == '/') normalised += '/';
  return normalised;
}

// The parameters in the order of their encoded names, then values, with a = each.
std::string CanonicalQuery(std::string_view query) {
  if (query.empty()) return {};
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  for (size_t at = 0; at <= query.size();) {
    const size_t end = std::min(query.find('&', at), query.size());
    const std::string_view pair = query.substr(at, end - at);
    const size_t equals = std::min(pair.find('='), pair.size());
    pairs.emplace_back(pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size())));
    at = end + 1;
  }
  std::sort(pairs.begin(), pairs.end());
  std::string canonical;
  for (const auto& [name, value] : pairs) {
    if (!canonical.empty()) canonical += '&';
    canonical += name;
    canonical += '=';
    canonical += value;
  }
  return canonical;
}

// Headers of one name become one line, their values in the order in which they go out.
std::map<std::string, std::string> CanonicalHeaders(const http::Headers& headers) {
  std::map<std::string, std::string> canonical;
  for (const auto& [name, value] : headers.fields()) {
    const std::string lower = LowerAscii(name);
    if (std::find(std::begin(kUnsignedHeaders), std::end(kUnsignedHeaders), lower) !=
        std::end(kUnsignedHeaders)) {
      continue;
    }
    const auto [entry, fresh] = canonical.emplace(lower, TrimAll(value));
    if (!fresh) entry->second += ',' + TrimAll(value);
  }
  return canonical;
}

}  // namespace

std::string Sha256Hex(std::string_view data) { return Hex(Sha256(data)); }

std::string Sha256Base64(std::string_view data) {
  const Digest digest = Sha256(data);
  std::string text(4 * ((digest.size() + 2) / 3) + 1, '\0');  // with the zero that is written too
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), digest.data(),
                                   static_cast<int>(digest.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

std::string CanonicalRequest(const http::Request& request, std::string_view service,
                             std::string* signed_headers) {
  const auto url = http::ParseUrl(request.url);
  if (!url) return {};
  const std::string path = service == "s3"
                               ? url->path
                               : http::PercentEncode(NormalisedPath(url->path), http::Slash::kKeep);
  std::string header_lines;
  for (const auto& [name, value] : CanonicalHeaders(request.headers)) {
    header_lines += fmt::format("{}:{}\n", name, value);
    if (!signed_headers->empty()) *signed_headers += ';';
    *signed_headers += name;
  }
  const std::string* given_hash = request.headers.Find("X-Amz-Content-SHA256");
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, path, CanonicalQuery(url->query),
                     header_lines, *signed_headers,
                     given_hash != nullptr ? *given_hash : Sha256Hex(request.body));
}

Signer::Digest Signer::SigningKey(const Secret& secret, std::string_view date,
                                  std::string_view region, std::string_view service) {
  MutexLock lock(mutex_);
  DerivedKey& derived = keys_[{std::string(region), std::string(service)}];
  if (derived.date != date || derived.secret != secret) {
    derived.date = date;
    derived.secret = secret;
    derived.key =
        Hmac(Hmac(Hmac(Hmac("AWS4" + secret.Reveal(), date), region), service), "aws4_request");
  }
  return derived.key;
}

Status Signer::Sign(http::Request& request, const Credentials& credentials, std::string_view region,
                    std::string_view service, Timestamp now) {
  const auto url = http::ParseUrl(request.url);
  if (!url) return Propagate(url);
  const std::string time = FormatBasicIso8601(now);
  const std::string date = time.substr(0, 8);
  if (request.headers.Find("Host") == nullptr) request.headers.Add("Host", url->authority);
  request.headers.Add("X-Amz-Date", time);
  if (!credentials.session_token.empty()) {
    request.headers.Add("X-Amz-Security-Token", credentials.session_token.Reveal());
  }
  if (service == "s3") request.headers.Add("X-Amz-Content-SHA256", Sha256Hex(request.body));

  std::string signed_headers;
  const std::string canonical = CanonicalRequest(request, service, &signed_headers);
  const std::string scope = fmt::format("{}/{}/{}/aws4_request", date, region, service);
  const std::string to_sign =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, time, scope, Sha256Hex(canonical));
  const std::string signature =
      Hex(Hmac(SigningKey(credentials.secret_access_key, date, region, service), to_sign));
  request.headers.Add("Authorization",
                      fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                                  credentials.access_key_id, scope, signed_headers, signature));
  return {};
}

}  // namespace collector::aws
