#include "outputs/tls_context.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "base/file.h"
#include "base/time_text.h"

namespace collector {
namespace {

constexpr size_t kMaxPemBytes = 1 << 20;

int GivePassphrase(char* buffer, int size, int /*writing*/, void* settings) {
  const std::string& passphrase =
      static_cast<const DevoSettings*>(settings)->key_passphrase.Reveal();
  const int length = std::min(size, static_cast<int>(passphrase.size()));
  std::memcpy(buffer, passphrase.data(), static_cast<size_t>(length));
  return length;
}

tl::unexpected<Error> FailOn(std::string_view what, const std::filesystem::path& file,
                             std::string_view remedy) {
  const std::string why = TakeOpenSslErrors();
  return Fail(ErrorKind::kRejected,
              fmt::format("{} {} cannot be used ({}); {}", what, file.string(), why, remedy));
}

Status CheckReadable(std::string_view what, const std::filesystem::path& file) {
  const Result<std::string> content = ReadFile(file, kMaxPemBytes);
  if (!content) {
    return Fail(content.error().kind,
                fmt::format("{} cannot be read: {}; download it from Devo's Administration > "
                            "Credentials > X.509",
                            what, content.error().message));
  }
  if (content->find("-----BEGIN ") == std::string::npos) {
    return Fail(ErrorKind::kRejected,
                fmt::format("{} {} is not a PEM file; expected a text with -----BEGIN", what,
                            file.string()));
  }
  return {};
}

std::string DateOf(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable date";
  return FormatRfc3339(Timestamp(Seconds(timegm(&parts))));
}

Status CheckValidity(SSL_CTX* context, const DevoSettings& settings, Timestamp now) {
  const X509* certificate = SSL_CTX_get0_certificate(context);
  std::time_t seconds = std::chrono::floor<Seconds>(now).time_since_epoch().count();
  if (X509_cmp_time(X509_get0_notAfter(certificate), &seconds) < 0) {
    return Fail(ErrorKind::kRejected,
                fmt::format("the client certificate {} expired on {}; download a new one from "
                            "Devo's Administration > Credentials > X.509",
                            settings.cert.string(), DateOf(X509_get0_notAfter(certificate))));
  }
  if (X509_cmp_time(X509_get0_notBefore(certificate), &seconds) > 0) {
    return Fail(ErrorKind::kRejected,
                fmt::format("the client certificate {} is valid only from {}; check this "
                            "machine's clock",
                            settings.cert.string(), DateOf(X509_get0_notBefore(certificate))));
  }
  return {};
}

Status LoadKey(SSL_CTX* context, const DevoSettings& settings) {
  ERR_clear_error();
  SSL_CTX_set_default_passwd_cb(context, GivePassphrase);
  SSL_CTX_set_default_passwd_cb_userdata(context, const_cast<DevoSettings*>(&settings));
  const int loaded = SSL_CTX_use_PrivateKey_file(context, settings.key.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  SSL_CTX_set_default_passwd_cb(context, nullptr);
  if (loaded == 1) return {};
  const unsigned long error = ERR_peek_error();
  if (ERR_GET_LIB(error) == ERR_LIB_X509 &&
      ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH) {
    return Fail(ErrorKind::kRejected,
                fmt::format("the key {} does not belong to the certificate {}; both must come from "
                            "the same download",
                            settings.key.string(), settings.cert.string()));
  }
  const std::string pem = ReadFile(settings.key, kMaxPemBytes).value_or("");
  if (pem.find("ENCRYPTED") != std::string::npos) {
    return FailOn("the encrypted key", settings.key,
                  settings.key_passphrase.empty() ? "give its passphrase in `passphrase`"
                                                  : "the passphrase given is not its own");
  }
  return FailOn("the key", settings.key, "expected a private key in PEM");
}

}  // namespace

std::string TakeOpenSslErrors() {
  std::string text;
  while (const unsigned long error = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(error);
    if (!text.empty()) text += ", ";
    text += reason != nullptr ? reason : fmt::format("OpenSSL error {:#x}", error);
  }
  return text.empty() ? "no reason given" : text;
}

Result<SslContext> NewTlsContext(const DevoSettings& settings, Timestamp now) {
  for (const auto& [what, file] : {std::pair{"the chain file", &settings.chain},
                                   std::pair{"the client certificate", &settings.cert},
                                   std::pair{"the key", &settings.key}}) {
    if (Status readable = CheckReadable(what, *file); !readable) return Propagate(readable);
  }
  ERR_clear_error();
  SslContext context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return Fail(ErrorKind::kRejected, "OpenSSL: " + TakeOpenSslErrors());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  if (settings.sec_level >= 0) SSL_CTX_set_security_level(context.get(), settings.sec_level);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  // A resumed session would skip the exchange of certificates; each connection shows its own.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  if (SSL_CTX_use_certificate_chain_file(context.get(), settings.cert.c_str()) != 1) {
    return FailOn("the client certificate", settings.cert,
                  "expected a certificate in PEM; for one that is too weak for today's OpenSSL "
                  "set sec_level: 1, or 0");
  }
  if (Status key = LoadKey(context.get(), settings); !key) return Propagate(key);
  if (SSL_CTX_load_verify_locations(context.get(), settings.chain.c_str(), nullptr) != 1) {
    return FailOn("the chain file", settings.chain, "expected certificates in PEM");
  }
  if (Status valid = CheckValidity(context.get(), settings, now); !valid) return Propagate(valid);
  return context;
}

}  // namespace collector
