// LogActivity: asks CloudWatch which log groups have had events lately (their IncomingLogEvents),
// 500 a call, so that these are read first where FilterLogEvents does not suffice for all of them.
// AWS takes money for it: $0.01 for 1,000 groups. The scheduler owns it, in the lane of the groups.
#ifndef COLLECTOR_SOURCES_LOG_ACTIVITY_H_
#define COLLECTOR_SOURCES_LOG_ACTIVITY_H_

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "aws/client.h"
#include "collect/source.h"
#include "sources/log_groups.h"
#include "sources/settings.h"
#include "sources/source_context.h"

namespace collector {

class LogActivity : public Source {
 public:
  LogActivity(const SourceContext& context, std::shared_ptr<aws::Client> client,
              const ServiceSettings& service, std::shared_ptr<LogGroups> groups);

  const std::string& name() const override { return subject_.text; }
  void Settle() override {}
  // Asks for all groups.
  Next Poll(std::stop_token stop) override;

 private:
  // The groups are names[first], ...; at most 500.
  Status Ask(const std::vector<std::string>& names, size_t first, std::stop_token stop);

  const SourceContext context_;
  const std::shared_ptr<aws::Client> client_;
  const ServiceSettings service_;
  const std::shared_ptr<LogGroups> groups_;
  const Subject subject_;
  bool failing_ = false;
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_LOG_ACTIVITY_H_
