#include "sources/audit_event.h"

#include <initializer_list>

#include <simdjson.h>

namespace collector {
namespace {

// The first of the fields that is a text and not empty. simdjson looks each one up from the start
// of the object, so their order in the document does not matter.
std::string FirstText(simdjson::ondemand::object& object,
                      std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    std::string_view text;
    if (object.find_field_unordered(name).get_string().get(text) == simdjson::SUCCESS &&
        !text.empty()) {
      return std::string(text);
    }
  }
  return {};
}

}  // namespace

AuditEventOrigin ReadAuditEventOrigin(std::string_view document) {
  simdjson::ondemand::parser parser;
  const simdjson::padded_string padded(document);
  simdjson::ondemand::document root;
  simdjson::ondemand::object object;
  AuditEventOrigin origin;
  if (parser.iterate(padded).get(root) != simdjson::SUCCESS ||
      root.get_object().get(object) != simdjson::SUCCESS) {
    return origin;
  }
  origin.region = FirstText(object, {"awsRegion", "region"});
  origin.account = FirstText(object, {"recipientAccountId"});
  if (origin.account.empty()) {
    simdjson::ondemand::object identity;
    if (object.find_field_unordered("userIdentity").get_object().get(identity) ==
        simdjson::SUCCESS) {
      origin.account = FirstText(identity, {"accountId"});
    }
  }
  if (origin.account.empty()) origin.account = FirstText(object, {"account"});
  return origin;
}

}  // namespace collector
