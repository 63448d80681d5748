// EventDecoder: turns events, as EventBridge puts them into a queue, into records: the envelope
// whole and unchanged (E-1), or for Security Hub one record a finding (E-4), each with its time and
// tag. Whatever is not of the known form becomes a record as it is (E-2).
//
// Without I/O. Owned and used by one thread; gathers the records of several messages.
#ifndef COLLECTOR_SOURCES_EVENT_DECODER_H_
#define COLLECTOR_SOURCES_EVENT_DECODER_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "collect/batch.h"
#include "decode/json_splitter.h"
#include "sources/record_layout.h"
#include "sources/services.h"
#include "sources/settings.h"
#include "sources/tag_template.h"

namespace collector {

// The event's `id`, by which EventBridge's repetitions are known (E-1); empty: it has none, or what
// a rule's input transformer made of the event is no envelope any more.
// https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
std::string EventId(std::string_view body);

class EventDecoder {
 public:
  // What holds where the event does not say.
  struct Origin {
    std::string_view account;
    std::string_view region;
    Timestamp now;
  };

  struct Counts {
    uint64_t records = 0;
    uint64_t filtered = 0;  // dropped by a filter
  };

  // `settings` must outlive it.
  explicit EventDecoder(const ServiceEventsSettings& settings);

  // The records of one message.
  Counts Add(std::string_view body, const Origin& origin);

  // All that was added since the last call, one Records a tag.
  std::vector<std::shared_ptr<Records>> Take();

 private:
  // Events that share a form and a tag.
  struct Kind {
    Kind(const ObjectFormat& of, const std::string& tag_text,
         const ServiceEventsSettings& settings);

    const ObjectFormat& format;
    TagTemplate tag;
    std::vector<std::string> tag_fields;
    RecordLayout layout;
  };

  void AddRecord(Kind& kind, std::string_view record, const Origin& origin, Counts& counts);
  std::string TagOf(Kind& kind, std::string_view record, const Origin& origin) const;
  // The findings of the envelope; empty: it holds none, or is damaged.
  std::vector<Slice> Findings(std::string_view body);

  const ServiceEventsSettings& settings_;
  Kind events_;
  Kind calls_;
  Kind findings_;
  JsonSplitter splitter_;
  std::map<std::string, std::shared_ptr<Records>, std::less<>> records_;  // by tag
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_EVENT_DECODER_H_
