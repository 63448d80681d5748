#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sim/bucket.h"
#include "sim/object_far_end.h"
#include "sim/process.h"
#include "sim/queue.h"
#include "sim/receiver.h"
#include "sim/s3_scenario.h"
#include "sim/simulator.h"
#include "sim/turns.h"
#include "sources/s3_logs.h"

namespace collector::sim {
namespace {

const Timestamp kS3Begin = std::chrono::sys_days(std::chrono::year(2026) / 11 / 25);
// As many as the ledger takes for each object that is read side by side.
constexpr size_t kMessagesPerReader = 8;

// An account with a queue and a bucket.
class S3Account : public Account {
 public:
  S3Account(FakeClock& clock, Turns& turns, Random& random, const Faults& faults, SimQueue& queue,
            SimBucket& bucket)
      : Account(clock, random, faults), turns_(turns), queue_(queue), bucket_(bucket) {}

  Result<http::Response> Send(const http::Request& request, std::stop_token stop) override {
    if (stop.stop_requested()) return Fail(ErrorKind::kCancelled, "the program is ending");
    if (auto failure = Outage(request)) return *std::move(failure);
    return Account::Send(request, std::move(stop));
  }

  Result<std::unique_ptr<http::Exchange>> Open(const http::Request& request,
                                               std::stop_token stop) override {
    if (stop.stop_requested()) return Fail(ErrorKind::kCancelled, "the program is ending");
    auto failure = Outage(request);
    if (!failure) failure = Interfere(request);
    if (!failure && random_.Chance(faults_.reset_after)) {
      failure = Fail(ErrorKind::kRetry, "connection reset");
    }
    if (!failure) return bucket_.Get(request);
    if (*failure) return bucket_.Get(request, **std::move(failure));
    bucket_.NoteFailure(request);
    return Propagate(*failure);
  }

 protected:
  void Asked(const http::Request& request) override { queue_.Asked(OperationOf(request), request); }
  Result<http::Response> Answer(const http::Request& request, std::stop_token stop) override {
    auto answer = queue_.Answer(OperationOf(request), request, std::move(stop));
    if (!answer && !turns_.give_up().stop_requested()) queue_.HangUp();
    return answer;
  }
  void Lost() override { queue_.AnswerLost(); }
  void Pass(Milliseconds time) override {
    if (random_.Chance(faults_.overtaken)) {
      turns_.WaitFor(time, {});
    } else {
      clock_.Advance(time);
    }
  }

 private:
  static std::string OperationOf(const http::Request& request) {
    const std::string* const target = request.headers.Find("X-Amz-Target");
    return target == nullptr ? "" : target->substr(target->find('.') + 1);
  }

  // Once in a while a service answers nothing for minutes.
  std::optional<Result<http::Response>> Outage(const http::Request& request) {
    const bool is_s3 = request.method == "GET";
    Instant& until = down_until_[is_s3];
    if (random_.Chance(faults_.outage)) {
      until = clock_.MonotonicNow() + Seconds(random_.Between(10, 400));
    }
    if (faults_.outage == 0 || clock_.MonotonicNow() >= until) return std::nullopt;
    clock_.Advance(Milliseconds(100));
    Asked(request);
    if (random_.Chance(0.5)) return Fail(ErrorKind::kRetry, "connection reset");
    return Refusal(request, 503, "ServiceUnavailable", "come back later");
  }

  Turns& turns_;
  SimQueue& queue_;
  SimBucket& bucket_;
  std::map<bool, Instant> down_until_;
};

// The lives of a process that reads one queue.
class S3Simulation {
 public:
  S3Simulation(uint64_t seed, const Plant& plant);
  Report Run();

 private:
  SimQueue::Options QueueOptions(const Plant& plant);
  void Start();
  void Step();
  void Die();
  void EndInOrder(bool calmly);
  void CheckGivenBack();
  bool IsSettled() const;
  void CheckAll();

  Random random_;
  FakeClock clock_{kS3Begin};
  const S3Shape shape_ = DrawS3Shape(random_);
  Faults faults_ = DrawS3Faults(random_, shape_);
  Turns turns_{clock_, random_, faults_};
  SimBucket bucket_{turns_, random_, faults_};
  ObjectFarEnd far_end_{bucket_, clock_};
  SimQueue queue_;
  S3Account aws_{clock_, turns_, random_, faults_, queue_, bucket_};
  SimOutput output_{turns_, random_, faults_, far_end_};
  const std::unique_ptr<PositionStore> memory_ = NewMemoryPositionStore();
  CheckedStore store_{*memory_, far_end_, random_, faults_};
  std::optional<Process> process_;
  Report report_;
};

S3Simulation::S3Simulation(uint64_t seed, const Plant& plant)
    : random_(seed),
      queue_(
          turns_, random_, faults_, QueueOptions(plant),
          [this](size_t object) { return far_end_.IsDone(object); },
          [this](size_t object) { return store_.has_failed() || far_end_.IsStored(object); }) {
  output_.acknowledges_too_early = plant.acknowledges_too_early;
  MakeObjects(bucket_, queue_, random_, shape_);
}

SimQueue::Options S3Simulation::QueueOptions(const Plant& plant) {
  SimQueue::Options options;
  options.fifo = shape_.fifo;
  options.most_receives = shape_.most_receives;
  options.twice = shape_.fifo ? 0 : 0.05;
  options.visibility = shape_.visibility;
  options.most_in_hand = static_cast<size_t>(shape_.parallel) * kMessagesPerReader;
  options.extends_no_visibility = plant.extends_no_visibility;
  return options;
}

void S3Simulation::Start() {
  process_.emplace(clock_, turns_, random_, aws_, output_, store_);
  turns_.Begin(process_->scheduler(), output_);
  for (auto& worker :
       NewS3Logs(process_->context(turns_.give_up()), process_->NewClient("eu-west-1"),
                 SettingsOf(shape_), {"announcements", ""})) {
    process_->scheduler().Add("queue", std::move(worker));
  }
}

void S3Simulation::Step() {
  try {
    if (!process_) Start();
    turns_.Step();
    if (turns_.stop().stop_requested()) EndInOrder(random_.Chance(0.5));
  } catch (const Killed&) {
    ++report_.kills;
    Die();
    clock_.Advance(Seconds(random_.Between(1, random_.Chance(0.1) ? 3600 : 60)));
  }
}

// Nothing of the process is left, in whatever way it ended.
void S3Simulation::Die() {
  output_.Die();
  turns_.End();
  process_.reset();
  queue_.EndLife();
  report_.in_flight_at_kills += far_end_.EndLife();
}

// As main() does it. Calmly: AWS takes every call, so that nothing may be left in hand.
void S3Simulation::EndInOrder(bool calmly) {
  const Faults before = calmly ? std::exchange(faults_, {}) : faults_;
  output_.Close(clock_.MonotonicNow() + Seconds(random_.Between(0, 60)));
  process_->scheduler().EndAll({});
  if (calmly) CheckGivenBack();
  faults_ = before;
  ++report_.ends;
  Die();
}

void S3Simulation::CheckGivenBack() {
  for (size_t i = 0; i < queue_.messages().size(); ++i) {
    const SimMessage& message = queue_.messages()[i];
    const bool is_hidden = message.state == SimMessage::State::kQueued &&
                           message.visible > clock_.MonotonicNow() && message.receives > 0;
    if (!is_hidden) continue;
    if (message.holder == SimMessage::Holder::kCollector) {
      report_.violations.push_back(fmt::format("message {} was not given back at the end", i));
    }
    const bool failed = std::any_of(message.objects.begin(), message.objects.end(),
                                    [this](size_t object) { return bucket_.HasFailed(object); });
    if (message.holder == SimMessage::Holder::kGivenBack && !message.poison && !failed) {
      report_.violations.push_back(fmt::format("message {} stays hidden, and nothing failed", i));
    }
  }
}

bool S3Simulation::IsSettled() const {
  const auto is_done = [this](size_t object) { return far_end_.IsDone(object); };
  return std::all_of(queue_.messages().begin(), queue_.messages().end(),
                     [&is_done](const SimMessage& message) {
                       return (message.poison || message.state != SimMessage::State::kQueued) &&
                              std::all_of(message.objects.begin(), message.objects.end(), is_done);
                     });
}

Report S3Simulation::Run() {
  while (clock_.MonotonicNow() < Instant(shape_.life)) Step();
  // Now nothing fails any more, and all that can be read has to arrive.
  faults_ = {};
  const Instant stuck = clock_.MonotonicNow() + std::chrono::hours(shape_.clean ? 3 : 12);
  while (!IsSettled() && clock_.MonotonicNow() < stuck) {
    queue_.Redrive();
    Step();
  }
  if (process_) {
    turns_.Stop();
    EndInOrder(true);
  }
  CheckAll();
  return std::move(report_);
}

void S3Simulation::CheckAll() {
  far_end_.CheckThatAllArrived(report_.records);
  auto& violations = report_.violations;
  violations.insert(violations.end(), far_end_.violations().begin(), far_end_.violations().end());
  violations.insert(violations.end(), queue_.violations().begin(), queue_.violations().end());
  if (!IsSettled()) violations.push_back("a message is stuck");
  if (bucket_.most_readers() > static_cast<size_t>(shape_.parallel)) {
    violations.push_back(fmt::format("{} objects were read side by side, where {} may be",
                                     bucket_.most_readers(), shape_.parallel));
  }
  if (turns_.spins() > 0) violations.push_back("the workers were busy with nothing");
  report_.calls = aws_.calls();
  report_.duplicates = far_end_.duplicates();
  if (!shape_.clean) return;
  if (queue_.expired() > 0) {
    violations.push_back(
        fmt::format("{} messages came again while they were in hand", queue_.expired()));
  }
  if (report_.duplicates > 0) {
    violations.push_back(fmt::format("{} duplicates although nothing failed", report_.duplicates));
  }
}

}  // namespace

Report RunS3Seed(uint64_t seed, const Plant& plant) { return S3Simulation(seed, plant).Run(); }

}  // namespace collector::sim
