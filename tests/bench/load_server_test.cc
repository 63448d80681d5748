#include "s3/load_server.h"

#include <optional>
#include <string>
#include <thread>

#include <curl/curl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace collector::bench {
namespace {

using nlohmann::json;
using testing::HasSubstr;

struct Answer {
  long status = 0;
  std::string headers, body;
  double seconds = 0;
};

size_t Append(char* data, size_t, size_t size, void* to) {
  static_cast<std::string*>(to)->append(data, size);
  return size;
}

class LoadServerTest : public testing::Test {
 protected:
  LoadServerTest() {
    MessageSum messages;
    messages.Add("line");
    store_.Add("vpc", "0123456789", 40, messages);
    server_.emplace(store_, LoadServer::Options());
  }

  Answer Send(const std::string& path, const std::vector<std::string>& headers = {},
              const std::optional<std::string>& body = std::nullopt) {
    Answer answer;
    CURL* curl = curl_easy_init();
    curl_slist* list = nullptr;
    for (const std::string& header : headers) list = curl_slist_append(list, header.c_str());
    const std::string url = "http://127.0.0.1:" + std::to_string(server_->port()) + path;
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    if (body) curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->c_str());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Append);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &Append);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer.headers);
    EXPECT_EQ(curl_easy_perform(curl), CURLE_OK);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
    curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME, &answer.seconds);
    curl_slist_free_all(list);
    curl_easy_cleanup(curl);
    return answer;
  }
  json Feed(int objects) {
    return json::parse(
        Send("/_feed?queue=q&corpus=vpc&objects=" + std::to_string(objects), {}, "").body);
  }
  Answer Sqs(const std::string& operation, json input) {
    input["QueueUrl"] = "http://127.0.0.1/123456789012/q";
    return Send("/", {"X-Amz-Target: AmazonSQS." + operation}, input.dump());
  }
  std::string FirstPath() {
    const std::string paths = Send("/_keys?queue=q").body;
    return paths.substr(0, paths.find('\n'));
  }

  ObjectStore store_;
  std::optional<LoadServer> server_;
};

TEST_F(LoadServerTest, AMessageAnnouncesAnObjectThatIsThere) {
  EXPECT_EQ(Feed(2)["messages"], 2);
  const json messages = json::parse(Sqs("ReceiveMessage", {{"MaxNumberOfMessages", 10}}).body);
  ASSERT_EQ(messages["Messages"].size(), 2U);
  const json event = json::parse(messages["Messages"][1]["Body"].get<std::string>())["Records"][0];
  EXPECT_EQ(event["eventVersion"], "2.1");
  EXPECT_EQ(event["s3"]["object"]["size"], 10);
  const std::string bucket = event["s3"]["bucket"]["name"];
  const Answer object = Send("/" + bucket + "/" + event["s3"]["object"]["key"].get<std::string>());
  EXPECT_EQ(object.status, 200);
  EXPECT_EQ(object.body, "0123456789");
  EXPECT_THAT(object.headers,
              HasSubstr("ETag: \"" + event["s3"]["object"]["eTag"].get<std::string>()));
  EXPECT_THAT(object.headers, HasSubstr("Last-Modified: "));
}

TEST_F(LoadServerTest, GivesRangesAsS3Does) {
  Feed(1);
  const auto range = [&](const std::string& text) {
    return Send(FirstPath(), {"Range: bytes=" + text});
  };
  EXPECT_EQ(range("2-4").body, "234");
  EXPECT_EQ(range("2-4").status, 206);
  EXPECT_THAT(range("2-4").headers, HasSubstr("Content-Range: bytes 2-4/10"));
  EXPECT_EQ(range("7-").body, "789");
  EXPECT_EQ(range("7-99").body, "789");
  EXPECT_EQ(range("-2").body, "89");
  EXPECT_EQ(range("-99").body, "0123456789");
  EXPECT_EQ(range("10-").status, 416);
  EXPECT_THAT(range("10-").body, HasSubstr("<Code>InvalidRange</Code>"));
  EXPECT_EQ(range("4-2").status, 200);
  EXPECT_EQ(range("nonsense").body, "0123456789");
}

TEST_F(LoadServerTest, GivesAnObjectOnlyAsItIsAskedFor) {
  Feed(1);
  const std::string headers = Send(FirstPath()).headers;
  const size_t at = headers.find("ETag: ") + 6;
  const std::string etag = headers.substr(at, headers.find("\r\n", at) - at);
  EXPECT_EQ(Send(FirstPath(), {"If-Match: " + etag}).status, 200);
  const Answer other = Send(FirstPath(), {"If-Match: \"0123\""});
  EXPECT_EQ(other.status, 412);
  EXPECT_THAT(other.body, HasSubstr("<Code>PreconditionFailed</Code>"));
  const Answer missing = Send("/logs-vpc/nothing");
  EXPECT_EQ(missing.status, 404);
  EXPECT_THAT(missing.body, HasSubstr("<Code>NoSuchKey</Code>"));
}

TEST_F(LoadServerTest, SaysWhoIsCalling) {
  const Answer answer = Send("/", {}, "Action=GetCallerIdentity&Version=2011-06-15");
  EXPECT_THAT(answer.body, HasSubstr("<Account>123456789012</Account>"));
}

TEST_F(LoadServerTest, AFeedWakesALongPoll) {
  Feed(0);
  Answer answer;
  std::thread poll([&] { answer = Sqs("ReceiveMessage", {{"WaitTimeSeconds", 20}}); });
  while (json::parse(Send("/_stats").body)["sqs"]["calls"] == 0) std::this_thread::yield();
  Feed(1);
  poll.join();
  EXPECT_EQ(json::parse(answer.body)["Messages"].size(), 1U);
  EXPECT_LT(answer.seconds, 10);
}

TEST_F(LoadServerTest, HoldsAnswersBackWithoutHoldingUpOthers) {
  Feed(8);
  Send("/_delay?milliseconds=100", {}, "");
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  std::vector<Answer> answers(8);
  const std::string path = FirstPath();
  for (Answer& answer : answers) threads.emplace_back([&] { answer = Send(path); });
  for (std::thread& thread : threads) thread.join();
  for (const Answer& answer : answers) {
    EXPECT_EQ(answer.body, "0123456789");
    EXPECT_GE(answer.seconds, 0.1);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, Milliseconds(700));
  EXPECT_LT(Send("/_stats").seconds, 0.1);
}

TEST_F(LoadServerTest, AResetForgetsEverythingButTheFiles) {
  Feed(3);
  Sqs("ReceiveMessage", {{"MaxNumberOfMessages", 2}});
  const json before = json::parse(Send("/_stats").body)["queues"]["q"];
  EXPECT_EQ(before["sent"], 3);
  EXPECT_EQ(before["in_flight"], 2);
  Send("/_reset", {}, "");
  const json after = json::parse(Send("/_stats").body)["queues"]["q"];
  EXPECT_EQ(after["sent"], 0);
  EXPECT_EQ(after["in_flight"], 0);
  EXPECT_EQ(Feed(1)["packed"], 10);
  EXPECT_EQ(Send(FirstPath()).body, "0123456789");
}

}  // namespace
}  // namespace collector::bench
