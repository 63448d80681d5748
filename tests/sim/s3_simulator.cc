#include <utility>

#include <fmt/format.h>

#include "sim/bucket.h"
#include "sim/queue_simulation.h"
#include "sim/s3_scenario.h"
#include "sim/simulator.h"
#include "sources/s3_logs.h"

namespace collector::sim {
namespace {

// As many as the ledger takes for each object that is read side by side.
constexpr size_t kMessagesPerReader = 8;

// An account with a queue and a bucket.
class S3Account : public QueueAccount {
 public:
  S3Account(QueueWorld& world, SimQueue& queue, SimBucket& bucket)
      : QueueAccount(world, queue), bucket_(bucket) {}

  Result<std::unique_ptr<http::Exchange>> Open(const http::Request& request,
                                               std::stop_token stop) override {
    if (stop.stop_requested()) return Fail(ErrorKind::kCancelled, "the program is ending");
    auto failure = Outage(request);
    if (!failure) failure = Interfere(request);
    if (!failure && random_.Chance(faults_.reset_after)) {
      failure = Fail(ErrorKind::kRetry, "connection reset");
    }
    if (!failure) return bucket_.Get(request);
    if (*failure) return bucket_.Get(request, **std::move(failure));
    bucket_.NoteFailure(request);
    return Propagate(*failure);
  }

 private:
  SimBucket& bucket_;
};

}  // namespace

Report RunS3Seed(uint64_t seed, const Plant& plant) {
  Random random(seed);
  const S3Shape shape = DrawS3Shape(random);
  QueueWorld world(random, DrawQueueFaults(random, shape), shape);
  SimBucket bucket(world.turns, random, world.faults);
  ItemFarEnd far_end(bucket, world.clock);
  const auto parallel = static_cast<size_t>(shape.parallel);
  QueueSimulation simulation(world, bucket, far_end, parallel * kMessagesPerReader, plant);
  MakeObjects(bucket, simulation.queue(), random, shape);
  S3Account aws(world, simulation.queue(), bucket);
  Report report = simulation.Run(aws, [&world, &shape](Process& process) {
    return NewS3Logs(process.context(world.turns.give_up()), process.NewClient("eu-west-1"),
                     SettingsOf(shape), {shape.fifo ? "announcements.fifo" : "announcements", ""});
  });
  if (bucket.most_readers() > parallel) {
    report.violations.push_back(fmt::format("{} objects were read side by side, where {} may be",
                                            bucket.most_readers(), parallel));
  }
  return report;
}

}  // namespace collector::sim
