#include "aws/client.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/cloudtrail/lookup_events.h"
#include "aws/sts/get_caller_identity.h"
#include "base/time_text.h"
#include "fakes/fake_clock.h"
#include "fakes/scripted_transport.h"

namespace collector::aws {
namespace {

using cloudtrail::LookupEvents;
using http::MakeResponse;
using testing::HasSubstr;
using testing::Not;

constexpr char kIdentity[] =
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/c</"
    "Arn>"
    "<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
constexpr char kEmptyPage[] = R"({"Events":[]})";
constexpr char kThrottled[] = R"({"__type":"ThrottlingException","message":"Rate exceeded"})";

// Gives a list of credentials, one further at each refusal.
class RotatingCredentials : public CredentialsProvider {
 public:
  explicit RotatingCredentials(std::vector<std::string> keys) : keys_(std::move(keys)) {}
  Result<Credentials> Get(std::stop_token) override {
    return Credentials{keys_[at_], Secret("wJalrSECRET"), Secret("TOKENSECRET"), {}, "the test"};
  }
  void Refuse(const Credentials&) override {
    ++refusals;
    at_ = std::min(at_ + 1, keys_.size() - 1);
  }
  int refusals = 0;

 private:
  const std::vector<std::string> keys_;
  size_t at_ = 0;
};

class ClientTest : public testing::Test {
 protected:
  std::unique_ptr<Client> MakeClient(const std::string& region = "us-east-1", int retries = 3) {
    if (session_ == nullptr) {
      SessionOptions options;
      options.credentials = credentials_;
      options.retries.retries = retries;
      options.seed = 7;
      session_ = std::make_shared<Session>(Runtime{transport_, clock_, events_, limiters_, skew_},
                                           options);
    }
    return std::make_unique<Client>(session_, region);
  }
  // Puts the answer to GetCallerIdentity in front of what follows.
  void KnowTheAccount() { session_or_make().RememberAccount("KEY1", "123456789012"); }
  Session& session_or_make() {
    MakeClient();
    return *session_;
  }

  FakeClock clock_{*ParseTime("2026-11-24T03:00:00Z")};
  std::string log_;
  Events events_{[this](Level, std::string_view line) { log_.append(line).append("\n"); },
                 Level::kDebug};
  http::ScriptedTransport transport_;
  RateLimiters limiters_{clock_};
  ClockSkew skew_{clock_, events_};
  std::shared_ptr<RotatingCredentials> credentials_ =
      std::make_shared<RotatingCredentials>(std::vector<std::string>{"KEY1"});
  std::shared_ptr<Session> session_;
};

TEST_F(ClientTest, SendsASignedRequestToTheRegionsEndpoint) {
  transport_.Enqueue(MakeResponse(200, kIdentity));
  const auto identity = MakeClient("eu-west-1")->Call(sts::GetCallerIdentity{}, {});
  ASSERT_TRUE(identity.has_value()) << identity.error().message;
  const auto request = transport_.requests().at(0);
  EXPECT_EQ(request.url, "https://sts.eu-west-1.amazonaws.com/");
  EXPECT_EQ(*request.headers.Find("X-Amz-Date"), "20261124T030000Z");
  EXPECT_EQ(*request.headers.Find("X-Amz-Security-Token"), "TOKENSECRET");
  EXPECT_THAT(*request.headers.Find("Authorization"),
              HasSubstr("Credential=KEY1/20261124/eu-west-1/sts/aws4_request"));
}

TEST_F(ClientTest, AsksForTheAccountOncePerSession) {
  transport_.Enqueue(MakeResponse(200, kIdentity));
  EXPECT_EQ(*MakeClient("us-east-1")->AccountId({}), "123456789012");
  EXPECT_EQ(*MakeClient("us-east-1")->AccountId({}), "123456789012");
  EXPECT_EQ(*MakeClient("eu-west-1")->AccountId({}), "123456789012");
  EXPECT_EQ(transport_.requests().size(), 1u);
}

TEST_F(ClientTest, AsksAgainWhenTheCredentialsAreOthers) {
  credentials_ = std::make_shared<RotatingCredentials>(std::vector<std::string>{"KEY1", "KEY2"});
  transport_.Enqueue(MakeResponse(200, kIdentity));
  auto client = MakeClient();
  ASSERT_TRUE(client->AccountId({}).has_value());
  credentials_->Refuse({});
  std::string other = kIdentity;
  other.replace(other.find("<Account>") + 9, 12, "999999999999");
  transport_.Enqueue(MakeResponse(200, other));
  EXPECT_EQ(*client->AccountId({}), "999999999999");
}

TEST_F(ClientTest, LimitedCallsFindTheAccountFirst) {
  transport_.Enqueue(MakeResponse(200, kIdentity));
  transport_.Enqueue(MakeResponse(200, kEmptyPage));
  ASSERT_TRUE(MakeClient()->Call(LookupEvents{}, {}).has_value());
  EXPECT_THAT(transport_.requests().at(0).url, HasSubstr("sts."));
  EXPECT_THAT(transport_.requests().at(1).url, HasSubstr("cloudtrail."));
}

TEST_F(ClientTest, ClientsOfOneAccountAndRegionShareTheRate) {  // L-10, T-6
  transport_.set_handler([](const http::Request& request) -> Result<http::Response> {
    return MakeResponse(200, request.url.find("sts") != std::string::npos ? kIdentity : kEmptyPage);
  });
  auto a = MakeClient("us-east-1");
  auto b = MakeClient("us-east-1");
  auto elsewhere = MakeClient("us-east-2");
  const Instant begin = clock_.MonotonicNow();
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(a->Call(LookupEvents{}, {}).has_value());
    ASSERT_TRUE(b->Call(LookupEvents{}, {}).has_value());
    ASSERT_TRUE(elsewhere->Call(LookupEvents{}, {}).has_value());
  }
  EXPECT_EQ(clock_.MonotonicNow() - begin, Milliseconds(3'500));
}

// --- retries

TEST_F(ClientTest, RetriesWhatMayPassAndCountsIt) {
  KnowTheAccount();
  transport_.Enqueue(MakeResponse(500, ""));
  transport_.Enqueue(MakeResponse(400, kThrottled));
  transport_.Enqueue(Fail(ErrorKind::kRetry, "the connection to h failed: reset"));
  transport_.Enqueue(MakeResponse(200, kEmptyPage));
  ASSERT_TRUE(MakeClient()->Call(LookupEvents{}, {}).has_value());
  EXPECT_EQ(transport_.requests().size(), 4u);
  EXPECT_EQ(events_.counts().aws_retries, 3u);
  EXPECT_EQ(events_.counts().aws_throttles, 1u);
}

TEST_F(ClientTest, GivesUpAfterTheConfiguredRetriesWithTheLastError) {
  KnowTheAccount();
  transport_.set_handler([](const http::Request&) -> Result<http::Response> {
    return MakeResponse(503, "", {{"x-amzn-RequestId", "req-9"}});
  });
  const auto page = MakeClient()->Call(LookupEvents{}, {});
  ASSERT_FALSE(page.has_value());
  EXPECT_EQ(page.error().kind, ErrorKind::kRetry);
  EXPECT_THAT(page.error().message, HasSubstr("cloudtrail:LookupEvents in us-east-1 (account "
                                              "123456789012) failed"));
  EXPECT_THAT(page.error().message, HasSubstr("HTTP 503, request id req-9"));
  EXPECT_THAT(page.error().message, HasSubstr("(4 attempts)"));
  EXPECT_EQ(transport_.requests().size(), 4u);
}

TEST_F(ClientTest, WaitsBetweenAttempts) {
  for (int i = 0; i < 3; ++i) transport_.Enqueue(MakeResponse(500, ""));
  transport_.Enqueue(MakeResponse(200, kIdentity));
  const Instant begin = clock_.MonotonicNow();
  ASSERT_TRUE(MakeClient()->Call(sts::GetCallerIdentity{}, {}).has_value());
  EXPECT_GT(clock_.MonotonicNow(), begin);
  EXPECT_LE(clock_.MonotonicNow() - begin, Seconds(7));
}

TEST_F(ClientTest, WaitsAsLongAsAwsAsksWithinReason) {
  transport_.Enqueue(MakeResponse(503, "", {{"x-amz-retry-after", "3600000"}}));
  transport_.Enqueue(MakeResponse(200, kIdentity));
  const Instant begin = clock_.MonotonicNow();
  ASSERT_TRUE(MakeClient()->Call(sts::GetCallerIdentity{}, {}).has_value());
  EXPECT_GE(clock_.MonotonicNow() - begin, Seconds(5));
  EXPECT_LE(clock_.MonotonicNow() - begin, Seconds(6));
}

TEST_F(ClientTest, AnAnswerThatCannotBeReadIsAskedForAgain) {
  KnowTheAccount();
  transport_.Enqueue(MakeResponse(200, R"({"Events":[{"EventId")"));
  transport_.Enqueue(MakeResponse(200, R"({"Events":[{"EventId":"a","CloudTrailEvent":"{}"}]})"));
  const auto page = MakeClient()->Call(LookupEvents{}, {});
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->events.size(), 1u);
}

TEST_F(ClientTest, DoesNotRetryARefusal) {
  KnowTheAccount();
  transport_.Enqueue(MakeResponse(400, R"({"__type":"AccessDeniedException","Message":"no"})"));
  const auto page = MakeClient()->Call(LookupEvents{}, {});
  ASSERT_FALSE(page.has_value());
  EXPECT_EQ(page.error().kind, ErrorKind::kRejected);
  EXPECT_EQ(page.error().code, "AccessDeniedException");
  EXPECT_EQ(transport_.requests().size(), 1u);
}

TEST_F(ClientTest, AnUnavailableServiceSpendsTheBudgetAndIsThenCalledOnceOnly) {
  transport_.set_handler(
      [](const http::Request&) -> Result<http::Response> { return MakeResponse(500, ""); });
  auto client = MakeClient();
  for (int i = 0; i < 40; ++i) EXPECT_FALSE(client->Call(sts::GetCallerIdentity{}, {}).has_value());
  EXPECT_EQ(transport_.requests().size(), 40u + 100u);  // the budget of 500 buys 100 retries
}

TEST_F(ClientTest, ThrottlingSlowsTheNextCallsDown) {  // T-8
  auto client = MakeClient("us-east-1", 10);
  KnowTheAccount();
  for (int i = 0; i < 6; ++i) transport_.Enqueue(MakeResponse(400, kThrottled));
  transport_.Enqueue(MakeResponse(200, kEmptyPage));
  ASSERT_TRUE(client->Call(LookupEvents{}, {}).has_value());
  EXPECT_LT(limiters_.For("123456789012", "us-east-1", "cloudtrail:LookupEvents", 2).rate(), 1.0);
  EXPECT_THAT(log_, HasSubstr("was throttled by AWS; going on with"));
}

// --- credentials

TEST_F(ClientTest, LooksForOtherCredentialsOnceWhenTheyAreRefused) {
  credentials_ = std::make_shared<RotatingCredentials>(std::vector<std::string>{"OLD", "NEW"});
  transport_.Enqueue(
      MakeResponse(403, R"({"__type":"ExpiredTokenException","message":"expired"})"));
  transport_.Enqueue(MakeResponse(200, kIdentity));
  ASSERT_TRUE(MakeClient()->Call(sts::GetCallerIdentity{}, {}).has_value());
  EXPECT_THAT(*transport_.requests().at(1).headers.Find("Authorization"), HasSubstr("NEW/"));
}

TEST_F(ClientTest, DoesNotRepeatACallWithTheSameRefusedCredentials) {
  transport_.Enqueue(
      MakeResponse(403, R"({"__type":"ExpiredTokenException","message":"expired"})"));
  const auto identity = MakeClient()->Call(sts::GetCallerIdentity{}, {});
  ASSERT_FALSE(identity.has_value());
  EXPECT_EQ(identity.error().kind, ErrorKind::kCredentials);
  EXPECT_EQ(credentials_->refusals, 1);
  EXPECT_EQ(transport_.requests().size(), 1u);
}

TEST_F(ClientTest, AProviderWithoutCredentialsIsAsked) {
  class None : public CredentialsProvider {
    Result<Credentials> Get(std::stop_token) override {
      return Fail(ErrorKind::kCredentials, "there are none");
    }
  };
  SessionOptions options;
  options.credentials = std::make_shared<None>();
  session_ =
      std::make_shared<Session>(Runtime{transport_, clock_, events_, limiters_, skew_}, options);
  const auto page = MakeClient()->Call(LookupEvents{}, {});
  ASSERT_FALSE(page.has_value());
  EXPECT_EQ(page.error().message, "there are none");
  EXPECT_TRUE(transport_.requests().empty());
}

TEST_F(ClientTest, NoSecretIsInAnyErrorOrLogLine) {
  transport_.set_handler([](const http::Request& request) -> Result<http::Response> {
    std::string echo = "you sent wJalrSECRET and " + *request.headers.Find("X-Amz-Security-Token");
    return MakeResponse(500, "{\"message\":\"" + echo + "\"}");
  });
  const auto identity = MakeClient()->Call(sts::GetCallerIdentity{}, {});
  ASSERT_FALSE(identity.has_value());
  EXPECT_THAT(identity.error().message, HasSubstr("you sent (secret, 11 characters) and (secret"));
  for (const std::string& text : {identity.error().message, log_}) {
    EXPECT_THAT(text, Not(HasSubstr("wJalrSECRET")));
    EXPECT_THAT(text, Not(HasSubstr("TOKENSECRET")));
    EXPECT_THAT(text, Not(HasSubstr("Signature=")));
  }
}

// --- the clock

struct SkewCase {
  const char* name;
  int status;
  const char* body;
};
class ClientSkewTest : public ClientTest, public testing::WithParamInterface<SkewCase> {};

TEST_P(ClientSkewTest, IsCorrectedOnceAndTheCallRepeatedAtOnce) {  // A-5
  session_or_make();
  transport_.Enqueue(MakeResponse(GetParam().status, GetParam().body,
                                  {{"Date", "Tue, 24 Nov 2026 05:00:00 GMT"}}));
  transport_.Enqueue(MakeResponse(200, kIdentity));
  auto client = MakeClient();
  ASSERT_TRUE(client->Call(sts::GetCallerIdentity{}, {}).has_value());
  EXPECT_EQ(*transport_.requests().at(1).headers.Find("X-Amz-Date"), "20261124T050000Z");
  EXPECT_EQ(FormatRfc3339(client->Now()), "2026-11-24T05:00:00Z");
  EXPECT_EQ(FormatRfc3339(clock_.Now()), "2026-11-24T03:00:00Z");
  EXPECT_EQ(credentials_->refusals, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Answers, ClientSkewTest,
    testing::Values(SkewCase{"S3", 403, "<Error><Code>RequestTimeTooSkewed</Code></Error>"},
                    SkewCase{"Ec2", 400,
                             "<Response><Errors><Error><Code>RequestExpired</Code></Error></Errors>"
                             "</Response>"},
                    SkewCase{"Sts", 403,
                             "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>"
                             "Signature expired: 20261124T030000Z is now earlier than "
                             "20261124T044500Z</Message></Error></ErrorResponse>"},
                    SkewCase{"Json", 400,
                             "{\"__type\":\"InvalidSignatureException\",\"message\":\"Signature "
                             "not yet current\"}"}),
    [](const auto& answer) { return answer.param.name; });

TEST_F(ClientTest, AWrongSecretWithARightClockIsAWrongSecret) {
  transport_.Enqueue(MakeResponse(403, "<Error><Code>SignatureDoesNotMatch</Code></Error>",
                                  {{"Date", "Tue, 24 Nov 2026 03:00:01 GMT"}}));
  const auto identity = MakeClient()->Call(sts::GetCallerIdentity{}, {});
  ASSERT_FALSE(identity.has_value());
  EXPECT_THAT(identity.error().message, HasSubstr("does not belong to its access key"));
  EXPECT_EQ(transport_.requests().size(), 1u);
}

TEST_F(ClientTest, AServerWithAWrongClockDoesNotMakeALoop) {
  transport_.set_handler([this](const http::Request&) -> Result<http::Response> {
    const bool first = transport_.requests().size() % 2 == 1;
    return MakeResponse(
        403, "<Error><Code>RequestTimeTooSkewed</Code></Error>",
        {{"Date", first ? "Tue, 24 Nov 2026 05:00:00 GMT" : "Tue, 24 Nov 2026 09:00:00 GMT"}});
  });
  const auto identity = MakeClient()->Call(sts::GetCallerIdentity{}, {});
  ASSERT_FALSE(identity.has_value());
  EXPECT_EQ(transport_.requests().size(), 2u);
}

// --- stopping

TEST_F(ClientTest, AStoppedCallIsCancelled) {
  KnowTheAccount();
  std::stop_source stop;
  transport_.set_handler([&](const http::Request&) -> Result<http::Response> {
    stop.request_stop();
    return MakeResponse(503, "");
  });
  const auto page = MakeClient()->Call(LookupEvents{}, stop.get_token());
  ASSERT_FALSE(page.has_value());
  EXPECT_EQ(page.error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(transport_.requests().size(), 1u);
}

TEST_F(ClientTest, AnImpossibleRegionIsRejectedWithoutACall) {
  const auto identity = MakeClient("us east 1")->Call(sts::GetCallerIdentity{}, {});
  ASSERT_FALSE(identity.has_value());
  EXPECT_EQ(identity.error().kind, ErrorKind::kRejected);
  EXPECT_TRUE(transport_.requests().empty());
}

TEST(ClientThreads, ShareASessionSafely) {
  SystemClock clock;
  Events events([](Level, std::string_view) {}, Level::kError);
  http::ScriptedTransport transport;
  std::atomic<int> calls = 0;
  transport.set_handler([&](const http::Request&) -> Result<http::Response> {
    return MakeResponse(++calls % 5 == 0 ? 429 : 200, kIdentity);
  });
  RateLimiters limiters(clock);
  ClockSkew skew(clock, events);
  SessionOptions options;
  options.credentials =
      std::make_shared<StaticCredentials>(Credentials{"K", Secret("s"), {}, {}, "the test"});
  options.retries.longest_delay = Milliseconds(1);
  auto session =
      std::make_shared<Session>(Runtime{transport, clock, events, limiters, skew}, options);
  Client a(session, "us-east-1");
  Client b(session, "eu-west-1");
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int call = 0; call < 50; ++call) {
        EXPECT_EQ(a.AccountId({}).value_or("-"), "123456789012");
        (void)b.Call(sts::GetCallerIdentity{}, {});
      }
    });
  }
}

}  // namespace
}  // namespace collector::aws
