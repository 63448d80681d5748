// TestPki: a certificate authority for one test, and what it issues, as PEM files in a folder of
// its own that goes away with it. One thread.
#ifndef COLLECTOR_TESTS_FAKES_TEST_PKI_H_
#define COLLECTOR_TESTS_FAKES_TEST_PKI_H_

#include <filesystem>
#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace collector {

class TestPki {
 public:
  struct Wish {
    std::string common_name = "client";
    std::string names = "DNS:localhost,IP:127.0.0.1";  // subjectAltName
    int from_days = -1;                                // validity, in days from now
    int to_days = 2;
    int rsa_bits = 0;  // 0: a key on P-256
    std::string passphrase = {};
  };
  struct Identity {
    std::filesystem::path cert;
    std::filesystem::path key;
  };

  TestPki();
  ~TestPki();
  TestPki(const TestPki&) = delete;
  TestPki& operator=(const TestPki&) = delete;

  const std::filesystem::path& directory() const { return directory_; }
  const std::filesystem::path& chain() const { return chain_; }

  Identity Issue(const Wish& wish);
  // A file with this content; its path.
  std::filesystem::path Write(const std::string& name, const std::string& content) const;

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

  Certificate Make(EVP_PKEY* key, const Wish& wish, bool authority);
  void WriteCertificate(const std::filesystem::path& path, X509* certificate) const;

  std::filesystem::path directory_;
  std::filesystem::path chain_;
  Key ca_key_;
  Certificate ca_;
  int issued_ = 0;
};

}  // namespace collector

#endif  // COLLECTOR_TESTS_FAKES_TEST_PKI_H_
