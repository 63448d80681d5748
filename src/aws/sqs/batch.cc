#include "aws/sqs/batch.h"

#include <charconv>
#include <optional>

#include <nlohmann/json.hpp>

#include "aws/errors.h"
#include "aws/sqs/json_body.h"

namespace collector::aws::sqs {
namespace {

using Json = nlohmann::json;

std::optional<size_t> Place(const Json& entry) {
  if (!entry.is_object()) return std::nullopt;
  const std::string id = TextOf(entry, "Id");
  size_t place = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), place);
  if (id.empty() || error != std::errc{} || end != id.data() + id.size()) return std::nullopt;
  return place;
}

// The entries of a list, which may be missing or null.
Json Entries(const Json& body, const char* key) {
  const auto found = body.find(key);
  return found == body.end() || found->is_null() ? Json::array() : *found;
}

}  // namespace

Result<BatchResponse> ParseBatch(const http::Response& answer) {
  const auto fail = [](const char* why) {
    return Fail(ErrorKind::kRetry, std::string("the answer cannot be read: ") + why);
  };
  const auto body = Json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) return fail("it is no JSON object");
  BatchResponse response;
  for (const Json& entry : Entries(body, "Successful")) {
    const auto place = Place(entry);
    if (!place) return fail("an entry of Successful has no Id that was sent");
    response.done.push_back(*place);
  }
  for (const Json& entry : Entries(body, "Failed")) {
    const auto place = Place(entry);
    if (!place) return fail("an entry of Failed has no Id that was sent");
    const auto fault = entry.find("SenderFault");
    response.failed.push_back({*place, OneLine(TextOf(entry, "Code"), 100),
                               OneLine(TextOf(entry, "Message"), 500),
                               fault != entry.end() && fault->is_boolean() && fault->get<bool>()});
  }
  return response;
}

}  // namespace collector::aws::sqs
