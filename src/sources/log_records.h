// LogRecords: makes records of the events of a log group: the tag, the message as it stands or in
// an envelope. Owned by the group's reader; one thread at a time.
#ifndef COLLECTOR_SOURCES_LOG_RECORDS_H_
#define COLLECTOR_SOURCES_LOG_RECORDS_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aws/logs/log_events.h"
#include "base/buffer.h"
#include "collect/batch.h"
#include "sources/settings.h"
#include "sources/tag_template.h"

namespace collector {

// The tag of a group whose service has none of its own, with placeholders: of a few kinds that are
// recognised by the group's name, else that of log events.
std::string_view DefaultLogTag(std::string_view group);

// The account in the ARN of a log group; empty: it is a name.
std::string_view AccountOfLogGroup(std::string_view group);

class LogRecords {
 public:
  LogRecords(const LogGroupSettings& settings, std::string region);

  // `account`: that of the credentials; a group given by its ARN is of the account in that.
  void set_account(const std::string& account);

  // The event of `stream` is to be part of what the next Take() gives.
  void Add(const aws::logs::LogEvent& event, std::string_view stream);

  // What was added since the last time, by tag.
  std::vector<std::shared_ptr<Records>> Take();

 private:
  // Records of one tag in one block, into which the messages are unescaped.
  struct Block {
    std::shared_ptr<Records> records;
    Buffer bytes;
  };

  std::string TagOf(std::string_view stream) const;

  const LogGroupSettings settings_;
  const std::string region_;
  const std::string group_;  // its name
  const std::string owner_;  // the account in the ARN; empty: none
  const TagTemplate tag_;
  const bool tag_has_stream_;
  std::string account_;
  std::map<std::string, Block, std::less<>> blocks_;  // by stream, where that is in the tag
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_LOG_RECORDS_H_
