#include "outputs/submit_queue.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace collector {

SubmitQueue::SubmitQueue(std::string owner, const Bounds& bounds, Waiter& waiter)
    : owner_(std::move(owner)), bounds_(bounds), waiter_(waiter) {}

bool SubmitQueue::Fits(const Records& records) const {
  if (records_ == 0) return true;
  if (!batches_.empty() && waiting_bytes_ + records.bytes() > bounds_.waiting_bytes) return false;
  return bytes_ + records.bytes() <= bounds_.bytes && records_ + records.size() <= bounds_.records;
}

void SubmitQueue::WakeFirst() {
  if (!waiting_.empty() && Fits(waiting_.front()->records)) waiting_.front()->turn.NotifyOne();
}

Status SubmitQueue::Submit(Batch batch, std::stop_token stop) {
  if (batch.records->empty()) {
    batch.ack.Resolve(Outcome::kDelivered);
    return {};
  }
  Status refused;
  {
    MutexLock lock(mutex_);
    Waiting self{*batch.records, {}};
    waiting_.push_back(&self);
    while (!closed_ && !stop.stop_requested() &&
           (waiting_.front() != &self || !Fits(*batch.records))) {
      self.turn.WaitUntil(mutex_, Instant::max(), stop);
    }
    waiting_.erase(std::find(waiting_.begin(), waiting_.end(), &self));
    if (closed_) {
      refused = Fail(ErrorKind::kCancelled, fmt::format("output {}: {}", owner_, why_));
    } else if (stop.stop_requested()) {
      refused = Fail(ErrorKind::kCancelled,
                     fmt::format("output {}: stopped while waiting for room", owner_));
    } else {
      bytes_ += batch.records->bytes();
      waiting_bytes_ += batch.records->bytes();
      records_ += batch.records->size();
      batches_.push_back(std::move(batch));
    }
    WakeFirst();  // the next one in line
  }
  // Outside the lock: whoever hears of the share may come back here.
  if (refused) {
    waiter_.Wake();
  } else {
    batch.ack.Resolve(Outcome::kFailed);  // NOLINT(bugprone-use-after-move): not when refused
  }
  return refused;
}

void SubmitQueue::Take(size_t enough_bytes, std::vector<Batch>& batches) {
  MutexLock lock(mutex_);
  if (batches_.empty()) return;
  size_t taken = 0;
  do {
    taken += batches_.front().records->bytes();
    batches.push_back(std::move(batches_.front()));
    batches_.pop_front();
  } while (!batches_.empty() && taken < enough_bytes);
  waiting_bytes_ -= taken;
  WakeFirst();
}

void SubmitQueue::Release(size_t bytes, size_t records) {
  MutexLock lock(mutex_);
  bytes_ -= bytes;
  records_ -= records;
  WakeFirst();
}

void SubmitQueue::Close(std::string why) {
  MutexLock lock(mutex_);
  closed_ = true;
  why_ = std::move(why);
  for (Waiting* one : waiting_) one->turn.NotifyOne();
  waiter_.Wake();
}

bool SubmitQueue::Drained() const {
  MutexLock lock(mutex_);
  return closed_ && batches_.empty();
}

double SubmitQueue::Fill() const {
  const auto share = [](size_t held, size_t bound) {
    return static_cast<double>(held) / static_cast<double>(std::max<size_t>(bound, 1));
  };
  MutexLock lock(mutex_);
  return std::max({share(bytes_, bounds_.bytes), share(records_, bounds_.records),
                   share(waiting_bytes_, bounds_.waiting_bytes)});
}

}  // namespace collector
