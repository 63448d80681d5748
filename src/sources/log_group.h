// The service `cwl_N`: the events of a log group of CloudWatch Logs, read by FilterLogEvents.
#ifndef COLLECTOR_SOURCES_LOG_GROUP_H_
#define COLLECTOR_SOURCES_LOG_GROUP_H_

#include <memory>

#include "aws/client.h"
#include "collect/source.h"
#include "sources/settings.h"
#include "sources/source_context.h"

namespace collector {

// One group in the client's region. All groups of an account and region share AWS's quota, so they
// belong into one lane, which gives each a page in turn.
std::unique_ptr<Source> NewLogGroup(const SourceContext& context,
                                    std::shared_ptr<aws::Client> client,
                                    const LogGroupSettings& settings);

}  // namespace collector

#endif  // COLLECTOR_SOURCES_LOG_GROUP_H_
