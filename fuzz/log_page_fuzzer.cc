// Any bytes as a page of CloudWatch Logs: what a strict JSON library reads as one gives the same
// events, and a page that lost its last byte is an error. Seeds:
// tests/testdata/fuzz/log_page_fuzzer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <nlohmann/json.hpp>

#include "aws/logs/log_events.h"
#include "base/json_text.h"

namespace {

using namespace collector;
using aws::logs::LogEvents;

void CompareEvents(const nlohmann::json& strict, const LogEvents& page) {
  const auto events = strict.find("events");
  if (events == strict.end() || events->size() != page.events().size()) return;  // said twice
  for (size_t i = 0; i < page.events().size(); ++i) {
    const auto& wanted = (*events)[i];
    const auto& found = page.events()[i];
    // Of a key that stands twice the library keeps one, and so do we.
    const auto text = UnescapeJsonString(found.message);
    const auto message = wanted.find("message");
    if (message == wanted.end() || !message->is_string() || !text) continue;
    const auto whole = message->get<std::string>();
    if (found.message.find("\\u") == std::string_view::npos && whole != *text) std::abort();
    if (wanted.at("timestamp") != found.time.time_since_epoch().count()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto page = LogEvents::Read(text);
  if (!page) return 0;
  const size_t end = text.find_last_not_of(" \t\r\n");
  if (LogEvents::Read(text.substr(0, end))) std::abort();
  const auto strict = nlohmann::json::parse(text, nullptr, false);
  if (strict.is_object()) CompareEvents(strict, *page);
  return 0;
}
