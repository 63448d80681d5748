// Service events in a queue, as rules of EventBridge send them, and how they are read, drawn from a
// seed. Used by one thread.
#ifndef COLLECTOR_TESTS_SIM_EVENT_SCENARIO_H_
#define COLLECTOR_TESTS_SIM_EVENT_SCENARIO_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/queue_simulation.h"
#include "sources/settings.h"

namespace collector::sim {

struct EventShape : QueueShape {
  int groups = 1;
};

EventShape DrawEventShape(Random& random);
ServiceEventsSettings SettingsOf(const EventShape& shape);

struct SimEvent {
  RecordId id;
  std::string body;
  std::string group;
  Instant sent{};
  size_t records = 0;  // none of what is dropped, several of what holds findings
  bool has_id = true;
  bool overtakes = false;  // it comes again in another group
};

class SimEvents : public Items {
 public:
  void Add(SimEvent event) { events_.push_back(std::move(event)); }
  SimEvent& event(size_t index) { return events_[index]; }
  const SimEvent& event(size_t index) const { return events_[index]; }

  size_t count() const override { return events_.size(); }
  size_t RecordsOf(size_t index) const override { return events_[index].records; }
  RecordId IdentityOf(size_t index) const override { return events_[index].id; }

 private:
  std::vector<SimEvent> events_;
};

// Events and their messages: in bursts larger than what a group gives out at once, some in another
// message once more, with findings, to be dropped, or no envelopes at all.
void MakeServiceEvents(SimEvents& events, SimQueue& queue, Random& random, const EventShape& shape);

// Holds it for a violation when a group's events arrive first in another order than they were sent.
class OrderedFarEnd : public ItemFarEnd {
 public:
  OrderedFarEnd(const SimEvents& events, const Clock& clock, bool ordered)
      : ItemFarEnd(events, clock), events_(events), ordered_(ordered) {}

 protected:
  void ArriveFirst(size_t item, size_t place) override;

 private:
  const SimEvents& events_;
  const bool ordered_;
  std::map<std::string, std::pair<size_t, size_t>> last_;  // by group
};

}  // namespace collector::sim

#endif  // COLLECTOR_TESTS_SIM_EVENT_SCENARIO_H_
