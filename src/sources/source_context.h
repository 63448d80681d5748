// SourceContext: what a source borrows from main(); all of it outlives the source. A plain value.
#ifndef COLLECTOR_SOURCES_SOURCE_CONTEXT_H_
#define COLLECTOR_SOURCES_SOURCE_CONTEXT_H_

#include <stop_token>
#include <string>

#include "base/clock.h"
#include "collect/output.h"
#include "collect/position_claims.h"
#include "collect/position_store.h"
#include "observe/events.h"

namespace collector {

struct SourceContext {
  Clock& clock;
  Events& events;
  PositionStore& positions;
  PositionClaims& claims;
  Output& output;
  std::string input_id;  // part of the position's key; may be empty
  // Requested some time after a Poll() was told to stop: what is under way and would be repeated by
  // the next start (an object that is half read) goes on until then.
  std::stop_token give_up = {};
  // The run ends when all sources have caught up: one that has need not look for more.
  bool once = false;
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_SOURCE_CONTEXT_H_
