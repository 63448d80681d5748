// LogGroupFinder: looks for the log groups that the patterns of a service entry mean, and makes a
// source for each, also for those that come while it runs. Those that go end by themselves. The
// scheduler owns it, in the lane of the groups.
#ifndef COLLECTOR_SOURCES_LOG_GROUP_FINDER_H_
#define COLLECTOR_SOURCES_LOG_GROUP_FINDER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "aws/client.h"
#include "collect/source.h"
#include "sources/log_groups.h"
#include "sources/settings.h"
#include "sources/source_context.h"

namespace collector {

class LogGroupFinder : public Source {
 public:
  LogGroupFinder(const SourceContext& context, std::shared_ptr<aws::Client> client,
                 const LogGroupSettings& settings, std::shared_ptr<LogGroups> groups);

  const std::string& name() const override { return subject_.text; }
  void Settle() override {}
  // Reads a page of the account's groups.
  Next Poll(std::stop_token stop) override;

 private:
  Status Begin(std::stop_token stop);
  Result<Next> ReadPage(std::stop_token stop);
  std::unique_ptr<Source> SourceFor(const nlohmann::json& group);
  bool IsWanted(std::string_view name) const;
  Next GiveUp(const Error& error);

  const SourceContext context_;
  const std::shared_ptr<aws::Client> client_;
  const LogGroupSettings settings_;
  const std::shared_ptr<LogGroups> groups_;
  const Subject subject_;
  const std::vector<std::string> prefixes_;  // of the names; no one begins with another
  std::string account_;
  // When this entry first looked: from then on, or from when it was made, a group without a
  // position has all of its events still to be read, also those from before it was found.
  std::optional<Timestamp> since_;
  size_t prefix_ = 0;    // which is being read
  std::string token_;    // of its next page
  size_t found_ = 0;     // in this round
  std::string example_;  // one of them
  bool looked_ = false;  // to the end, once
  bool failing_ = false;
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_LOG_GROUP_FINDER_H_
