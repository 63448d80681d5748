#include "aws/cloudfront/list_distributions.h"

#include <pugixml.hpp>

namespace collector::aws::cloudfront {

RequestParts ListDistributions::ToRequest() const {
  RequestParts parts;
  parts.method = "GET";
  parts.path = "/2020-05-31/distribution";
  if (!marker.empty()) parts.query.emplace_back("Marker", marker);
  return parts;
}

Result<ListDistributions::Response> ListDistributions::Parse(const http::Response& answer) {
  pugi::xml_document document;
  const bool is_xml = document.load_buffer(answer.body.data(), answer.body.size());
  const auto list = document.child("DistributionList");
  if (!is_xml || !list) return Fail(ErrorKind::kRetry, "the answer has no DistributionList");
  Response response;
  response.next_marker = list.child_value("NextMarker");
  for (const auto& one : list.child("Items").children("DistributionSummary")) {
    response.ids.emplace_back(one.child_value("Id"));
  }
  return response;
}

}  // namespace collector::aws::cloudfront
