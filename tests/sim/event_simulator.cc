#include <algorithm>

#include "sim/event_scenario.h"
#include "sim/queue_simulation.h"
#include "sim/simulator.h"
#include "sources/service_events.h"

namespace collector::sim {
namespace {

// As many as an EventQueue takes.
size_t MostInHand(const EventShape& shape) {
  return std::min<size_t>(2'000, 10 * static_cast<size_t>(shape.visibility.count()));
}

}  // namespace

Report RunEventSeed(uint64_t seed, const Plant& plant) {
  Random random(seed);
  const EventShape shape = DrawEventShape(random);
  QueueWorld world(random, DrawQueueFaults(random, shape), shape);
  SimEvents events;
  OrderedFarEnd far_end(events, world.clock, shape.clean && shape.fifo);
  QueueSimulation simulation(world, events, far_end, MostInHand(shape), plant);
  MakeServiceEvents(events, simulation.queue(), random, shape);
  QueueAccount aws(world, simulation.queue());
  return simulation.Run(aws, [&world, &shape](Process& process) {
    return NewServiceEvents(process.context(world.turns.give_up()), process.NewClient("eu-west-1"),
                            SettingsOf(shape));
  });
}

}  // namespace collector::sim
