#include "sources/event_decoder.h"

#include <array>
#include <utility>

#include "decode/json_fields.h"

namespace collector {
namespace {

constexpr std::string_view kApiCall = "AWS API Call via CloudTrail";
// "- Imported" and "- Custom Action"; insight results have no findings.
constexpr std::string_view kSecurityHub = "Security Hub Findings";

const ObjectFormat& EventFormat() {
  static const ObjectFormat kFormat = [] {
    ObjectFormat format;
    format.name = "service-events";
    format.split = Split::kJsonLines;
    format.time = {"time", TimeForm::kIso8601};
    format.tag = "cloud.aws.cloudwatch.events.{account}.{region}";
    return format;
  }();
  return kFormat;
}

const std::string& TagText(const std::string& configured, const ObjectFormat& format) {
  return configured.empty() ? format.tag : configured;
}

// What of an envelope decides about the whole of it.
struct Head {
  std::string detail_type;
  std::string account;
  std::string region;
};

Head HeadOf(std::string_view body) {
  static const std::array<JsonPath, 3> kPaths = {JsonPath("detail-type"), JsonPath("account"),
                                                 JsonPath("region")};
  std::array<std::string_view, kPaths.size()> tokens{};
  JsonFields(body, kPaths, tokens);
  std::string scratch;
  const auto text = [&scratch](std::string_view token) {
    return std::string(JsonText(token, scratch).value_or(std::string_view()));
  };
  return {text(tokens[0]), text(tokens[1]), text(tokens[2])};
}

}  // namespace

std::string EventId(std::string_view body) {
  static const std::array<JsonPath, 3> kPaths = {JsonPath("id"), JsonPath("detail-type"),
                                                 JsonPath("source")};
  std::array<std::string_view, kPaths.size()> tokens{};
  JsonFields(body, kPaths, tokens);
  // An `id` alone may be anything's that happens more than once: an instance's, an order's.
  if (tokens[1].empty() || tokens[2].empty()) return "";
  std::string scratch;
  return std::string(JsonText(tokens[0], scratch).value_or(std::string_view()));
}

EventDecoder::Kind::Kind(const ObjectFormat& of, const std::string& tag_text,
                         const ServiceEventsSettings& settings)
    : format(of), tag(tag_text) {
  for (const std::string_view name : tag.names()) {
    if (const auto field = RecordField(name)) tag_fields.emplace_back(*field);
  }
  layout.Begin(format, settings.drop_records, tag_fields);
}

EventDecoder::EventDecoder(const ServiceEventsSettings& settings)
    : settings_(settings),
      events_(EventFormat(), TagText(settings.service.tag, EventFormat()), settings),
      calls_(EventFormat(),
             TagText(settings.call_tag.empty() ? settings.service.tag : settings.call_tag,
                     EventFormat()),
             settings),
      findings_(*FindObjectFormat("securityhub"),
                TagText(settings.service.tag, *FindObjectFormat("securityhub")), settings),
      splitter_(findings_.format.path) {}

EventDecoder::Counts EventDecoder::Add(std::string_view body, const Origin& origin) {
  const Head head = HeadOf(body);
  const Origin of_event{head.account.empty() ? origin.account : head.account,
                        head.region.empty() ? origin.region : head.region, origin.now};
  Counts counts;
  if (head.detail_type.starts_with(kSecurityHub)) {
    const std::vector<Slice> findings = Findings(body);
    for (const Slice& finding : findings) {
      AddRecord(findings_, body.substr(finding.begin, finding.size), of_event, counts);
    }
    if (!findings.empty()) return counts;
  }
  AddRecord(head.detail_type == kApiCall ? calls_ : events_, body, of_event, counts);
  return counts;
}

std::vector<Slice> EventDecoder::Findings(std::string_view body) {
  splitter_.Reset();
  std::vector<Slice> findings;
  if (!splitter_.Split(body, /*at_end=*/true, findings)) findings.clear();
  return findings;
}

void EventDecoder::AddRecord(Kind& kind, std::string_view record, const Origin& origin,
                             Counts& counts) {
  if (!settings_.drop_records.empty() && kind.layout.IsDropped(record)) {
    ++counts.filtered;
    return;
  }
  const std::string tag = TagOf(kind, record, origin);
  std::shared_ptr<Records>& records = records_[tag];
  if (records == nullptr) records = std::make_shared<Records>(tag);
  records->Add(kind.layout.TimeOf(record, origin.now), record);
  ++counts.records;
}

std::string EventDecoder::TagOf(Kind& kind, std::string_view record, const Origin& origin) const {
  std::vector<std::string> fields;
  for (size_t i = 0; i < kind.tag_fields.size(); ++i) {
    fields.emplace_back(kind.layout.TagField(record, i));
  }
  size_t next_field = 0;
  return kind.tag.Fill([&](std::string_view name) -> std::string_view {
    if (RecordField(name)) return fields[next_field++];
    if (name == "account") return origin.account;
    if (name == "region") return origin.region;
    return settings_.service.name;
  });
}

std::vector<std::shared_ptr<Records>> EventDecoder::Take() {
  std::vector<std::shared_ptr<Records>> all;
  for (auto& [tag, records] : records_) all.push_back(std::move(records));
  records_.clear();
  return all;
}

}  // namespace collector
