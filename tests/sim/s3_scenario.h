// What is in S3 and in the queue that announces it, and how it is read, drawn from a seed. Used by
// one thread.
#ifndef COLLECTOR_TESTS_SIM_S3_SCENARIO_H_
#define COLLECTOR_TESTS_SIM_S3_SCENARIO_H_

#include "sim/bucket.h"
#include "sim/queue_simulation.h"
#include "sources/settings.h"

namespace collector::sim {

struct S3Shape : QueueShape {
  bool versions = false;
  int parallel = 1;

  // In a FIFO queue poison holds up its group, until it is in the dead-letter queue.
  bool may_poison() const { return !fifo || (most_receives > 0 && !clean); }
};

S3Shape DrawS3Shape(Random& random);
S3LogsSettings SettingsOf(const S3Shape& shape);

// Objects and the messages that announce them: several in one message, one in several, replaced
// and deleted ones, and such as nobody can read. Their records say whose they are, as
// ItemMark() has it.
void MakeObjects(SimBucket& bucket, SimQueue& queue, Random& random, const S3Shape& shape);

}  // namespace collector::sim

#endif  // COLLECTOR_TESTS_SIM_S3_SCENARIO_H_
