// What AWS says when it refuses a call, made into an Error that names the next move. Pure functions
// over a constant table; any thread.
#ifndef COLLECTOR_AWS_ERRORS_H_
#define COLLECTOR_AWS_ERRORS_H_

#include <string>
#include <string_view>

#include "aws/operation.h"
#include "base/result.h"
#include "http/transport.h"

namespace collector::aws {

// The parts of an error answer; each may be empty.
struct Refusal {
  std::string code;         // "AccessDeniedException", without namespace
  std::string message;      // on one line, at most 500 bytes
  std::string request_id;   // what AWS support asks for
  std::string region = {};  // of S3: where the bucket is, when it was asked for elsewhere
};

// Reads any answer outside 2xx: a JSON body, an XML one, HTML, nothing; whatever the service's
// protocol and the Content-Type say, for AWS mixes them.
Refusal ReadRefusal(const http::Response& answer);

// The next move for an error code, or for the HTTP status where the code says nothing. (S3 answers
// 503 to those who call too often: MakeError() makes that kThrottled.)
ErrorKind KindOf(std::string_view code, int status);

// Whether the request was refused for the time it was signed at. A wrong secret looks the
// same in some services; the Date header decides (ClockSkew).
bool MayBeClockSkew(const Refusal& refusal);

// What a call was about, for the sentence that tells of its failure.
struct CallContext {
  const OperationInfo& operation;
  std::string_view region;
  std::string_view account;  // empty: not known
  std::string_view credentials_origin;
  std::string_view subject = {};  // "queue audit", "s3://logs/a.gz"; empty: nothing in particular
};

// "cloudtrail:LookupEvents in us-east-1 was refused: AccessDeniedException: ... (HTTP 400, request
// id ...); allow cloudtrail:LookupEvents in the policies of that user or role".
Error MakeError(const CallContext& context, const Refusal& refusal, int status);

// The same for a failure below HTTP, with its kind and code.
Error MakeError(const CallContext& context, const Error& transport_error);

// `text` on one line, without control characters, cut at `max_bytes` between two characters.
std::string OneLine(std::string_view text, size_t max_bytes);

}  // namespace collector::aws

#endif  // COLLECTOR_AWS_ERRORS_H_
