#include "aws/retry.h"

#include <algorithm>

namespace collector::aws {
namespace {

constexpr int kBudget = 500;
constexpr int kRefundWithoutRetry = 1;

}  // namespace

std::optional<std::chrono::nanoseconds> RetryPolicy::Delay(int retry, bool timed_out) {
  if (retry > options_.retries) return std::nullopt;
  MutexLock lock(mutex_);
  if (budget_ < Cost(timed_out)) return std::nullopt;
  budget_ -= Cost(timed_out);
  const double longest =
      std::min<double>(static_cast<double>(options_.longest_delay.count()),
                       1'000.0 * static_cast<double>(1 << std::min(retry - 1, 20)));
  const double share = static_cast<double>(random_() >> 11) * 0x1p-53;  // [0, 1)
  return std::chrono::nanoseconds(static_cast<int64_t>(share * longest * 1e6));
}

void RetryPolicy::OnSuccess(int spent) {
  MutexLock lock(mutex_);
  budget_ = std::min(kBudget, budget_ + std::max(spent, kRefundWithoutRetry));
}

}  // namespace collector::aws
