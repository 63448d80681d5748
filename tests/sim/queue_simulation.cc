#include "sim/queue_simulation.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace collector::sim {
namespace {

SimQueue::Options OptionsOf(const QueueShape& shape, size_t most_in_hand, const Plant& plant) {
  SimQueue::Options options;
  options.fifo = shape.fifo;
  options.most_receives = shape.most_receives;
  options.twice = shape.fifo ? 0 : 0.05;
  options.visibility = shape.visibility;
  options.most_in_hand = most_in_hand;
  options.extends_no_visibility = plant.extends_no_visibility;
  return options;
}

}  // namespace

Seconds DrawVisibility(Random& random) {
  static const std::vector<int64_t> kVisibilities = {20, 45, 90, 150, 300};
  return Seconds(kVisibilities[random.Pick(kVisibilities.size())]);
}

Faults DrawQueueFaults(Random& random, const QueueShape& shape) {
  Faults faults;
  if (shape.clean) return faults;
  faults.throttle = random.Rate(0.5, 0.2);
  faults.server_error = random.Rate(0.5, 0.1);
  faults.reset_before = random.Rate(0.5, 0.1);
  faults.reset_after = random.Rate(0.5, 0.1);
  faults.truncated = random.Rate(0.3, 0.05);
  faults.denied = random.Rate(0.3, 0.1);
  faults.store_fails = random.Rate(0.3, 0.2);
  faults.kill = random.Rate(0.5, 0.01);
  faults.output_resets = random.Rate(0.4, 0.1);
  faults.outage = random.Rate(0.3, 0.01);
  faults.entry_fails = random.Rate(0.5, 0.2);
  faults.broken_body = random.Rate(0.6, 0.3);
  faults.overtaken = random.Rate(0.5, 0.5);
  faults.standstill = random.Rate(0.3, 0.01);
  faults.end = random.Rate(0.5, 0.01);
  return faults;
}

std::vector<Instant> DrawTimes(Random& random, const QueueShape& shape, int64_t most) {
  std::vector<Instant> times(static_cast<size_t>(random.Between(5, most)));
  for (Instant& time : times) {
    time = Instant(Milliseconds(random.Between(0, shape.life.count() * 1'000)));
  }
  std::sort(times.begin(), times.end());
  return times;
}

// --- the account

Result<http::Response> QueueAccount::Send(const http::Request& request, std::stop_token stop) {
  if (stop.stop_requested()) return Fail(ErrorKind::kCancelled, "the program is ending");
  if (auto failure = Outage(request)) return *std::move(failure);
  return Account::Send(request, std::move(stop));
}

void QueueAccount::Asked(const http::Request& request) {
  queue_.Asked(OperationOf(request), request);
}

Result<http::Response> QueueAccount::Answer(const http::Request& request, std::stop_token stop) {
  auto answer = queue_.Answer(OperationOf(request), request, std::move(stop));
  if (!answer && !turns_.give_up().stop_requested()) queue_.HangUp();
  return answer;
}

void QueueAccount::Pass(Milliseconds time) {
  if (random_.Chance(faults_.overtaken)) {
    turns_.WaitFor(time, {});
  } else {
    clock_.Advance(time);
  }
}

std::optional<Result<http::Response>> QueueAccount::Outage(const http::Request& request) {
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

// --- the lives

QueueSimulation::QueueSimulation(QueueWorld& world, const Items& items, ItemFarEnd& far_end,
                                 size_t most_in_hand, const Plant& plant)
    : world_(world),
      items_(items),
      far_end_(far_end),
      queue_(
          world.turns, world.random, world.faults, OptionsOf(world.shape, most_in_hand, plant),
          [this](size_t item) { return far_end_.IsDone(item); },
          [this](size_t item) { return store_.has_failed() || far_end_.IsStored(item); }),
      output_(world.turns, world.random, world.faults, far_end),
      store_(*memory_, far_end, world.random, world.faults) {
  output_.acknowledges_too_early = plant.acknowledges_too_early;
  store_.forgets = plant.forgets_what_is_stored;
}

void QueueSimulation::Start() {
  process_.emplace(world_.clock, world_.turns, world_.random, *aws_, output_, store_);
  world_.turns.Begin(process_->scheduler(), output_);
  for (auto& worker : workers_(*process_)) process_->scheduler().Add("queue", std::move(worker));
}

void QueueSimulation::Step() {
  try {
    if (!process_) Start();
    world_.turns.Step();
    if (world_.turns.stop().stop_requested()) EndInOrder(world_.random.Chance(0.5));
  } catch (const Killed&) {
    ++report_.kills;
    Die();
    const int64_t longest = world_.random.Chance(0.1) ? 3600 : 60;
    world_.clock.Advance(Seconds(world_.random.Between(1, longest)));
  }
}

// Nothing of the process is left, in whatever way it ended.
void QueueSimulation::Die() {
  output_.Die();
  world_.turns.End();
  process_.reset();
  queue_.EndLife();
  report_.in_flight_at_kills += far_end_.EndLife();
}

// As main() does it. Calmly: AWS takes every call, so that nothing may be left in hand.
void QueueSimulation::EndInOrder(bool calmly) {
  const Faults before = calmly ? std::exchange(world_.faults, {}) : world_.faults;
  output_.Close(world_.clock.MonotonicNow() + Seconds(world_.random.Between(0, 60)));
  process_->scheduler().EndAll({});
  if (calmly) CheckGivenBack();
  world_.faults = before;
  ++report_.ends;
  Die();
}

void QueueSimulation::CheckGivenBack() {
  for (size_t i = 0; i < queue_.messages().size(); ++i) {
    const SimMessage& message = queue_.messages()[i];
    const bool is_hidden = message.state == SimMessage::State::kQueued &&
                           message.visible > world_.clock.MonotonicNow() && message.receives > 0;
    if (!is_hidden) continue;
    if (message.holder == SimMessage::Holder::kCollector) {
      report_.violations.push_back(fmt::format("message {} was not given back at the end", i));
    }
    const bool failed = std::any_of(message.items.begin(), message.items.end(),
                                    [this](size_t item) { return items_.HasFailed(item); });
    if (message.holder == SimMessage::Holder::kGivenBack && !message.poison && !failed) {
      report_.violations.push_back(fmt::format("message {} stays hidden, and nothing failed", i));
    }
  }
}

bool QueueSimulation::IsSettled() const {
  const auto is_done = [this](size_t item) { return far_end_.IsDone(item); };
  return std::all_of(queue_.messages().begin(), queue_.messages().end(),
                     [&is_done](const SimMessage& message) {
                       return (message.poison || message.state != SimMessage::State::kQueued) &&
                              std::all_of(message.items.begin(), message.items.end(), is_done);
                     });
}

Report QueueSimulation::Run(QueueAccount& aws, NewWorkers workers) {
  aws_ = &aws;
  workers_ = std::move(workers);
  while (world_.clock.MonotonicNow() < Instant(world_.shape.life)) Step();
  // Now nothing fails any more, and all that can be read has to arrive.
  world_.faults = {};
  const Instant stuck =
      world_.clock.MonotonicNow() + std::chrono::hours(world_.shape.clean ? 3 : 12);
  while (!IsSettled() && world_.clock.MonotonicNow() < stuck) {
    queue_.Redrive();
    Step();
  }
  if (process_) {
    world_.turns.Stop();
    EndInOrder(true);
  }
  CheckAll();
  return std::move(report_);
}

void QueueSimulation::CheckAll() {
  far_end_.CheckThatAllArrived(report_.records);
  auto& violations = report_.violations;
  violations.insert(violations.end(), far_end_.violations().begin(), far_end_.violations().end());
  violations.insert(violations.end(), queue_.violations().begin(), queue_.violations().end());
  if (!IsSettled()) violations.push_back("a message is stuck");
  if (world_.turns.spins() > 0) violations.push_back("the workers were busy with nothing");
  report_.calls = aws_->calls();
  report_.duplicates = far_end_.duplicates();
  if (!world_.shape.clean) return;
  if (queue_.expired() > 0) {
    violations.push_back(
        fmt::format("{} messages came again while they were in hand", queue_.expired()));
  }
  const int duplicates = report_.duplicates - far_end_.forgotten();
  if (duplicates > 0) {
    violations.push_back(fmt::format("{} duplicates although nothing failed", duplicates));
  }
}

}  // namespace collector::sim
