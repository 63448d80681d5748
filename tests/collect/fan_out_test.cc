#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "collect/output.h"

namespace collector {
namespace {

// Keeps what it is given until the test decides.
class HeldOutput : public Output {
 public:
  explicit HeldOutput(std::string name) : name_(std::move(name)) {}
  const std::string& name() const override { return name_; }
  Status Submit(Batch batch, std::stop_token) override {
    if (refuses) return Fail(ErrorKind::kCancelled, "closed");
    held.push_back(std::move(batch));
    return {};
  }
  Status Close(Instant) override {
    closed = true;
    if (!close_error.empty()) return Fail(ErrorKind::kRetry, close_error);
    return {};
  }

  std::vector<Batch> held;
  bool refuses = false;
  bool closed = false;
  std::string close_error;

 private:
  const std::string name_;
};

class FanOutTest : public testing::Test {
 protected:
  FanOutTest() {
    std::vector<std::unique_ptr<Output>> outputs;
    for (const char* name : {"one", "two"}) {
      auto output = std::make_unique<HeldOutput>(name);
      outputs_.push_back(output.get());
      outputs.push_back(std::move(output));
    }
    fan_out_ = std::make_unique<FanOut>(std::move(outputs));
  }

  Status Submit() {
    auto records = std::make_shared<Records>("my.app.a.b");
    records->Add(Timestamp(), "message");
    return fan_out_->Submit(
        {records, Ack::Create([this](Outcome outcome) { heard_.push_back(outcome); })}, {});
  }

  std::vector<HeldOutput*> outputs_;
  std::unique_ptr<FanOut> fan_out_;
  std::vector<Outcome> heard_;
};

// D-2: a batch is settled when all outputs have settled it.
TEST_F(FanOutTest, SettlesABatchWhenEveryOutputHas) {
  ASSERT_TRUE(Submit());
  ASSERT_EQ(outputs_[0]->held.size(), 1u);
  ASSERT_EQ(outputs_[1]->held.size(), 1u);
  EXPECT_EQ(outputs_[0]->held[0].records, outputs_[1]->held[0].records);
  outputs_[0]->held[0].ack.Resolve(Outcome::kDelivered);
  EXPECT_TRUE(heard_.empty());
  outputs_[1]->held[0].ack.Resolve(Outcome::kDelivered);
  EXPECT_EQ(heard_, std::vector{Outcome::kDelivered});
}

TEST_F(FanOutTest, FailsABatchThatOneOutputDidNotTake) {
  outputs_[0]->refuses = true;
  EXPECT_FALSE(Submit());
  ASSERT_EQ(outputs_[1]->held.size(), 1u) << "the others get it all the same";
  outputs_[1]->held[0].ack.Resolve(Outcome::kDelivered);
  EXPECT_EQ(heard_, std::vector{Outcome::kFailed});
}

TEST_F(FanOutTest, ClosesEveryOutputAndTellsAllErrors) {
  outputs_[0]->close_error = "one: 3 records left";
  outputs_[1]->close_error = "two: 4 records left";
  const Status closed = fan_out_->Close({});
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().message, "one: 3 records left; two: 4 records left");
  EXPECT_TRUE(outputs_[0]->closed && outputs_[1]->closed);
}

TEST_F(FanOutTest, IsNamedAfterItsOutputs) { EXPECT_EQ(fan_out_->name(), "one, two"); }

}  // namespace
}  // namespace collector
