// What resources are called inside a template. Pure; any thread.
#ifndef COLLECTOR_SETUP_LOGICAL_NAME_H_
#define COLLECTOR_SETUP_LOGICAL_NAME_H_

#include <map>
#include <string>
#include <vector>

#include "setup/resource.h"

namespace collector::setup {

// A name of letters and digits for a resource: "QueueDevoCollectorEc2Fifo" of the type and name, or
// with '_' between the words, in lower case. What stands for the account's number is left out.
std::string LogicalName(const Resource& resource, bool snake_case);

// LogicalNames: those of all resources of one template, each another. Owned by whoever writes it.
//
// Two resources whose names differ only in what a logical name cannot hold ("a-b" and "a_b") would
// overwrite each other. The later one of them bears a number made of its Id(), so that every name
// stays what it was when others come after it: another name is another resource to a stack.
class LogicalNames {
 public:
  // With the words joined as LogicalName() does.
  LogicalNames(const std::vector<Resource>& resources, bool snake_case);

  // Of one of these resources.
  const std::string& Of(const Resource& resource) const { return names_.at(resource.Id()); }
  // Of the policy that is written beside a queue.
  std::string PolicyOf(const Resource& queue) const { return Of(queue) + "Policy"; }

 private:
  std::map<std::string, std::string> names_;  // by Id()
};

}  // namespace collector::setup

#endif  // COLLECTOR_SETUP_LOGICAL_NAME_H_
