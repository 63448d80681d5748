// The service `cwl_N`: the events of log groups of CloudWatch Logs.
#ifndef COLLECTOR_SOURCES_LOG_GROUP_H_
#define COLLECTOR_SOURCES_LOG_GROUP_H_

#include <memory>
#include <vector>

#include "aws/client.h"
#include "collect/source.h"
#include "sources/log_groups.h"
#include "sources/settings.h"
#include "sources/source_context.h"

namespace collector {

// What DescribeLogGroups says of a group.
struct LogGroupFacts {
  // It was found, and may be gone one day.
  bool is_found = false;
  bool is_one_of_many = false;
  // Of the class INFREQUENT_ACCESS: FilterLogEvents refuses it.
  bool is_infrequent = false;
};

// One group in the client's region; null when `groups` has it already. All groups of an account and
// region share AWS's quota, so they belong into one lane, which gives each a page in turn.
std::unique_ptr<Source> NewLogGroup(const SourceContext& context,
                                    std::shared_ptr<aws::Client> client,
                                    const LogGroupSettings& settings, const LogGroupFacts& facts,
                                    LogGroups& groups);

// All that a service entry names: its groups, and what looks for those that its patterns mean.
std::vector<std::unique_ptr<Source>> NewLogGroups(const SourceContext& context,
                                                  std::shared_ptr<aws::Client> client,
                                                  const LogGroupSettings& settings,
                                                  std::shared_ptr<LogGroups> groups);

}  // namespace collector

#endif  // COLLECTOR_SOURCES_LOG_GROUP_H_
