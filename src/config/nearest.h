// The known word that a person most likely meant. Pure functions; any thread.
#ifndef COLLECTOR_CONFIG_NEAREST_H_
#define COLLECTOR_CONFIG_NEAREST_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace collector {

// How many letters must be put in, taken out, changed or swapped with their neighbour to make `b`
// of `a` (optimal string alignment). Case counts as half a change, rounded up over the whole word.
size_t EditDistance(std::string_view a, std::string_view b);

// The known word nearest to `word`, the first of equals; empty when none is near enough to be
// meant: at most one change in three letters. Words over 100 letters have no near ones.
std::string_view Nearest(std::string_view word, std::span<const std::string_view> known);

// `; did you mean "regions"?`, or nothing.
std::string DidYouMean(std::string_view word, std::span<const std::string_view> known);

}  // namespace collector

#endif  // COLLECTOR_CONFIG_NEAREST_H_
