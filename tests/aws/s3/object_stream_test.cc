#include "aws/s3/object_stream.h"

#include <algorithm>
#include <cstdlib>
#include <deque>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/aws_fixture.h"
#include "fakes/scripted_transport.h"

namespace collector::aws::s3 {
namespace {

using http::MakeResponse;
using testing::HasSubstr;

// A body in pieces that may break off.
class PiecewiseExchange : public http::Exchange {
 public:
  PiecewiseExchange(http::Response head, size_t piece, Result<size_t> end)
      : Exchange(head.status, head.headers),
        body_(std::move(head.body)),
        piece_(piece),
        end_(std::move(end)) {}

  Result<std::string_view> Read(std::stop_token stop) override {
    if (stop.stop_requested()) return Fail(ErrorKind::kCancelled, "cancelled");
    const size_t end = std::min(end_.value_or(0), body_.size());
    const auto bytes = std::string_view(body_).substr(0, end).substr(at_, piece_);
    at_ += bytes.size();
    if (bytes.empty() && end < body_.size()) {
      return Fail(ErrorKind::kRetry, "the answer of s3 was cut short");
    }
    return bytes;
  }

 private:
  const std::string body_;
  const size_t piece_;
  const Result<size_t> end_;
  size_t at_ = 0;
};

// S3 with one object, whose answers break off after so many bytes, one number for each request.
class OneObject : public http::Transport {
 public:
  Result<http::Response> Send(const http::Request&, std::stop_token) override {
    return Fail(ErrorKind::kRejected, "objects are streamed");
  }
  Result<std::unique_ptr<http::Exchange>> Open(const http::Request& request,
                                               std::stop_token) override {
    requests.push_back(request);
    size_t end = std::string::npos;
    if (!breaks.empty()) {
      end = breaks.front();
      breaks.pop_front();
    }
    return std::make_unique<PiecewiseExchange>(answer ? answer(request) : Serve(request), piece,
                                               end);
  }

  http::Response Serve(const http::Request& request) const {
    const std::string* wanted = request.headers.Find("If-Match");
    if (wanted != nullptr && *wanted != etag) {
      return MakeResponse(412, "<Error><Code>PreconditionFailed</Code></Error>");
    }
    const std::string* range = request.headers.Find("Range");
    const size_t from = range == nullptr ? 0 : std::stoul(range->substr(6));
    if (range != nullptr && from >= content.size()) {
      return MakeResponse(416, "<Error><Code>InvalidRange</Code></Error>");
    }
    const std::string part = content.substr(from);
    auto response = MakeResponse(range == nullptr ? 200 : 206, part,
                                 {{"ETag", etag}, {"Content-Length", std::to_string(part.size())}});
    if (range != nullptr) {
      response.headers.Add("Content-Range",
                           fmt::format("bytes {}-{}/{}", from, content.size() - 1, content.size()));
    }
    return response;
  }

  std::string content = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string etag = "\"e1\"";
  size_t piece = 5;
  std::deque<size_t> breaks;
  std::function<http::Response(const http::Request&)> answer;
  std::vector<http::Request> requests;
};

struct Outcome {
  std::string read;
  std::optional<Error> error;
};

class ObjectStreamTest : public testing::Test {
 protected:
  Outcome ReadAll(int retries = 3) {
    AwsFixture aws(s3_, {}, retries);
    begin_ = aws.clock().MonotonicNow();
    Outcome outcome;
    auto stream = ObjectStream::Open(aws.client(), {.bucket = "logs", .key = "a/b.gz"}, {});
    if (!stream) return {"", stream.error()};
    for (;;) {
      const auto bytes = (*stream)->Read({});
      waited_ = aws.clock().MonotonicNow() - begin_;
      if (!bytes) outcome.error = bytes.error();
      if (!bytes || bytes->empty()) return outcome;
      outcome.read += *bytes;
      EXPECT_EQ((*stream)->bytes_read(), outcome.read.size());
    }
  }

  OneObject s3_;
  Instant begin_;
  std::chrono::nanoseconds waited_{0};
};

TEST_F(ObjectStreamTest, ReadsAnObjectInOneRequest) {
  const auto outcome = ReadAll();
  EXPECT_FALSE(outcome.error) << outcome.error->message;
  EXPECT_EQ(outcome.read, s3_.content);
  EXPECT_EQ(s3_.requests.size(), 1u);
  EXPECT_EQ(s3_.requests[0].headers.Find("Range"), nullptr);
}

TEST_F(ObjectStreamTest, TellsSizeAndEtag) {
  AwsFixture aws(s3_);
  const auto stream = ObjectStream::Open(aws.client(), {.bucket = "logs", .key = "k"}, {});
  ASSERT_TRUE(stream.has_value());
  EXPECT_EQ((*stream)->size(), 36u);
  EXPECT_EQ((*stream)->etag(), "\"e1\"");
}

TEST_F(ObjectStreamTest, AnEmptyObjectEndsAtOnce) {  // S-15
  s3_.content.clear();
  const auto outcome = ReadAll();
  EXPECT_FALSE(outcome.error);
  EXPECT_EQ(outcome.read, "");
}

TEST_F(ObjectStreamTest, GoesOnAfterABreakAtEveryByte) {  // S-14
  for (size_t cut = 0; cut < s3_.content.size(); ++cut) {
    s3_.requests.clear();
    s3_.breaks = {cut};
    const auto outcome = ReadAll();
    ASSERT_FALSE(outcome.error) << cut << ": " << outcome.error->message;
    ASSERT_EQ(outcome.read, s3_.content) << cut;
    ASSERT_EQ(s3_.requests.size(), 2u);
    const auto& headers = s3_.requests[1].headers;
    EXPECT_EQ(*headers.Find("If-Match"), "\"e1\"");
    if (cut > 0) {
      EXPECT_EQ(*headers.Find("Range"), fmt::format("bytes={}-", cut));
    }
  }
}

TEST_F(ObjectStreamTest, BreaksThatBringBytesMayBeAsManyAsTheyLike) {  // S-14
  s3_.breaks = std::deque<size_t>(35, 1);
  const auto outcome = ReadAll(1);
  EXPECT_FALSE(outcome.error);
  EXPECT_EQ(outcome.read, s3_.content);
  EXPECT_EQ(waited_, Seconds(0));
}

TEST_F(ObjectStreamTest, GivesUpWhenTheTriesBringNothingMore) {  // S-14
  s3_.breaks = {7, 0, 0, 0, 0, 0};
  const auto outcome = ReadAll(3);
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ErrorKind::kRetry);
  EXPECT_EQ(outcome.read, s3_.content.substr(0, 7));
  EXPECT_EQ(s3_.requests.size(), 4u);
  EXPECT_GT(waited_, Seconds(0));
}

TEST_F(ObjectStreamTest, AnObjectThatWasReplacedIsAnErrorOfItsOwn) {
  s3_.breaks = {7};
  s3_.answer = [this](const http::Request& request) {
    auto response = s3_.Serve(request);
    s3_.etag = "\"e2\"";
    return response;
  };
  const auto outcome = ReadAll();
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, kObjectChanged);
  EXPECT_THAT(outcome.error->message, HasSubstr("s3://logs/a/b.gz was replaced"));
  EXPECT_EQ(outcome.read, s3_.content.substr(0, 7));
}

TEST_F(ObjectStreamTest, AReplacedObjectIsNoticedWithoutTheServersHelp) {
  s3_.breaks = {7};
  s3_.answer = [this](const http::Request& request) {
    http::Request plain = request;
    plain.headers = {};  // a server that knows neither ranges nor conditions
    auto response = s3_.Serve(plain);
    s3_.etag = "\"e2\"";
    return response;
  };
  const auto outcome = ReadAll();
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, kObjectChanged);
}

TEST_F(ObjectStreamTest, WithoutAnEtagItDoesNotGoOn) {
  s3_.breaks = {7};
  s3_.etag = "";
  const auto outcome = ReadAll();
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ErrorKind::kRetry);
  EXPECT_EQ(s3_.requests.size(), 1u);
}

TEST_F(ObjectStreamTest, AWholeObjectInsteadOfARangeIsSkippedToThePlace) {
  for (size_t cut = 1; cut < s3_.content.size(); ++cut) {
    s3_.breaks = {cut};
    s3_.answer = [this](const http::Request& request) {
      http::Request plain = request;
      plain.headers = {};
      return s3_.Serve(plain);
    };
    const auto outcome = ReadAll();
    ASSERT_FALSE(outcome.error);
    ASSERT_EQ(outcome.read, s3_.content);
  }
}

struct RangeCase {
  const char* name;
  const char* content_range;
  const char* body;
  const char* read;  // nullptr: an error
};
class ContentRangeTest : public ObjectStreamTest, public testing::WithParamInterface<RangeCase> {};

TEST_P(ContentRangeTest, NeverGivesWrongBytes) {
  s3_.content = "0123456789";
  s3_.breaks = {4};
  s3_.answer = [this](const http::Request& request) {
    if (s3_.requests.size() != 2) return s3_.Serve(request);
    return MakeResponse(206, GetParam().body,
                        {{"ETag", s3_.etag}, {"Content-Range", GetParam().content_range}});
  };
  const auto outcome = ReadAll();
  if (GetParam().read == nullptr) {
    ASSERT_TRUE(outcome.error);
    EXPECT_THAT(s3_.content, testing::StartsWith(outcome.read));
  } else {
    ASSERT_FALSE(outcome.error) << outcome.error->message;
    EXPECT_EQ(outcome.read, GetParam().read);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Answers, ContentRangeTest,
    testing::Values(RangeCase{"Right", "bytes 4-9/10", "456789", "0123456789"},
                    RangeCase{"TooEarly", "bytes 2-9/10", "23456789", "0123456789"},
                    RangeCase{"TooLate", "bytes 5-9/10", "56789", nullptr},
                    RangeCase{"EndsEarlyAndIsContinued", "bytes 4-6/10", "456", "0123456789"},
                    RangeCase{"OfAnotherSize", "bytes 4-9/11", "456789", nullptr},
                    RangeCase{"OfUnknownSize", "bytes 4-9/*", "456789", "0123456789"},
                    RangeCase{"OfAnotherUnit", "lines 4-9/10", "456789", nullptr},
                    RangeCase{"Missing", "", "456789", nullptr},
                    RangeCase{"Negative", "bytes -4-9/10", "456789", nullptr},
                    RangeCase{"MoreThanThereIs", "bytes 4-9/10", "456789X", nullptr}),
    [](const auto& range) { return range.param.name; });

TEST_F(ObjectStreamTest, ARequestToStopIsNoBreak) {
  AwsFixture aws(s3_);
  const auto stream = ObjectStream::Open(aws.client(), {.bucket = "logs", .key = "k"}, {});
  std::stop_source stop;
  stop.request_stop();
  const auto bytes = (*stream)->Read(stop.get_token());
  ASSERT_FALSE(bytes.has_value());
  EXPECT_EQ(bytes.error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(s3_.requests.size(), 1u);
}

struct RefusalCase {
  const char* name;
  int status;
  const char* body;
  ErrorKind kind;
  const char* says;
};
class ObjectRefusalTest : public ObjectStreamTest,
                          public testing::WithParamInterface<RefusalCase> {};

TEST_P(ObjectRefusalTest, SaysWhatToDoAboutWhichObject) {  // S-11, S-18
  s3_.answer = [](const http::Request&) {
    return MakeResponse(GetParam().status, GetParam().body);
  };
  const auto outcome = ReadAll(0);
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, GetParam().kind) << outcome.error->message;
  EXPECT_THAT(outcome.error->message, HasSubstr("s3:GetObject of s3://logs/a/b.gz in us-east-1"));
  EXPECT_THAT(outcome.error->message, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Answers, ObjectRefusalTest,
    testing::Values(
        RefusalCase{"NoKey", 404, "<Error><Code>NoSuchKey</Code></Error>", ErrorKind::kNotFound,
                    "NoSuchKey"},
        RefusalCase{"NoVersion", 404, "<Error><Code>NoSuchVersion</Code></Error>",
                    ErrorKind::kNotFound, "NoSuchVersion"},
        // Who takes these for "the object is gone" loses it.
        RefusalCase{"NoBucket", 404, "<Error><Code>NoSuchBucket</Code></Error>",
                    ErrorKind::kRejected, "NoSuchBucket"},
        RefusalCase{"SomebodyElses404", 404, "<html><title>nginx</title></html>",
                    ErrorKind::kRejected, "check the endpoint URL"},
        RefusalCase{"Denied", 403, "<Error><Code>AccessDenied</Code></Error>", ErrorKind::kRejected,
                    "allow s3:GetObject"},
        RefusalCase{"KeyDenied", 403,
                    "<Error><Code>AccessDenied</Code><Message>User: u is not authorized to "
                    "perform: kms:Decrypt on resource: arn:aws:kms:k</Message></Error>",
                    ErrorKind::kRejected, "allow kms:Decrypt"},
        RefusalCase{"KeyDisabled", 400, "<Error><Code>KMS.DisabledException</Code></Error>",
                    ErrorKind::kRejected, "see that the key exists, is enabled"},
        RefusalCase{"KeyMissing", 400, "<Error><Code>KMS.NotFoundException</Code></Error>",
                    ErrorKind::kRejected, "see that the key exists"},
        RefusalCase{"Archived", 403, "<Error><Code>InvalidObjectState</Code></Error>",
                    ErrorKind::kRejected, "restore it"},
        RefusalCase{"SlowDown", 503, "<Error><Code>SlowDown</Code></Error>", ErrorKind::kThrottled,
                    "SlowDown"},
        RefusalCase{"Busy", 503, "", ErrorKind::kThrottled, "HTTP 503"}),
    [](const auto& refusal) { return refusal.param.name; });

}  // namespace
}  // namespace collector::aws::s3
