#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "base/time_text.h"
#include "observe/events.h"

namespace collector {
namespace {

constexpr spdlog::level::level_enum kSpdlogLevels[] = {spdlog::level::debug, spdlog::level::info,
                                                       spdlog::level::warn, spdlog::level::err};
constexpr const char* kLevelNames[] = {"debug", "info", "warning", "error"};

// A line is formatted and written under the lock of spdlog's sink, whichever thread it comes from.
std::shared_ptr<spdlog::logger> NewLogger(bool color, const char* pattern) {
  auto sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>(
      color ? spdlog::color_mode::always : spdlog::color_mode::never);
  auto logger = std::make_shared<spdlog::logger>("collector", std::move(sink));
  logger->set_level(spdlog::level::debug);
  logger->set_pattern(pattern, spdlog::pattern_time_type::utc);
  return logger;
}

std::string JsonLine(Level level, std::string_view text) {
  const Timestamp now = SystemClock().Now();
  const nlohmann::ordered_json line = {{"time", FormatRfc3339(now)},
                                       {"level", kLevelNames[static_cast<int>(level)]},
                                       {"msg", std::string(text)}};
  // A message can hold what another machine said: bytes that are no UTF-8 must not throw.
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

bool WantsColor(int fd) {
  const auto variable = [](const char* name) -> std::string_view {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  return ::isatty(fd) == 1 && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
}

Events::Sink StandardErrorSink(LogFormat format) {
  if (format == LogFormat::kJson) {
    return [logger = NewLogger(false, "%v")](Level level, std::string_view text) {
      logger->log(kSpdlogLevels[static_cast<int>(level)], JsonLine(level, text));
    };
  }
  const bool color = WantsColor(STDERR_FILENO);
  return [logger = NewLogger(color, "%Y-%m-%dT%H:%M:%S.%eZ %^%-7l%$ %v")](Level level,
                                                                          std::string_view text) {
    logger->log(kSpdlogLevels[static_cast<int>(level)], text);
  };
}

}  // namespace collector
