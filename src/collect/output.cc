#include "collect/output.h"

#include <utility>

#include <fmt/ranges.h>

namespace collector {

FanOut::FanOut(std::vector<std::unique_ptr<Output>> outputs) : outputs_(std::move(outputs)) {
  std::vector<std::string> names;
  for (const auto& output : outputs_) names.push_back(output->name());
  name_ = fmt::format("{}", fmt::join(names, ", "));
}

Status FanOut::Submit(Batch batch, std::stop_token stop) {
  Status worst;
  for (const auto& output : outputs_) {
    Status status = output->Submit({batch.records, batch.ack.Share()}, stop);
    if (!status && worst) worst = std::move(status);
  }
  batch.ack.Resolve(worst ? Outcome::kDelivered : Outcome::kFailed);
  return worst;
}

Status FanOut::Close(Instant deadline) {
  std::vector<std::string> failures;
  for (const auto& output : outputs_) {
    if (Status status = output->Close(deadline); !status) {
      failures.push_back(status.error().message);
    }
  }
  if (failures.empty()) return {};
  return Fail(ErrorKind::kRetry, fmt::format("{}", fmt::join(failures, "; ")));
}

}  // namespace collector
