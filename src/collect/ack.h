// Ack: one share of a promise to a source that what it handed over will be delivered. Each batch
// given to an output carries a share; when the last share of a promise is resolved the source hears
// the worst outcome, once. A share that is destroyed unresolved counts as failed: forgetting is
// never success. A share is owned by the batch it travels with and used by one thread at a time;
// shares of one promise may be resolved on different threads.
#ifndef COLLECTOR_COLLECT_ACK_H_
#define COLLECTOR_COLLECT_ACK_H_

#include <functional>
#include <memory>

namespace collector {

// From best to worst.
enum class Outcome {
  kDelivered,  // settled as docs/delivery.md defines it for the output
  kFailed,     // not known to be delivered: the source reads it again
};

class Ack {
 public:
  // Makes a promise and its first share. `on_settled` runs once, on the thread that resolves the
  // last share; it must not block.
  static Ack Create(std::function<void(Outcome)> on_settled);

  Ack(Ack&&) noexcept = default;
  Ack& operator=(Ack&& other) noexcept;
  Ack(const Ack&) = delete;
  Ack& operator=(const Ack&) = delete;
  ~Ack();

  // One more share of the same promise; only of a share that is not yet resolved.
  Ack Share() const;

  // At most once; a moved-from share resolves nothing.
  void Resolve(Outcome outcome);

 private:
  struct Promise;
  explicit Ack(std::shared_ptr<Promise> promise) : promise_(std::move(promise)) {}

  std::shared_ptr<Promise> promise_;
};

}  // namespace collector

#endif  // COLLECTOR_COLLECT_ACK_H_
