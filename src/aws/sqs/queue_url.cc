#include "aws/sqs/queue_url.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "aws/endpoints.h"
#include "http/url.h"

namespace collector::aws::sqs {
namespace {

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(separator, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

bool IsAccount(std::string_view text) {
  return text.size() == 12 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The region stands behind "sqs" or before "queue".
std::string RegionOf(std::string_view authority) {
  const auto labels = Split(authority.substr(0, authority.find(':')), '.');
  for (size_t i = 0; i < labels.size(); ++i) {
    const bool names_sqs = labels[i] == "sqs" || labels[i] == "sqs-fips";
    if (names_sqs && i + 1 < labels.size() && LooksLikeRegion(labels[i + 1])) {
      return std::string(labels[i + 1]);
    }
    if (labels[i] == "queue" && i > 0 && LooksLikeRegion(labels[i - 1])) {
      return std::string(labels[i - 1]);
    }
  }
  return authority == "queue.amazonaws.com" ? "us-east-1" : "";
}

}  // namespace

bool IsQueueUrl(std::string_view queue) { return queue.find("://") != std::string_view::npos; }

Result<QueueUrl> ReadQueueUrl(std::string_view url) {
  const auto parsed = http::ParseUrl(url);
  if (!parsed) return Propagate(parsed);
  auto parts = Split(parsed->path, '/');
  while (!parts.empty() && parts.back().empty()) parts.pop_back();
  if (parts.size() < 2 || !parsed->query.empty()) {
    return Fail(ErrorKind::kRejected,
                fmt::format("\"{}\" is not the URL of a queue; one looks like "
                            "https://sqs.us-east-1.amazonaws.com/123456789012/name",
                            url));
  }
  QueueUrl queue;
  queue.name = parts.back();
  if (IsAccount(parts[parts.size() - 2])) queue.account = parts[parts.size() - 2];
  queue.region = RegionOf(parsed->authority);
  return queue;
}

std::string_view QueueNameOf(std::string_view queue) {
  while (!queue.empty() && queue.back() == '/') queue.remove_suffix(1);
  const size_t last = queue.find_last_of("/:");
  return last == std::string_view::npos ? queue : queue.substr(last + 1);
}

}  // namespace collector::aws::sqs
