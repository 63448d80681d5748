#include "outputs/tls_context.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/file.h"
#include "base/time_text.h"

namespace collector {
namespace {

template <auto kFree>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;

constexpr std::string_view kWhereFilesAre =
    "Devo's web application has it under Administration > Credentials > X.509 Certificates";

// One of the files, with the key of the configuration that names it.
struct NamedFile {
  std::string_view key;
  const std::filesystem::path& path;

  tl::unexpected<Error> Rejects(std::string_view what) const {
    return Fail(ErrorKind::kRejected, fmt::format("{} {}: {}", key, path.string(), what));
  }
};

Result<std::string> Read(const NamedFile& file) {
  if (file.path.empty()) {
    return Fail(ErrorKind::kRejected, fmt::format("{} is not set; {}", file.key, kWhereFilesAre));
  }
  auto text = ReadFile(file.path, 1 << 20);
  if (text) return text;
  const bool missing = text.error().kind == ErrorKind::kNotFound;
  return Fail(
      ErrorKind::kRejected,
      fmt::format("{} {}; {}", file.key, text.error().message,
                  missing ? kWhereFilesAre : "let the user that runs the collector read it"));
}

Bio MemoryBio(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string NotPem(std::string_view text, std::string_view wanted) {
  if (text.find("-----BEGIN") == std::string_view::npos) {
    return fmt::format(
        "is not PEM, which is text with a line -----BEGIN {}-----; convert DER or PKCS#12 with "
        "openssl",
        wanted);
  }
  return fmt::format("holds no {}; were two of the files swapped?",
                     wanted == "CERTIFICATE" ? "certificate" : "private key");
}

Result<std::vector<Certificate>> ReadCertificates(const NamedFile& file) {
  auto text = Read(file);
  if (!text) return Propagate(text);
  const Bio bio = MemoryBio(*text);
  std::vector<Certificate> certificates;
  ERR_clear_error();
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(certificate);
  }
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  if (ERR_GET_REASON(error) != PEM_R_NO_START_LINE) {
    return file.Rejects("is damaged: a certificate in it cannot be read; get the file anew");
  }
  if (certificates.empty()) return file.Rejects(NotPem(*text, "CERTIFICATE"));
  return certificates;
}

std::optional<Timestamp> ToTimestamp(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return Timestamp(Seconds(::timegm(&parts)));
}

Status CheckDates(const NamedFile& file, const X509* certificate, Timestamp now) {
  const auto from = ToTimestamp(X509_get0_notBefore(certificate));
  const auto to = ToTimestamp(X509_get0_notAfter(certificate));
  if (!from || !to) return file.Rejects("has unreadable dates of validity; get the file anew");
  if (now > *to) {
    return file.Rejects(fmt::format("expired on {}; get a new certificate: {}", FormatRfc3339(*to),
                                    kWhereFilesAre));
  }
  if (now < *from) {
    return file.Rejects(fmt::format(
        "is not valid before {}, and this machine's clock says {}; set the clock or wait",
        FormatRfc3339(*from), FormatRfc3339(now)));
  }
  return {};
}

// For the error that OpenSSL has just reported about one of our own certificates.
std::string WhyNotUsable(const SSL_CTX* context) {
  const unsigned long error = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(error);
  const std::string why = reason == nullptr ? "unknown reason" : reason;
  switch (ERR_GET_REASON(error)) {
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_CA_KEY_TOO_SMALL:
    case SSL_R_CA_MD_TOO_WEAK:
      return fmt::format(
          "is too weak for OpenSSL's security level {} ({}); get a new certificate, or set a lower "
          "sec_level",
          SSL_CTX_get_security_level(context), why);
    default:
      return fmt::format("cannot be used ({}); get the file anew", why);
  }
}

Status UseChain(SSL_CTX* context, const DevoSettings& settings) {
  const NamedFile file{"chain", settings.chain};
  auto certificates = ReadCertificates(file);
  if (!certificates) return Propagate(certificates);
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const Certificate& certificate : *certificates) {
    if (X509_STORE_add_cert(store, certificate.get()) != 1) {
      return file.Rejects(WhyNotUsable(context));
    }
  }
  // The file may hold the intermediate that signs Devo's endpoints without its root.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  return {};
}

Status UseCertificate(SSL_CTX* context, const DevoSettings& settings, Timestamp now) {
  const NamedFile file{"cert", settings.cert};
  auto certificates = ReadCertificates(file);
  if (!certificates) return Propagate(certificates);
  if (Status dates = CheckDates(file, certificates->front().get(), now); !dates) return dates;
  ERR_clear_error();
  if (SSL_CTX_use_certificate(context, certificates->front().get()) != 1) {
    return file.Rejects(WhyNotUsable(context));
  }
  for (size_t i = 1; i < certificates->size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, (*certificates)[i].get()) != 1) {
      return file.Rejects(WhyNotUsable(context));
    }
  }
  return {};
}

int GivePassphrase(char* buffer, int size, int /*for_writing*/, void* passphrase) {
  const std::string& text = static_cast<const Secret*>(passphrase)->Reveal();
  if (text.empty() || text.size() > static_cast<size_t>(size)) return -1;
  std::copy(text.begin(), text.end(), buffer);  // OpenSSL wants no final zero
  return static_cast<int>(text.size());
}

Status UseKey(SSL_CTX* context, const DevoSettings& settings) {
  const NamedFile file{"key", settings.key};
  auto text = Read(file);
  if (!text) return Propagate(text);
  const Bio bio = MemoryBio(*text);
  Secret passphrase = settings.key_passphrase;
  ERR_clear_error();
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, GivePassphrase, &passphrase));
  ERR_clear_error();
  if (key == nullptr) {
    if (text->find("PRIVATE KEY-----") == std::string::npos) {
      return file.Rejects(NotPem(*text, "PRIVATE KEY"));
    }
    if (text->find("ENCRYPTED") == std::string::npos) {
      return file.Rejects("is damaged: the private key in it cannot be read; get the file anew");
    }
    return file.Rejects(passphrase.empty() ? "is encrypted; set key_passphrase"
                                           : "does not open with the key_passphrase given");
  }
  if (X509_check_private_key(SSL_CTX_get0_certificate(context), key.get()) != 1) {
    ERR_clear_error();
    return file.Rejects(fmt::format(
        "does not belong to the certificate in {}; both must come from the same download",
        settings.cert.string()));
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) return file.Rejects(WhyNotUsable(context));
  return {};
}

}  // namespace

Result<SslContext> LoadTlsContext(const DevoSettings& settings, Timestamp now) {
  SslContext context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) {
    return Fail(ErrorKind::kRejected, "OpenSSL cannot be set up: check its openssl.cnf");
  }
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (settings.sec_level >= 0) SSL_CTX_set_security_level(context.get(), settings.sec_level);
  Status status = UseChain(context.get(), settings);
  if (status) status = UseCertificate(context.get(), settings, now);
  if (status) status = UseKey(context.get(), settings);
  if (!status) return Propagate(status);
  return context;
}

}  // namespace collector
