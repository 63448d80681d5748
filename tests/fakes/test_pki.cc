#include "fakes/test_pki.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

namespace collector {
namespace {

void Succeed(bool good) {
  if (!good) std::abort();
}

void AddExtension(X509* certificate, int nid, const std::string& value) {
  std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()), &X509_EXTENSION_free);
  Succeed(X509_add_ext(certificate, extension.get(), -1) == 1);
}

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

}  // namespace

TestPki::TestPki() : ca_key_(EVP_EC_gen("P-256"), &EVP_PKEY_free), ca_(nullptr, &X509_free) {
  std::string pattern = (std::filesystem::temp_directory_path() / "pki-XXXXXX").string();
  Succeed(::mkdtemp(pattern.data()) != nullptr);
  directory_ = pattern;
  chain_ = directory_ / "chain.crt";
  Wish wish;
  wish.common_name = "Test CA";
  wish.from_days = -30;
  wish.to_days = 30;
  ca_ = Make(ca_key_.get(), wish, true);
  WriteCertificate(chain_, ca_.get());
}

TestPki::~TestPki() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

TestPki::Certificate TestPki::Make(EVP_PKEY* key, const Wish& wish, bool authority) {
  Certificate certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++issued_);
  X509_time_adj_ex(X509_getm_notBefore(certificate.get()), wish.from_days, 0, nullptr);
  X509_time_adj_ex(X509_getm_notAfter(certificate.get()), wish.to_days, 0, nullptr);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wish.common_name.c_str()), -1,
                             -1, 0);
  X509_set_issuer_name(certificate.get(), authority ? name : X509_get_subject_name(ca_.get()));
  AddExtension(certificate.get(), NID_basic_constraints,
               authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (!authority && !wish.names.empty()) {
    AddExtension(certificate.get(), NID_subject_alt_name, wish.names);
  }
  Succeed(X509_sign(certificate.get(), ca_key_.get(), EVP_sha256()) != 0);
  return certificate;
}

void TestPki::WriteCertificate(const std::filesystem::path& path, X509* certificate) const {
  const File file(std::fopen(path.c_str(), "w"));
  Succeed(file != nullptr && PEM_write_X509(file.get(), certificate) == 1);
}

TestPki::Identity TestPki::Issue(const Wish& wish) {
  const Key key(
      wish.rsa_bits > 0 ? EVP_RSA_gen(static_cast<size_t>(wish.rsa_bits)) : EVP_EC_gen("P-256"),
      &EVP_PKEY_free);
  const Certificate certificate = Make(key.get(), wish, false);
  const std::string stem = "identity-" + std::to_string(issued_);
  Identity identity{directory_ / (stem + ".crt"), directory_ / (stem + ".key")};
  WriteCertificate(identity.cert, certificate.get());
  const File file(std::fopen(identity.key.c_str(), "w"));
  const auto* passphrase = reinterpret_cast<const unsigned char*>(wish.passphrase.data());
  Succeed(file != nullptr &&
          PEM_write_PKCS8PrivateKey(
              file.get(), key.get(), wish.passphrase.empty() ? nullptr : EVP_aes_256_cbc(),
              reinterpret_cast<const char*>(passphrase), static_cast<int>(wish.passphrase.size()),
              nullptr, nullptr) == 1);
  return identity;
}

std::filesystem::path TestPki::Write(const std::string& name, const std::string& content) const {
  std::ofstream(directory_ / name, std::ios::binary) << content;
  return directory_ / name;
}

}  // namespace collector
