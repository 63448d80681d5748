// What the collector needs to know of one CloudTrail event beyond what LookupEvents says beside it:
// whose it is. Pure; any thread.
#ifndef COLLECTOR_SOURCES_AUDIT_EVENT_H_
#define COLLECTOR_SOURCES_AUDIT_EVENT_H_

#include <string>
#include <string_view>

namespace collector {

struct AuditEventOrigin {
  std::string account;  // recipientAccountId, else userIdentity.accountId, else account; or empty
  std::string region;   // awsRegion, else region; or empty
};

// Reads them out of the inner document. A document that is not JSON, or has other types than
// CloudTrail's, gives empty fields: it is delivered all the same.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
AuditEventOrigin ReadAuditEventOrigin(std::string_view document);

}  // namespace collector

#endif  // COLLECTOR_SOURCES_AUDIT_EVENT_H_
