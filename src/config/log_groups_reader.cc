#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/service_draft.h"
#include "config/text_check.h"

namespace collector {
namespace {

constexpr double kDayInSeconds = 24 * 3600;
constexpr size_t kMostStreams = 100;  // of one FilterLogEvents

void ReadStreams(const ConfigValue& value, ServiceDraft& into) {
  const auto streams = value.TextList("a list of log streams");
  if (!streams) return;
  for (const auto& [stream, at] : *streams) into.log_group.streams.push_back(stream);
  if (streams->size() > kMostStreams) {
    value.Error("holds too many log streams; expected at most 100, or log_stream_prefix");
  }
}

// As AWS takes it: the ARN of a group is also shown with ":*" behind, which means its streams.
std::string WithoutStreams(std::string name) {
  if (name.starts_with("arn:") && name.ends_with(":*")) name.resize(name.size() - 2);
  return name;
}

void ReadGroups(const ConfigValue& value, ServiceDraft& into) {
  const auto groups = value.TextList("a list of log groups such as /aws/lambda/**");
  if (!groups) return;
  for (const auto& [text, at] : *groups) {
    std::string name = WithoutStreams(text);
    if (name.find_first_of("*{") == std::string::npos) {
      into.log_group.groups.push_back(std::move(name));
    } else if (name.starts_with("arn:")) {
      value.context().diagnostics.Error(
          at, fmt::format("{} holds {}: an ARN cannot be a pattern; expected a pattern of names, "
                          "with linked_accounts: true for those of other accounts",
                          value.path(), Quoted(text)));
    } else {
      ReadPattern(value, name, at, into.log_group.patterns);
    }
  }
}

void ReadExcluded(const ConfigValue& value, ServiceDraft& into) {
  const auto patterns = value.TextList("a list of patterns such as /aws/lambda/test-*");
  if (!patterns) return;
  for (const auto& [text, at] : *patterns) {
    ReadPattern(value, text, at, into.log_group.exclude);
  }
}

constexpr Key<ServiceDraft> kLogGroupKeys[] = {
    {"log_group",
     [](const ConfigValue& value, ServiceDraft& into) {
       if (auto group = value.Text("the name or the ARN of a log group")) {
         into.log_group.group = WithoutStreams(*std::move(group));
       }
     }},
    {"log_groups", ReadGroups},
    {"exclude_log_groups", ReadExcluded},
    {"linked_accounts",
     [](const ConfigValue& value, ServiceDraft& into) {
       Assign(into.log_group.linked_accounts, value.Bool());
     }},
    {"activity_first",
     [](const ConfigValue& value, ServiceDraft& into) {
       Assign(into.log_group.activity_first, value.Bool());
     }},
    {"log_stream",
     [](const ConfigValue& value, ServiceDraft& into) {
       if (const auto stream = value.Text("the name of a log stream")) {
         into.log_group.streams.push_back(*stream);
       }
     }},
    {"log_streams", ReadStreams},
    {"log_stream_prefix",
     [](const ConfigValue& value, ServiceDraft& into) {
       Assign(into.log_group.stream_prefix, value.Text("the beginning of log streams' names"));
     }},
    {"filter_pattern",
     [](const ConfigValue& value, ServiceDraft& into) {
       Assign(into.log_group.pattern, value.Text("a filter pattern of CloudWatch Logs"));
     }},
    {"look_back_in_seconds",
     [](const ConfigValue& value, ServiceDraft& into) {
       into.log_group.look_back = value.SecondsIn(1, kDayInSeconds);
     }},
    {"envelope",
     [](const ConfigValue& value, ServiceDraft& into) {
       const auto text = value.Text("none or json");
       if (text && *text != "none" && *text != "json") value.Expected("none or json");
       into.log_group.envelope = text == "json";
     }},
};

}  // namespace

KeyTable<ServiceDraft> LogGroupKeys() { return kLogGroupKeys; }

LogGroupSettings ToLogGroups(const ConfigValue& value, ServiceDraft draft) {
  LogGroupSettings logs = std::move(draft.log_group);
  if (!value.Find("log_group") && !value.Find("log_groups")) {
    value.Missing("log_group", "the name of a log group, or log_groups");
  }
  if (!logs.streams.empty() && !logs.stream_prefix.empty()) {
    value.Find("log_stream_prefix")->Error("cannot stand beside log_stream or log_streams");
  }
  for (const char* key : {"exclude_log_groups", "linked_accounts"}) {
    const auto stray = value.Find(key);
    if (stray && logs.patterns.empty()) {
      stray->Error("has no effect without a pattern, such as /aws/lambda/**, in log_groups");
    }
  }
  logs.service = std::move(draft.common);
  return logs;
}

}  // namespace collector
