// What the program's exit code tells; documented in --help and docs/configuration.md.
#ifndef COLLECTOR_CLI_EXIT_CODES_H_
#define COLLECTOR_CLI_EXIT_CODES_H_

namespace collector {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;        // failed at work
inline constexpr int kExitBadConfig = 2;     // bad configuration or usage
inline constexpr int kExitSignalBase = 128;  // ended at once by a second signal: 128 + its number

}  // namespace collector

#endif  // COLLECTOR_CLI_EXIT_CODES_H_
