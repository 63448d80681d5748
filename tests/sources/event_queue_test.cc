#include "sources/event_queue.h"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "sources/queue_fixture.h"

namespace collector {
namespace {

using http::MakeResponse;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

// Of the keeper and the worker, as Step() gives them to each.
constexpr Milliseconds kTurn{600};

constexpr char kFifo[] = "https://sqs.eu-west-1.amazonaws.com/123456789012/q.fifo";

std::string EventOf(const std::string& id, const std::string& detail_type = "State change",
                    const std::string& detail = "{}") {
  return fmt::format(
      R"({{"id":"{}","detail-type":"{}","source":"aws.ec2","account":"111122223333",)"
      R"("time":"2026-11-24T08:30:01Z","region":"us-west-1","detail":{}}})",
      id, detail_type, detail);
}

// SQS as the test says: each element of `waiting` is what one call of ReceiveMessage brings.
class EventQueueTest : public QueueTest {
 protected:
  EventQueueTest() {
    settings_.service.name = "service-events-all";
    settings_.queue = kFifo;
    transport_.set_handler([this](const http::Request& request) { return Answer(request); });
    Start();
  }

  // Another process with what the one before has stored.
  void Start() {
    ForgetClaims();
    queue_ = std::make_shared<EventQueue>(NewContext(), NewClient(), settings_);
    for (size_t i = 0; i < queue_->most_workers(); ++i) queue_->AddWorker([] {});
  }

  // A call's worth of messages, each with its body; a message's handle is its id and a number.
  void Send(const std::vector<std::pair<std::string, std::string>>& messages) {
    std::string list;
    for (const auto& [id, body] : messages) {
      const std::string receipt = fmt::format("{}/{}", id, ++receipts_[id]);
      list += (list.empty() ? "" : ",") + MessageText(id, receipt, body);
    }
    waiting_.push_back(R"({"Messages":[)" + list + "]}");
  }

  void Run(int steps = 14) { Step(*queue_, steps); }

  void ResolveHeld(Outcome outcome) {
    for (Batch& batch : output_.held) batch.ack.Resolve(outcome);
    output_.held.clear();
  }

  Result<http::Response> Answer(const http::Request& request) {
    const std::string operation = OperationOf(request);
    calls_ += operation + " ";
    if (operation == "GetQueueUrl") return url_;
    if (operation == "GetQueueAttributes") return attributes_;
    if (operation == "ReceiveMessage") return Receive();
    if (operation == "DeleteMessageBatch") {
      delete_times_.push_back(clock_.MonotonicNow());
      if (delete_answer_) return *std::exchange(delete_answer_, std::nullopt);
    } else {
      changed_ += request.body;
    }
    nlohmann::json done = nlohmann::json::array();
    const auto asked = nlohmann::json::parse(request.body);
    for (const auto& entry : asked.at("Entries")) {
      done.push_back({{"Id", entry.at("Id")}});
      if (operation != "DeleteMessageBatch") continue;
      deleted_.push_back(entry.at("ReceiptHandle").get<std::string>());
    }
    return MakeResponse(200, nlohmann::json{{"Successful", done}}.dump());
  }

  Result<http::Response> Receive() {
    receive_times_.push_back(clock_.MonotonicNow());
    ++receiving_;
    most_receiving_ = std::max(most_receiving_, receiving_);
    // While the answer is on its way another worker does what there is to do.
    if (receiving_ < 3) (void)queue_->Work(1 + receiving_, {});
    --receiving_;
    if (waiting_.empty()) return MakeResponse(200, "{}");
    std::string messages = std::move(waiting_.front());
    waiting_.pop_front();
    return MakeResponse(200, messages);
  }

  ServiceEventsSettings settings_;
  std::shared_ptr<EventQueue> queue_;

  std::deque<std::string> waiting_;
  std::map<std::string, int> receipts_;
  std::vector<Instant> receive_times_;
  size_t receiving_ = 0;
  size_t most_receiving_ = 0;
  std::optional<http::Response> delete_answer_;  // to the next call
  std::vector<Instant> delete_times_;
  std::vector<std::string> deleted_;  // handles
};

TEST_F(EventQueueTest, DeliversAnEventByteForByteAndThenDeletesItsMessage) {
  const std::string event = EventOf("a", "State change", R"({"text":"\"}{ \\"})");
  Send({{"m1", event}});
  Run();
  EXPECT_THAT(output_.messages, ElementsAre(event));
  EXPECT_THAT(output_.tags, ElementsAre("cloud.aws.cloudwatch.events.111122223333.us-west-1"));
  EXPECT_THAT(deleted_, ElementsAre("m1/1"));
  EXPECT_EQ(events_.counts().records_read, 1U);
  EXPECT_EQ(events_.counts().records_delivered, 1U);
}

// D-2
TEST_F(EventQueueTest, DeletesAMessageOnlyWhenItsRecordIsDelivered) {
  output_.holds = true;
  Send({{"m1", EventOf("a")}, {"m2", EventOf("b")}});
  Run();
  EXPECT_THAT(output_.messages, SizeIs(2));
  EXPECT_FALSE(Called("DeleteMessageBatch")) << calls_;
  ResolveHeld(Outcome::kDelivered);
  Run();
  EXPECT_THAT(deleted_, UnorderedElementsAre("m1/1", "m2/1"));
}

// D-5: an output fails a batch when it is closed, and then the program ends.
TEST_F(EventQueueTest, GivesBackAMessageWhoseDeliveryFailed) {
  output_.holds = true;
  Send({{"m1", EventOf("a")}});
  Run();
  ResolveHeld(Outcome::kFailed);
  Run();
  EXPECT_FALSE(Called("DeleteMessageBatch")) << calls_;
  queue_->Settle();
  End(*queue_);
  EXPECT_THAT(deleted_, IsEmpty());
  EXPECT_THAT(changed_, HasSubstr(R"("ReceiptHandle":"m1/1","VisibilityTimeout":0)"));
  EXPECT_EQ(events_.counts().records_delivered, 0U);
  // What was not delivered is not held for a repetition.
  output_.holds = false;
  Start();
  Send({{"m1", EventOf("a")}});
  Run();
  EXPECT_THAT(output_.messages, ElementsAre(EventOf("a"), EventOf("a")));
  EXPECT_THAT(deleted_, ElementsAre("m1/2"));
}

// E-1
TEST_F(EventQueueTest, DropsAnEventThatItHasDeliveredAlsoAfterARestart) {
  for (const std::string message : {"m1", "m2", "m3"}) {
    Send({{message, EventOf("a")}});
    Run();
    if (message == "m2") Start();
  }
  EXPECT_THAT(output_.messages, SizeIs(1));
  EXPECT_THAT(deleted_, ElementsAre("m1/1", "m2/1", "m3/1"));
}

TEST_F(EventQueueTest, DeletesBothMessagesOfAnEventThatComesAgainWhileItIsInHand) {
  output_.holds = true;
  Send({{"m1", EventOf("a")}, {"m2", EventOf("a")}});
  Run();
  EXPECT_THAT(output_.messages, SizeIs(1));
  EXPECT_THAT(deleted_, IsEmpty());
  ResolveHeld(Outcome::kDelivered);
  Run();
  EXPECT_THAT(deleted_, UnorderedElementsAre("m1/1", "m2/1"));
}

TEST_F(EventQueueTest, DeletesWithTheNewestHandleAMessageThatComesAgainWhileItIsInHand) {
  settings_.queue = "https://sqs.eu-west-1.amazonaws.com/123456789012/q";
  Start();
  output_.holds = true;
  Send({{"m1", EventOf("a")}});
  Run();
  Send({{"m1", EventOf("a")}});
  Run();
  EXPECT_EQ(events_.counts().duplicates_dropped, 1U);
  ResolveHeld(Outcome::kDelivered);
  Run();
  EXPECT_THAT(output_.messages, SizeIs(1));
  EXPECT_THAT(deleted_, ElementsAre("m1/2"));
}

// E-2: what a rule's input transformer made.
TEST_F(EventQueueTest, KeepsABodyThatIsNoJsonAsItIs) {
  Send({{"m1", "instance i-1 is running"}, {"m2", "instance i-1 is running"}});
  Run();
  EXPECT_THAT(output_.messages, ElementsAre("instance i-1 is running", "instance i-1 is running"));
  EXPECT_THAT(output_.tags[0], "cloud.aws.cloudwatch.events.123456789012.eu-west-1");
  EXPECT_THAT(deleted_, UnorderedElementsAre("m1/1", "m2/1"));
}

// E-2: an `id` that a transformer has chosen says nothing about the event.
TEST_F(EventQueueTest, DeliversEveryEventThatIsNoEnvelopeThoughTheyHaveAnIdInCommon) {
  const std::vector<std::string> bodies = {R"({"id":"i-1","state":"running"})",
                                           R"({"id":"i-1","state":"stopped"})",
                                           R"({"id":"i-1","state":"running"})"};
  Send({{"m1", bodies[0]}, {"m2", bodies[1]}});
  Send({{"m3", bodies[2]}});
  Run();
  EXPECT_EQ(output_.messages, bodies);
  EXPECT_THAT(deleted_, UnorderedElementsAre("m1/1", "m2/1", "m3/1"));
}

// E-4
TEST_F(EventQueueTest, DeletesAMessageOfSecurityHubWhenAllItsFindingsAreDelivered) {
  settings_.service.tag = "my.app.{record.Id}";  // so that each goes with a batch of its own
  Start();
  output_.holds = true;
  Send({{"m1", EventOf("a", "Security Hub Findings - Imported",
                       R"({"findings":[{"Id":"1"},{"Id":"2"}]})")}});
  Run();
  EXPECT_THAT(output_.messages, ElementsAre(R"({"Id":"1"})", R"({"Id":"2"})"));
  EXPECT_THAT(output_.tags, ElementsAre("my.app.1", "my.app.2"));
  ASSERT_THAT(output_.held, SizeIs(2));
  output_.held[0].ack.Resolve(Outcome::kDelivered);
  Run();
  EXPECT_THAT(deleted_, IsEmpty());
  EXPECT_EQ(events_.counts().records_delivered, 0U);
  output_.held[1].ack.Resolve(Outcome::kDelivered);
  Run();
  EXPECT_THAT(deleted_, ElementsAre("m1/1"));
  EXPECT_EQ(events_.counts().records_delivered, 2U);
}

// E-3
TEST_F(EventQueueTest, GivesApiCallsTheirOwnTagAndLeavesOutWhatIsToBeDropped) {
  settings_.call_tag = "my.app.calls";
  settings_.drop_records = {{"detail.state", {"pending", "stopping"}}};
  Start();
  Send({{"m1", EventOf("a", "AWS API Call via CloudTrail")},
        {"m2", EventOf("b", "State change", R"({"state":"pending"})")},
        {"m3", EventOf("c", "State change", R"({"state":"running"})")}});
  Run();
  EXPECT_THAT(output_.tags, UnorderedElementsAre("my.app.calls",
                                                 "cloud.aws.cloudwatch.events.111122223333."
                                                 "us-west-1"));
  EXPECT_EQ(events_.counts().records_filtered, 1U);
  EXPECT_EQ(events_.counts().records_delivered, 2U);
  EXPECT_THAT(deleted_, UnorderedElementsAre("m1/1", "m2/1", "m3/1"));
}

TEST_F(EventQueueTest, DeletesAtOnceAMessageOfWhichAllIsLeftOut) {
  settings_.drop_records = {{"source", {"aws.ec2"}}};
  Start();
  Send({{"m1", EventOf("a")}});
  Run();
  EXPECT_THAT(output_.messages, IsEmpty());
  EXPECT_THAT(deleted_, ElementsAre("m1/1"));
}

// S-20
TEST_F(EventQueueTest, AsksAFifoQueueOneCallAtATime) {
  for (const bool is_fifo : {true, false}) {
    settings_.queue = "https://sqs.eu-west-1.amazonaws.com/123456789012/q";
    if (is_fifo) settings_.queue = kFifo;
    most_receiving_ = 0;
    Start();
    for (int i = 0; i < 4; ++i) Send({{fmt::format("m{}", i), "an event"}});
    Run();
    EXPECT_EQ(most_receiving_, is_fifo ? 1U : 3U);
    EXPECT_THAT(waiting_, IsEmpty());
  }
}

// S-20: what is in hand holds its group back, so that asking finds other groups at most: that is
// tried once, and while it finds nothing every second.
TEST_F(EventQueueTest, AsksAFifoQueueForOtherGroupsOnlyWhileThatPays) {
  output_.holds = true;
  Send({{"m1", EventOf("a")}});
  Run(40);
  ASSERT_GE(receive_times_.size(), 3U);
  EXPECT_LE(receive_times_[1] - receive_times_[0], kTurn);
  for (size_t i = 2; i < receive_times_.size(); ++i) {
    EXPECT_GE(receive_times_[i] - receive_times_[i - 1], Seconds(1)) << i;
  }
  EXPECT_GE(receive_times_.size(), 6U);
  // When the message is deleted the group goes on, and nobody waits for a second.
  ResolveHeld(Outcome::kDelivered);
  receive_times_.clear();
  Run();
  ASSERT_FALSE(receive_times_.empty());
  EXPECT_LE(receive_times_[0] - delete_times_.at(0), kTurn);
  // That asking for others has not paid is remembered.
  Send({{"m2", EventOf("b")}});
  receive_times_.clear();
  Run();
  ASSERT_GE(receive_times_.size(), 2U);
  EXPECT_GE(receive_times_[1] - receive_times_[0], Seconds(1));
}

TEST_F(EventQueueTest, AsksAFifoQueueAgainAtOnceWhenOneOfTheMessagesInHandIsDeleted) {
  output_.holds = true;
  for (const char* message : {"m1", "m2"}) {
    Send({{message, EventOf(message)}});
    Run();
  }
  ASSERT_THAT(output_.held, SizeIs(2));
  const size_t asked = receive_times_.size();
  for (int i = 0; i < 10 && receive_times_.size() == asked; ++i) Run(2);
  output_.held[0].ack.Resolve(Outcome::kDelivered);
  receive_times_.clear();
  Run();
  ASSERT_THAT(delete_times_, SizeIs(1));
  ASSERT_FALSE(receive_times_.empty());
  EXPECT_LE(receive_times_[0] - delete_times_[0], kTurn);
}

TEST_F(EventQueueTest, AsksAFifoQueueAgainAtOnceWhileOtherGroupsBringSomething) {
  output_.holds = true;
  for (int i = 0; i < 5; ++i) Send({{fmt::format("m{}", i), EventOf(fmt::format("e{}", i))}});
  Run(24);
  ASSERT_GE(receive_times_.size(), 6U);
  for (size_t i = 1; i < 6; ++i) {
    EXPECT_LE(receive_times_[i] - receive_times_[i - 1], kTurn) << i;
  }
  EXPECT_THAT(output_.messages, SizeIs(5));
}

TEST_F(EventQueueTest, TriesFailedDeletesAgain) {
  for (const auto& answer :
       {MakeResponse(500, "<html>"),
        MakeResponse(200, R"({"Failed":[{"Id":"0","Code":"InternalError","SenderFault":false}]})"),
        MakeResponse(200, "{}")}) {  // not a word about it
    deleted_.clear();
    delete_times_.clear();
    delete_answer_ = answer;
    const std::string message = fmt::format("m{}", receipts_.size());
    Send({{message, EventOf(message)}});
    Run(30);
    EXPECT_THAT(deleted_, ElementsAre(message + "/1")) << answer.body;
    ASSERT_THAT(delete_times_, SizeIs(2)) << answer.body;
    EXPECT_GE(delete_times_[1] - delete_times_[0], Seconds(2)) << answer.body;
  }
  EXPECT_THAT(output_.messages, SizeIs(3));
}

// A FIFO queue takes no handle of a message that has become visible again. It comes once more, and
// then it is known.
TEST_F(EventQueueTest, LetsGoOfAMessageThatTheQueueDoesNotKnowByItsHandle) {
  delete_answer_ = MakeResponse(
      200, R"({"Failed":[{"Id":"0","Code":"InvalidParameterValue","SenderFault":true}]})");
  Send({{"m1", EventOf("a")}});
  Run(30);
  EXPECT_THAT(delete_times_, SizeIs(1));
  Send({{"m1", EventOf("a")}});
  Run();
  EXPECT_THAT(deleted_, ElementsAre("m1/2"));
  EXPECT_THAT(output_.messages, SizeIs(1));
}

TEST_F(EventQueueTest, KeepsAMessageOutOfSightWhileItsEventIsOnItsWay) {
  output_.holds = true;
  settings_.visibility_timeout = Seconds(20);
  Start();
  Send({{"m1", EventOf("a")}});
  Run(60);  // 18 s
  EXPECT_THAT(changed_, HasSubstr(R"("ReceiptHandle":"m1/1","VisibilityTimeout":20)"));
}

TEST_F(EventQueueTest, AsksForNoMoreOnceARunThatEndsThereHasCaughtUp) {
  once_ = true;
  Start();
  Send({{"m1", EventOf("a")}});
  Run(30);
  ASSERT_THAT(output_.messages, SizeIs(1));
  const size_t asked = receive_times_.size();
  Send({{"m2", EventOf("b")}});
  Run(30);
  EXPECT_EQ(receive_times_.size(), asked);
  EXPECT_THAT(output_.messages, SizeIs(1));
}

}  // namespace
}  // namespace collector
