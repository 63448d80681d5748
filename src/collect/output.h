// Output: where records go: Devo, a file, the console. It takes batches, blocks while its window is
// full (that is the back-pressure, D-8) and resolves each batch's share once its records are
// delivered, or failed when it is closed before. main() owns the outputs; sources borrow one, which
// may be a FanOut over several.
#ifndef COLLECTOR_COLLECT_OUTPUT_H_
#define COLLECTOR_COLLECT_OUTPUT_H_

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "collect/batch.h"

namespace collector {

class Output {
 public:
  virtual ~Output() = default;

  // As named in the configuration.
  virtual const std::string& name() const = 0;

  // Takes the batch over; any thread. Blocks while the output's window is full. An output tries
  // again until it is closed, so the only error is kCancelled: `stop` was requested while waiting,
  // or the output is closed; the batch's share is then resolved as failed.
  virtual Status Submit(Batch batch, std::stop_token stop) = 0;

  // Delivers what was taken, waiting at most until `deadline`, then closes; what is left resolves
  // as failed. Returns an error that says how many records were left. Called once, by main(), when
  // no source submits any more.
  virtual Status Close(Instant deadline) = 0;
};

// Every batch to every output; a batch is settled when it is settled in all of them.
class FanOut : public Output {
 public:
  explicit FanOut(std::vector<std::unique_ptr<Output>> outputs);

  const std::string& name() const override { return name_; }
  Status Submit(Batch batch, std::stop_token stop) override;
  Status Close(Instant deadline) override;

 private:
  std::vector<std::unique_ptr<Output>> outputs_;
  std::string name_;
};

}  // namespace collector

#endif  // COLLECTOR_COLLECT_OUTPUT_H_
