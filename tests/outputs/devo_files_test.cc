// What a person is told about certificate files that cannot be used, before anything connects.
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <unistd.h>

#include "outputs/devo_fixture.h"

namespace collector {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class DevoFiles : public DevoTest {
 protected:
  std::string Complaint(const DevoSettings& settings) {
    const Status status = CheckDevoFiles(settings, clock_.Now());
    if (status) return "";
    EXPECT_EQ(status.error().kind, ErrorKind::kRejected);
    // One sentence, without OpenSSL's own way of speaking.
    EXPECT_THAT(status.error().message, ::testing::Not(HasSubstr("error:")));
    return status.error().message;
  }
  static std::string Content(const std::filesystem::path& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
};

TEST_F(DevoFiles, GoodOnesPass) { EXPECT_EQ(Complaint(Settings()), ""); }

TEST_F(DevoFiles, AMissingFileIsNamedWithWhereToGetIt) {
  DevoSettings settings = Settings();
  settings.chain = "/no/such/chain.crt";
  EXPECT_THAT(Complaint(settings), AllOf(StartsWith("chain /no/such/chain.crt: No such file"),
                                         HasSubstr("Credentials > X.509")));
  settings = Settings();
  settings.cert = pki_.directory();
  EXPECT_THAT(Complaint(settings), AllOf(StartsWith("cert "), HasSubstr("is a folder")));
  settings = Settings();
  settings.key.clear();
  EXPECT_THAT(Complaint(settings), StartsWith("key is not set"));
}

TEST_F(DevoFiles, AnUnreadableFileIsNamed) {
  DevoSettings settings = Settings();
  std::filesystem::permissions(settings.chain, std::filesystem::perms::none);
  // Root may read everything, so it looks with the eyes of "nobody".
  constexpr uid_t kNobody = 65534;
  const uid_t user = ::geteuid();
  ASSERT_TRUE(user != 0 || ::seteuid(kNobody) == 0);
  const std::string complaint = Complaint(settings);
  ASSERT_TRUE(user != 0 || ::seteuid(user) == 0);
  EXPECT_THAT(complaint, AllOf(StartsWith("chain "), HasSubstr("Permission denied"),
                               HasSubstr("let the user that runs the collector read it")));
}

TEST_F(DevoFiles, WhatIsNotPemIsSaidToBeSo) {
  DevoSettings settings = Settings();
  settings.cert = pki_.Write("cert.der", std::string("\x30\x82\x01\x0a\x00\x01", 6));
  EXPECT_THAT(Complaint(settings), AllOf(HasSubstr("cert.der: is not PEM"), HasSubstr("openssl")));
  settings = Settings();
  settings.chain = pki_.Write("empty.crt", "");
  EXPECT_THAT(Complaint(settings), HasSubstr("empty.crt: is not PEM"));
}

TEST_F(DevoFiles, SwappedFilesAreNoticed) {
  DevoSettings settings = Settings();
  std::swap(settings.cert, settings.key);
  EXPECT_THAT(Complaint(settings), AllOf(HasSubstr("holds no certificate"), HasSubstr("swapped")));
  settings = Settings();
  settings.key = settings.cert;
  EXPECT_THAT(Complaint(settings), AllOf(HasSubstr("holds no private key"), HasSubstr("swapped")));
}

TEST_F(DevoFiles, ADamagedFileIsSaidToBeSo) {
  DevoSettings settings = Settings();
  std::string text = Content(settings.cert);
  text[text.size() / 2] = '!';
  settings.cert = pki_.Write("damaged.crt", text);
  EXPECT_THAT(Complaint(settings), HasSubstr("damaged.crt: is damaged"));
  settings = Settings();
  text = Content(settings.key);
  settings.key = pki_.Write("cut.key", text.substr(0, text.size() / 2));
  EXPECT_THAT(Complaint(settings), HasSubstr("cut.key: is damaged"));
}

TEST_F(DevoFiles, AKeyOfAnotherCertificateIsNoticed) {
  DevoSettings settings = Settings();
  settings.key = pki_.Issue({.common_name = "other"}).key;
  EXPECT_THAT(Complaint(settings),
              AllOf(HasSubstr("does not belong to the certificate in " + settings.cert.string()),
                    StartsWith("key " + settings.key.string())));
}

TEST_F(DevoFiles, AnExpiredCertificateIsNoticedWithItsDate) {
  const TestPki::Identity old = pki_.Issue({.common_name = "old", .from_days = -9, .to_days = -1});
  DevoSettings settings = Settings();
  settings.cert = old.cert;
  settings.key = old.key;
  const std::string day = FormatRfc3339(clock_.Now() - std::chrono::days(1)).substr(0, 10);
  EXPECT_THAT(Complaint(settings), HasSubstr("expired on " + day));
}

TEST_F(DevoFiles, ACertificateFromTheFutureIsNoticedWithTheClock) {
  const TestPki::Identity young = pki_.Issue({.common_name = "young", .from_days = 1});
  DevoSettings settings = Settings();
  settings.cert = young.cert;
  settings.key = young.key;
  EXPECT_THAT(Complaint(settings),
              AllOf(HasSubstr("is not valid before "), HasSubstr("this machine's clock says ")));
}

TEST_F(DevoFiles, AnEncryptedKeyNeedsTheRightPassphrase) {
  const TestPki::Identity locked = pki_.Issue({.common_name = "locked", .passphrase = "sesame"});
  DevoSettings settings = Settings();
  settings.cert = locked.cert;
  settings.key = locked.key;
  EXPECT_THAT(Complaint(settings), HasSubstr("is encrypted; set key_passphrase"));
  settings.key_passphrase = Secret("wrong");
  EXPECT_THAT(Complaint(settings), AllOf(HasSubstr("does not open with the key_passphrase"),
                                         ::testing::Not(HasSubstr("wrong"))));
  settings.key_passphrase = Secret("sesame");
  EXPECT_EQ(Complaint(settings), "");
}

TEST_F(DevoFiles, AWeakCertificateIsNoticedUnlessItsLevelIsAllowed) {
  const TestPki::Identity weak = pki_.Issue({.common_name = "weak", .rsa_bits = 1024});
  DevoSettings settings = Settings();
  settings.cert = weak.cert;
  settings.key = weak.key;
  settings.sec_level = 2;
  EXPECT_THAT(Complaint(settings),
              AllOf(HasSubstr("too weak"), HasSubstr("level 2"), HasSubstr("sec_level")));
  settings.sec_level = 1;
  EXPECT_EQ(Complaint(settings), "");
}

TEST_F(DevoFiles, AnOutputIsNotMadeOfThem) {
  DevoSettings settings = Settings();
  settings.key = "/no/such.key";
  const auto output = NewDevoOutput("devo", settings, clock_, events_);
  ASSERT_FALSE(output);
  EXPECT_THAT(output.error().message, StartsWith("key /no/such.key: No such file"));
}

}  // namespace
}  // namespace collector
