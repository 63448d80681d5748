#include "collect/ack.h"

#include <atomic>
#include <utility>

namespace collector {

struct Ack::Promise {
  explicit Promise(std::function<void(Outcome)> callback) : on_settled(std::move(callback)) {}

  // The last owner settles it; shared_ptr's count is the count of open shares.
  ~Promise() {
    on_settled(failed.load(std::memory_order_acquire) ? Outcome::kFailed : Outcome::kDelivered);
  }

  std::function<void(Outcome)> on_settled;
  std::atomic<bool> failed = false;
};

Ack Ack::Create(std::function<void(Outcome)> on_settled) {
  return Ack(std::make_shared<Promise>(std::move(on_settled)));
}

Ack& Ack::operator=(Ack&& other) noexcept {
  if (this != &other) {
    Resolve(Outcome::kFailed);
    promise_ = std::move(other.promise_);
  }
  return *this;
}

Ack::~Ack() { Resolve(Outcome::kFailed); }

Ack Ack::Share() const { return Ack(promise_); }

void Ack::Resolve(Outcome outcome) {
  if (promise_ == nullptr) return;
  if (outcome == Outcome::kFailed) promise_->failed.store(true, std::memory_order_release);
  promise_.reset();
}

}  // namespace collector
