#include "sim/turns.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace collector::sim {
namespace {

// As main() has it.
constexpr Seconds kPatience{20};
// Longer than any message is kept hidden.
constexpr Seconds kStandstill{400};
constexpr int kMostTurnsAtOnce = 10'000;

}  // namespace

void Turns::Begin(Scheduler& scheduler, SimOutput& output) {
  scheduler_ = &scheduler;
  output_ = &output;
  stop_ = {};
  give_up_ = {};
}

void Turns::End() {
  scheduler_ = nullptr;
  output_ = nullptr;
}

void Turns::Stop() {
  stop_.request_stop();
  give_up_at_ = clock_.MonotonicNow() + kPatience;
}

bool Turns::WaitUntil(Instant when, std::stop_token stop) {
  if (std::this_thread::get_id() != thread_) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any().wait(lock, std::move(stop), [] { return false; });
    return false;
  }
  if (scheduler_ != nullptr && !stop_.stop_requested() && random_.Chance(faults_.end)) Stop();
  if (random_.Chance(faults_.standstill)) clock_.Advance(kStandstill);
  while (clock_.MonotonicNow() < when) {
    if (stop.stop_requested()) return false;
    Turn(when);
  }
  return !stop.stop_requested();
}

void Turns::Turn(Instant until) {
  if (output_ != nullptr) until = std::min(until, output_->NextDue());
  if (stop_.stop_requested()) until = std::min(until, give_up_at_);
  if (scheduler_ != nullptr && scheduler_->RunNext(stop_.get_token(), until)) {
    CountTurn();
  } else {
    clock_.WaitUntil(until, {});
  }
  if (output_ != nullptr) output_->Pump();
  if (!stop_.stop_requested() || clock_.MonotonicNow() < give_up_at_) return;
  give_up_.request_stop();
  give_up_at_ = Instant::max();
}

void Turns::CountTurn() {
  const Instant now = clock_.MonotonicNow();
  turns_at_once_ = std::exchange(last_turn_, now) == now ? turns_at_once_ + 1 : 0;
  if (turns_at_once_ < kMostTurnsAtOnce) return;
  ++spins_;
  turns_at_once_ = 0;
  clock_.Advance(Seconds(1));
}

}  // namespace collector::sim
