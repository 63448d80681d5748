// SubmitQueue: the way of batches into an output, and the window that bounds what the output holds:
// everything submitted and not yet settled counts, in bytes and in records. Submit() from any
// thread; the rest from the output's writer thread. Owned by the output.
#ifndef COLLECTOR_OUTPUTS_SUBMIT_QUEUE_H_
#define COLLECTOR_OUTPUTS_SUBMIT_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <stop_token>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "collect/batch.h"
#include "outputs/waiter.h"

namespace collector {

class SubmitQueue {
 public:
  struct Bounds {
    size_t bytes;  // as Records::bytes() counts
    size_t records;
    // Of the bytes, how many may be submitted and not yet taken. What waits long leaves the
    // processor's caches, so this is far less than what may be on its way to the peer.
    size_t waiting_bytes = size_t{4} << 20;
  };

  // `owner` names the output in errors; `waiter` is woken when there is something to take.
  SubmitQueue(std::string owner, const Bounds& bounds, Waiter& waiter);

  // Blocks while the window is full; those who wait are served in the order in which they came. A
  // batch larger than the window is taken when the window is empty. kCancelled when `stop` is
  // requested while waiting or the queue is closed: the batch's share is resolved as failed.
  Status Submit(Batch batch, std::stop_token stop) EXCLUDES(mutex_);

  // Moves what was submitted, in order, to the end of `batches`: about `enough_bytes`, and one
  // batch at least. They keep their room.
  void Take(size_t enough_bytes, std::vector<Batch>& batches) EXCLUDES(mutex_);
  void TakeAll(std::vector<Batch>& batches) EXCLUDES(mutex_) { Take(SIZE_MAX, batches); }

  // Gives the room of settled batches back.
  void Release(size_t bytes, size_t records) EXCLUDES(mutex_);

  // From now on nothing is taken, and who waits is sent away with kCancelled and `why`.
  void Close(std::string why) EXCLUDES(mutex_);

  // Closed, and everything was taken.
  bool Drained() const EXCLUDES(mutex_);

  // How much of what it may hold is held: 0 to 1, more with one oversized batch.
  double Fill() const EXCLUDES(mutex_);

 private:
  // One who waits for room, on the stack of its thread.
  struct Waiting {
    const Records& records;
    CondVar turn;
  };

  bool Fits(const Records& records) const REQUIRES(mutex_);
  // Wakes the first in line when there is room for it: nobody else could go on.
  void WakeFirst() REQUIRES(mutex_);

  const std::string owner_;
  const Bounds bounds_;
  Waiter& waiter_;

  mutable Mutex mutex_;
  bool closed_ GUARDED_BY(mutex_) = false;
  std::string why_ GUARDED_BY(mutex_);
  std::deque<Batch> batches_ GUARDED_BY(mutex_);
  std::deque<Waiting*> waiting_ GUARDED_BY(mutex_);  // first come, first served
  size_t bytes_ GUARDED_BY(mutex_) = 0;
  size_t waiting_bytes_ GUARDED_BY(mutex_) = 0;  // of batches_
  size_t records_ GUARDED_BY(mutex_) = 0;
};

}  // namespace collector

#endif  // COLLECTOR_OUTPUTS_SUBMIT_QUEUE_H_
