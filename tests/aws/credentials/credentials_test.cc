#include "aws/credentials.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/credentials/cached.h"
#include "aws/credentials/profile.h"
#include "aws/credentials/simple.h"
#include "base/time_text.h"
#include "fakes/fake_clock.h"

namespace collector::aws {
namespace {

using testing::HasSubstr;
using testing::Not;

class SharedFilesTest : public testing::Test {
 protected:
  SharedFilesTest() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    home_ = std::filesystem::temp_directory_path() /
            (std::string("aws_home_") + info->name() + "_" + std::to_string(::getpid()));
    std::filesystem::create_directories(home_ / ".aws");
  }
  ~SharedFilesTest() override { std::filesystem::remove_all(home_); }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(home_ / ".aws" / name) << text;
  }
  Environment Variables(Environment::Variables variables = {}) const {
    variables["HOME"] = home_.string();
    return Environment(std::move(variables));
  }
  std::string KeyOf(CredentialsProvider& provider) {
    const auto credentials = provider.Get({});
    return credentials ? credentials->access_key_id : credentials.error().message;
  }

  std::filesystem::path home_;
  FakeClock clock_{*ParseTime("2026-11-24T00:00:00Z")};
};

constexpr char kKeys[] = "aws_access_key_id = FILE\naws_secret_access_key = s\n";

// --- the order

TEST_F(SharedFilesTest, TheConfigurationComesBeforeEverything) {
  Write("credentials", std::string("[default]\n") + kKeys);
  const Environment environment =
      Variables({{"AWS_ACCESS_KEY_ID", "VARIABLE"}, {"AWS_SECRET_ACCESS_KEY", "s"}});
  auto provider =
      MakeCredentials({"CONFIGURED", Secret("s"), Secret("t"), ""}, environment, clock_);
  const auto credentials = provider->Get({});
  ASSERT_TRUE(credentials.has_value());
  EXPECT_EQ(credentials->access_key_id, "CONFIGURED");
  EXPECT_EQ(credentials->session_token.Reveal(), "t");
}

TEST_F(SharedFilesTest, AProfileOfTheConfigurationComesBeforeTheEnvironment) {
  Write("credentials", std::string("[audit]\n") + kKeys);
  const Environment environment =
      Variables({{"AWS_ACCESS_KEY_ID", "VARIABLE"}, {"AWS_SECRET_ACCESS_KEY", "s"}});
  auto provider = MakeCredentials({"", {}, {}, "audit"}, environment, clock_);
  EXPECT_EQ(KeyOf(*provider), "FILE");
}

TEST_F(SharedFilesTest, TheEnvironmentComesBeforeTheFiles) {
  Write("credentials", std::string("[default]\n") + kKeys);
  auto with = MakeCredentials(
      {}, Variables({{"AWS_ACCESS_KEY_ID", "VARIABLE"}, {"AWS_SECRET_ACCESS_KEY", "s"}}), clock_);
  EXPECT_EQ(KeyOf(*with), "VARIABLE");
  auto without = MakeCredentials({}, Variables(), clock_);
  EXPECT_EQ(KeyOf(*without), "FILE");
}

TEST_F(SharedFilesTest, WithoutAnyItSaysWhereItLooked) {
  const auto credentials = MakeCredentials({}, Variables(), clock_)->Get({});
  ASSERT_FALSE(credentials.has_value());
  EXPECT_EQ(credentials.error().kind, ErrorKind::kCredentials);
  EXPECT_THAT(credentials.error().message, HasSubstr("AWS_ACCESS_KEY_ID"));
  EXPECT_THAT(credentials.error().message, HasSubstr((home_ / ".aws/credentials").string()));
  EXPECT_THAT(credentials.error().message, HasSubstr("access_secret"));
}

TEST_F(SharedFilesTest, HalfAPairIsAnErrorNotAReasonToLookElsewhere) {
  Write("credentials", std::string("[default]\n") + kKeys);
  for (const auto& options :
       {CredentialsOptions{"KEY", {}, {}, ""}, CredentialsOptions{"", Secret("s"), {}, ""}}) {
    const auto credentials = MakeCredentials(options, Variables(), clock_)->Get({});
    ASSERT_FALSE(credentials.has_value());
    EXPECT_EQ(credentials.error().kind, ErrorKind::kCredentials);
  }
  const auto credentials =
      MakeCredentials({}, Variables({{"AWS_ACCESS_KEY_ID", "K"}}), clock_)->Get({});
  ASSERT_FALSE(credentials.has_value());
  EXPECT_THAT(credentials.error().message, HasSubstr("AWS_SECRET_ACCESS_KEY is not"));
}

TEST_F(SharedFilesTest, TheEnvironmentMayHoldATokenAndAnEnd) {
  EnvironmentCredentials provider(
      Variables({{"AWS_ACCESS_KEY_ID", "K"},
                 {"AWS_SECRET_ACCESS_KEY", "s"},
                 {"AWS_SESSION_TOKEN", "t"},
                 {"AWS_CREDENTIAL_EXPIRATION", "2026-11-24T01:00:00Z"}}));
  const auto credentials = provider.Get({});
  ASSERT_TRUE(credentials.has_value());
  EXPECT_EQ(credentials->session_token.Reveal(), "t");
  EXPECT_EQ(credentials->expires, ParseTime("2026-11-24T01:00:00Z"));
}

// --- profiles

TEST_F(SharedFilesTest, AFileThatChangesIsReadAgain) {
  Write("credentials", std::string("[default]\n") + kKeys);
  ProfileCredentials provider("", Variables());
  EXPECT_EQ(KeyOf(provider), "FILE");
  Write("credentials", "[default]\naws_access_key_id = ROTATED\naws_secret_access_key = s2\n");
  EXPECT_EQ(KeyOf(provider), "ROTATED");
  std::filesystem::remove(home_ / ".aws/credentials");
  EXPECT_THAT(KeyOf(provider), HasSubstr("not in"));
  Write("config", "[default]\naws_access_key_id = CONFIG\naws_secret_access_key = s2\n");
  EXPECT_EQ(KeyOf(provider), "CONFIG");
}

TEST_F(SharedFilesTest, ABrokenFileIsReadAgainWhenItIsMended) {
  Write("credentials", "what\n");
  ProfileCredentials provider("", Variables());
  const auto broken = provider.Get({});
  ASSERT_FALSE(broken.has_value());
  EXPECT_EQ(broken.error().kind, ErrorKind::kCredentials);
  EXPECT_THAT(broken.error().message, HasSubstr("credentials:1:"));
  Write("credentials", std::string("[default]\n") + kKeys);
  EXPECT_EQ(KeyOf(provider), "FILE");
}

TEST_F(SharedFilesTest, AProfileOfAKindThatIsNotSupportedSaysWhich) {
  for (const char* key :
       {"role_arn = arn:aws:iam::1:role/r\nsource_profile = default", "sso_session = s",
        "sso_start_url = u", "credential_process = /bin/x", "web_identity_token_file = /t"}) {
    Write("config", std::string("[profile audit]\n") + key + "\n");
    ProfileCredentials provider("audit", Variables());
    const auto credentials = provider.Get({});
    ASSERT_FALSE(credentials.has_value()) << key;
    EXPECT_EQ(credentials.error().kind, ErrorKind::kCredentials);
    EXPECT_THAT(credentials.error().message, HasSubstr("profile audit"));
    EXPECT_THAT(credentials.error().message,
                HasSubstr(std::string(key).substr(0, std::string(key).find(' '))));
  }
}

TEST_F(SharedFilesTest, ARoleIsNotSilentlyReplacedByTheKeysBesideIt) {
  // The AWS CLI would assume the role; collecting with the plain keys would read another account.
  Write("config", "[profile audit]\nrole_arn = arn:aws:iam::1:role/r\n");
  Write("credentials", std::string("[audit]\n") + kKeys);
  ProfileCredentials provider("audit", Variables());
  EXPECT_THAT(KeyOf(provider), HasSubstr("role_arn"));
}

TEST_F(SharedFilesTest, AProfileThatIsNotThereIsNamed) {
  for (auto provider :
       {std::make_shared<ProfileCredentials>("nowhere", Variables()),
        std::make_shared<ProfileCredentials>("", Variables({{"AWS_PROFILE", "nowhere"}}))}) {
    const auto credentials = provider->Get({});
    ASSERT_FALSE(credentials.has_value());
    EXPECT_EQ(credentials.error().kind, ErrorKind::kCredentials);
    EXPECT_THAT(credentials.error().message, HasSubstr("profile nowhere"));
  }
}

TEST_F(SharedFilesTest, ManyThreadsReadAProfileThatChanges) {
  Write("credentials", std::string("[default]\n") + kKeys);
  ProfileCredentials provider("", Variables());
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int call = 0; call < 50; ++call) {
        const auto credentials = provider.Get({});
        if (credentials) {
          EXPECT_EQ(credentials->access_key_id, "FILE");
        }
        provider.Refuse({});
      }
    });
  }
}

// --- renewal

class FakeSource : public CredentialsProvider {
 public:
  explicit FakeSource(Clock& clock) : clock_(clock) {}
  Result<Credentials> Get(std::stop_token) override {
    ++calls;
    if (fails) return Fail(ErrorKind::kCredentials, "the source fails");
    Credentials credentials{"KEY" + std::to_string(calls), Secret("s"), {}, {}, "test"};
    if (lifetime > Milliseconds(0)) credentials.expires = clock_.Now() + lifetime;
    return credentials;
  }
  void Refuse(const Credentials&) override { ++refusals; }

  int calls = 0;
  int refusals = 0;
  bool fails = false;
  Milliseconds lifetime = std::chrono::hours(1);

 private:
  Clock& clock_;
};

class CachedCredentialsTest : public testing::Test {
 protected:
  CachedCredentialsTest() {
    auto source = std::make_unique<FakeSource>(clock_);
    source_ = source.get();
    cached_ = std::make_unique<CachedCredentials>(std::move(source), clock_);
  }
  std::string Key() {
    const auto credentials = cached_->Get({});
    return credentials ? credentials->access_key_id : credentials.error().message;
  }

  FakeClock clock_{*ParseTime("2026-11-24T00:00:00Z")};
  FakeSource* source_;
  std::unique_ptr<CachedCredentials> cached_;
};

TEST_F(CachedCredentialsTest, AreKeptUntilShortlyBeforeTheirEnd) {
  EXPECT_EQ(Key(), "KEY1");
  clock_.Advance(std::chrono::minutes(44));
  EXPECT_EQ(Key(), "KEY1");
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_EQ(Key(), "KEY2");
  EXPECT_EQ(source_->calls, 2);
}

TEST_F(CachedCredentialsTest, TheOldOnesServeWhileRenewalFails) {
  EXPECT_EQ(Key(), "KEY1");
  source_->fails = true;
  clock_.Advance(std::chrono::minutes(50));
  EXPECT_EQ(Key(), "KEY1");
  EXPECT_EQ(Key(), "KEY1");
  EXPECT_EQ(source_->calls, 2);  // not asked at every call
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_EQ(Key(), "KEY1");
  EXPECT_EQ(source_->calls, 3);
  clock_.Advance(std::chrono::minutes(9));
  EXPECT_EQ(Key(), "the source fails");
  source_->fails = false;
  EXPECT_EQ(Key(), "KEY5");
}

TEST_F(CachedCredentialsTest, ASourceThatHasNothingNewerIsNotAskedAtEveryCall) {
  source_->lifetime = std::chrono::minutes(5);
  Key();
  for (int i = 0; i < 10; ++i) Key();
  EXPECT_EQ(source_->calls, 1);
}

TEST_F(CachedCredentialsTest, ThoseWithoutAnEndAreNotKept) {
  source_->lifetime = Milliseconds(0);
  EXPECT_EQ(Key(), "KEY1");
  EXPECT_EQ(Key(), "KEY2");
}

TEST_F(CachedCredentialsTest, RefusedOnesAreForgotten) {
  const auto credentials = cached_->Get({});
  cached_->Refuse(*credentials);
  EXPECT_EQ(source_->refusals, 1);
  EXPECT_EQ(Key(), "KEY2");
  cached_->Refuse(*credentials);  // late news about the old ones
  EXPECT_EQ(Key(), "KEY2");
}

TEST_F(CachedCredentialsTest, ManyThreadsRenewOnce) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this] { EXPECT_EQ(Key(), "KEY1"); });
  }
  threads.clear();
  EXPECT_EQ(source_->calls, 1);
}

TEST(Secrets, AppearInNoErrorOfAProvider) {
  FakeClock clock{Timestamp{}};
  for (const auto& options : {CredentialsOptions{"", Secret("TOPSECRET"), Secret("TOPSECRET"), ""},
                              CredentialsOptions{"K", {}, Secret("TOPSECRET"), ""}}) {
    const auto credentials = MakeCredentials(options, Environment(), clock)->Get({});
    ASSERT_FALSE(credentials.has_value());
    EXPECT_THAT(credentials.error().message, Not(HasSubstr("TOPSECRET")));
  }
}

}  // namespace
}  // namespace collector::aws
