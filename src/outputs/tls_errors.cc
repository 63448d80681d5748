#include "outputs/tls_errors.h"

#include <ctime>
#include <memory>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/file.h"
#include "base/time_text.h"

namespace collector {
namespace {

std::string NameText(const X509_NAME* name) {
  char text[256] = "";
  X509_NAME_oneline(name, text, sizeof text);
  return text;
}

std::string DateText(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "?";
  return FormatRfc3339(Timestamp(Seconds(::timegm(&parts))));
}

std::string AlternativeName(const GENERAL_NAME* name) {
  if (name->type == GEN_DNS) {
    const ASN1_STRING* text = name->d.dNSName;
    return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                       static_cast<size_t>(ASN1_STRING_length(text)));
  }
  if (name->type != GEN_IPADD) return "";
  const ASN1_OCTET_STRING* bytes = name->d.iPAddress;
  char text[INET6_ADDRSTRLEN] = "";
  const int family = ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6;
  ::inet_ntop(family, ASN1_STRING_get0_data(bytes), text, sizeof text);
  return text;
}

std::string Names(const X509* certificate) {
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  std::string all;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const std::string one = AlternativeName(sk_GENERAL_NAME_value(names, i));
    if (!one.empty()) all += (all.empty() ? "" : ", ") + one;
  }
  GENERAL_NAMES_free(names);
  return all.empty() ? NameText(X509_get_subject_name(certificate)) : all;
}

std::string WeOurselvesRefuse(const DevoSettings& settings, const RefusedCertificate& refused) {
  switch (refused.reason) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format(
          "its certificate is for {}, not for {}; correct the address, or set verify_host_name: "
          "false if you know the endpoint to be right",
          refused.names, settings.address);
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fmt::format(
          "the certificate {} in its chain is valid {} only; check this machine's clock, else Devo "
          "has to renew it",
          refused.subject, refused.valid);
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return fmt::format(
          "the certificate {} in its chain is too weak for OpenSSL's security level ({}); set "
          "sec_level: 1 to accept it",
          refused.subject, X509_verify_cert_error_string(refused.reason));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return fmt::format(
          "its certificate is not trusted: it is signed by {}, which the chain file {} does not "
          "hold; get the chain anew from Devo, and check that the address is Devo's",
          refused.issuer, settings.chain.string());
    default:
      return fmt::format("its certificate {} does not pass verification ({})", refused.subject,
                         X509_verify_cert_error_string(refused.reason));
  }
}

std::string TheyRefuse(const DevoSettings& settings, int alert) {
  const std::string name = SSL_alert_desc_string_long(alert);
  switch (alert) {
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_DECRYPT_ERROR:
    case SSL_AD_CERTIFICATE_REQUIRED:
      return fmt::format(
          "it refuses our client certificate {} (alert: {}); get a new certificate and key from "
          "Devo, and "
          "check that the address is that of your Devo region",
          settings.cert.string(), name);
    case SSL_AD_UNRECOGNIZED_NAME:
      return fmt::format("it does not know the name {} (alert: {}); correct the address",
                         settings.address, name);
    case SSL_AD_PROTOCOL_VERSION:
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_INSUFFICIENT_SECURITY:
      return fmt::format(
          "it refuses what we offer of TLS (alert: {}); it must speak TLS 1.2 or 1.3", name);
    default:
      return fmt::format("it ended the connection (alert: {})", name);
  }
}

}  // namespace

RefusedCertificate DescribeRefused(X509_STORE_CTX* context) {
  RefusedCertificate refused;
  refused.reason = X509_STORE_CTX_get_error(context);
  if (const X509* certificate = X509_STORE_CTX_get_current_cert(context)) {
    refused.subject = NameText(X509_get_subject_name(certificate));
    refused.issuer = NameText(X509_get_issuer_name(certificate));
    refused.names = Names(certificate);
    refused.valid = fmt::format("from {} to {}", DateText(X509_get0_notBefore(certificate)),
                                DateText(X509_get0_notAfter(certificate)));
  }
  return refused;
}

std::string EndpointText(const DevoSettings& settings) {
  const bool v6 = settings.address.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", settings.address, v6 ? "]" : "", settings.port);
}

int ReceivedAlert(unsigned long openssl_error) {
  const int reason = ERR_GET_REASON(openssl_error);
  if (ERR_GET_LIB(openssl_error) != ERR_LIB_SSL || reason < SSL_AD_REASON_OFFSET) return -1;
  const int alert = reason - SSL_AD_REASON_OFFSET;
  return alert <= 255 ? alert : -1;
}

Error TlsFailure(const DevoSettings& settings, const RefusedCertificate& refused,
                 unsigned long openssl_error, int error_number) {
  const std::string endpoint = EndpointText(settings);
  const auto rejected = [&](const std::string& what) {
    return Error{ErrorKind::kRejected, fmt::format("{}: {}", endpoint, what)};
  };
  if (refused.reason != X509_V_OK) return rejected(WeOurselvesRefuse(settings, refused));
  if (const int alert = ReceivedAlert(openssl_error); alert >= 0) {
    return rejected(TheyRefuse(settings, alert));
  }
  const int reason = ERR_GET_REASON(openssl_error);
  if (reason == SSL_R_WRONG_VERSION_NUMBER) {
    return rejected("it does not speak TLS on this port; correct address and port");
  }
  if (openssl_error != 0 && reason != SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    const char* text = ERR_reason_error_string(openssl_error);
    return {ErrorKind::kRetry,
            fmt::format("{}: TLS failed ({})", endpoint, text == nullptr ? "unknown" : text)};
  }
  return {ErrorKind::kRetry, fmt::format("{}: {}", endpoint,
                                         error_number == 0 ? "the endpoint ended the connection"
                                                           : ErrnoText(error_number))};
}

}  // namespace collector
