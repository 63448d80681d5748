#include "sim/receiver.h"

#include <algorithm>

namespace collector::sim {
namespace {

constexpr size_t kWindowBatches = 20;

}  // namespace

Status SimOutput::Submit(Batch batch, std::stop_token stop) {
  if (random_.Chance(faults_.kill)) throw Killed{};
  while (held_.size() >= kWindowBatches) {  // back-pressure
    if (!clock_.WaitUntil(held_.front().due, stop)) {
      return Fail(ErrorKind::kCancelled, "the program is ending");
    }
    Pump();
  }
  if (acknowledges_too_early) batch.ack.Resolve(Outcome::kDelivered);
  const Instant earliest = held_.empty() ? clock_.MonotonicNow() : held_.back().due;
  const bool stalls = random_.Chance(0.01);
  const Milliseconds delay(random_.Between(0, stalls ? 120'000 : 800));
  held_.push_back({std::move(batch), std::max(earliest, clock_.MonotonicNow()) + delay});
  return {};
}

void SimOutput::Arrive(const Held& held) {
  const Records& records = *held.batch.records;
  for (size_t i = 0; i < records.size(); ++i) far_end_.Arrive(records[i], held.again);
}

// The connection breaks: some of what was sent has arrived, but nobody knows, and all goes again.
void SimOutput::Reset() {
  const Milliseconds delay(random_.Between(0, 60'000));
  int64_t arrived = random_.Between(0, static_cast<int64_t>(held_.size()));
  for (Held& held : held_) {
    held.due += delay;
    if (arrived-- <= 0) continue;
    Arrive(held);
    held.again = true;
  }
}

void SimOutput::Pump() {
  while (!held_.empty() && held_.front().due <= clock_.MonotonicNow()) {
    if (faults_.output_resets > 0 && random_.Chance(faults_.output_resets)) {
      Reset();
      continue;
    }
    Held held = std::move(held_.front());
    held_.pop_front();
    if (random_.Chance(faults_.output_fails)) {
      held.batch.ack.Resolve(Outcome::kFailed);
    } else {
      Arrive(held);
      held.batch.ack.Resolve(Outcome::kDelivered);
    }
  }
}

Status SimOutput::Close(Instant deadline) {
  while (!held_.empty() && held_.front().due <= deadline) {
    clock_.WaitUntil(held_.front().due, {});
    Pump();
  }
  for (Held& held : held_) {
    if (random_.Chance(0.5)) Arrive(held);
    held.batch.ack.Resolve(Outcome::kFailed);
  }
  held_.clear();
  return {};
}

void SimOutput::Die() {
  for (const Held& held : held_) {
    if (random_.Chance(0.5)) Arrive(held);
  }
  held_.clear();
}

Status CheckedStore::Commit(const std::string& key, const PositionChange& change) {
  if (random_.Chance(faults_.kill)) throw Killed{};
  if (random_.Chance(faults_.store_fails)) {
    has_failed_ = true;
    return Fail(ErrorKind::kRejected, "disk full");
  }
  far_end_.Check(key, change);
  Status status = store_.Commit(key, change);
  far_end_.Stored(key, change);
  if (random_.Chance(faults_.kill)) throw Killed{};
  return status;
}

}  // namespace collector::sim
