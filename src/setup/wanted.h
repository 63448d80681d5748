// What AWS must hold for an input of the configuration: a pure function of the configuration and of
// a few facts about the account; any thread.
#ifndef COLLECTOR_SETUP_WANTED_H_
#define COLLECTOR_SETUP_WANTED_H_

#include <map>
#include <string>
#include <vector>

#include "config/config.h"
#include "setup/resource.h"

namespace collector::setup {

struct Facts {
  std::string account = std::string(kAccount);           // its number, or what stands for it
  std::map<std::string, std::vector<std::string>> vpcs;  // by region, where all are wanted
  std::vector<std::string> distributions;                // where all are wanted
};

// What a person has to do, because AWS lets no program do it or we do not.
struct Wanted {
  std::vector<Resource> resources;  // each after what it needs
  std::vector<std::string> by_hand;
};

// Service events: a queue, its dead-letter queue, one for what EventBridge could not deliver, and a
// rule, in each region. Logs in S3: a bucket, a queue with its dead-letter queue, the bucket's
// policy and notification, and the flow logs or deliveries that write there.
Wanted WantedBy(const InputSettings& input, const Facts& facts);

// Which facts WantedBy() needs beside the account.
bool WantsAllVpcs(const InputSettings& input, const std::string& region);
bool WantsAllDistributions(const InputSettings& input);

// All regions that the input's setup touches, without repetition.
std::vector<std::string> RegionsOf(const InputSettings& input);

// The tags of everything that is made: the marks and those that the configuration adds.
Json TagsOf(const SetupSettings& settings);

}  // namespace collector::setup

#endif  // COLLECTOR_SETUP_WANTED_H_
