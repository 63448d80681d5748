// The `tag` of a service: a Devo tag with placeholders such as {region}. Pure; any thread.
#ifndef COLLECTOR_CONFIG_TAG_CHECK_H_
#define COLLECTOR_CONFIG_TAG_CHECK_H_

#include <span>
#include <string>
#include <string_view>

namespace collector {

inline constexpr size_t kMaxTagSize = 1024;

// What is wrong with `tag`, completing "TAG ..."; empty when it is sound: known placeholders only,
// at least two levels, each of letters, digits, `_` and `-`, at most kMaxTagSize characters (a bad
// tag would put the records into Devo's unknown.unknown).
std::string TagFault(std::string_view tag, std::span<const std::string_view> placeholders);

}  // namespace collector

#endif  // COLLECTOR_CONFIG_TAG_CHECK_H_
