#include "aws/errors.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "aws/endpoints.h"

namespace collector::aws {
namespace {

constexpr size_t kMaxMessageBytes = 500;

struct CodeRow {
  std::string_view code;
  ErrorKind kind;
  std::string_view remedy = {};  // {permission}, {region} and {credentials} are filled in
};

constexpr std::string_view kGrant =
    "allow {permission} in the policies of that user or role, and see that no service control "
    "policy denies it";
constexpr std::string_view kGrantKms =
    "the data is encrypted with a KMS key: allow kms:Decrypt with that key to that user or role, "
    "in "
    "its policies and in the key's policy";
constexpr std::string_view kMendKms =
    "the data is encrypted with a KMS key that cannot be used: see that the key exists, is enabled "
    "and is for encrypting";
constexpr std::string_view kQueueName =
    "check the queue's name, its account and its region, and allow {permission} in the queue's "
    "policy when it is another account's";
constexpr std::string_view kUnknownKey =
    "the access key of {credentials} does not exist, is inactive, or its account has not enabled "
    "{region}; check the key, or make a new one";
constexpr std::string_view kWrongSecret =
    "the secret of {credentials} does not belong to its access key; copy both again";
constexpr std::string_view kExpired =
    "the session token of {credentials} has expired; get new ones";
constexpr std::string_view kSetClock =
    "the clock of this machine is wrong; set it (timedatectl set-ntp true)";

// Sorted by kind. The throttling and the retry codes are those of the AWS SDKs' standard mode, and
// what the services of service.h name in their documentation beyond them.
constexpr CodeRow kCodes[] = {
    {"BandwidthLimitExceeded", ErrorKind::kThrottled},
    {"EC2ThrottledException", ErrorKind::kThrottled},
    {"LimitExceededException", ErrorKind::kThrottled},
    {"KMS.ThrottlingException", ErrorKind::kThrottled},
    {"KmsThrottled", ErrorKind::kThrottled},
    {"OverLimit", ErrorKind::kThrottled},
    {"PriorRequestNotComplete", ErrorKind::kThrottled},
    {"ProvisionedThroughputExceededException", ErrorKind::kThrottled},
    {"RequestLimitExceeded", ErrorKind::kThrottled},
    {"RequestThrottled", ErrorKind::kThrottled},
    {"RequestThrottledException", ErrorKind::kThrottled},
    {"SlowDown", ErrorKind::kThrottled},
    {"ThrottledException", ErrorKind::kThrottled},
    {"Throttling", ErrorKind::kThrottled},
    {"ThrottlingException", ErrorKind::kThrottled},
    {"TooManyRequestsException", ErrorKind::kThrottled},
    {"TransactionInProgressException", ErrorKind::kThrottled},

    {"IDPCommunicationError", ErrorKind::kRetry},
    {"InternalError", ErrorKind::kRetry},
    {"InternalFailure", ErrorKind::kRetry},
    {"InternalServerError", ErrorKind::kRetry},
    {"InternalServiceError", ErrorKind::kRetry},
    {"RequestTimeout", ErrorKind::kRetry},
    {"RequestTimeoutException", ErrorKind::kRetry},
    {"ServiceUnavailable", ErrorKind::kRetry},
    {"ServiceUnavailableException", ErrorKind::kRetry},

    {"AuthFailure", ErrorKind::kCredentials, kUnknownKey},
    {"ExpiredToken", ErrorKind::kCredentials, kExpired},
    {"ExpiredTokenException", ErrorKind::kCredentials, kExpired},
    {"IncompleteSignature", ErrorKind::kCredentials, kWrongSecret},
    {"IncompleteSignatureException", ErrorKind::kCredentials, kWrongSecret},
    {"InvalidAccessKeyId", ErrorKind::kCredentials, kUnknownKey},
    {"InvalidClientTokenId", ErrorKind::kCredentials, kUnknownKey},
    {"InvalidSignatureException", ErrorKind::kCredentials, kWrongSecret},
    {"InvalidToken", ErrorKind::kCredentials, kUnknownKey},
    {"MissingAuthenticationToken", ErrorKind::kCredentials, kUnknownKey},
    {"MissingAuthenticationTokenException", ErrorKind::kCredentials, kUnknownKey},
    {"SignatureDoesNotMatch", ErrorKind::kCredentials, kWrongSecret},
    {"TokenRefreshRequired", ErrorKind::kCredentials, kExpired},
    {"UnrecognizedClientException", ErrorKind::kCredentials, kUnknownKey},

    {"AccessDenied", ErrorKind::kRejected, kGrant},
    {"AccessDeniedException", ErrorKind::kRejected, kGrant},
    {"AuthorizationError", ErrorKind::kRejected, kGrant},
    {"AWS.SimpleQueueService.NonExistentQueue", ErrorKind::kNotFound, kQueueName},
    {"QueueDoesNotExist", ErrorKind::kNotFound, kQueueName},

    {"InvalidObjectState", ErrorKind::kRejected,
     "the object is archived (S3 Glacier): restore it, or have the lifecycle rule archive later"},
    {"KMS.AccessDeniedException", ErrorKind::kRejected, kGrantKms},
    {"KMS.DisabledException", ErrorKind::kRejected, kMendKms},
    {"KMS.InvalidKeyUsageException", ErrorKind::kRejected, kMendKms},
    {"KMS.InvalidStateException", ErrorKind::kRejected, kMendKms},
    {"KMS.KMSInvalidStateException", ErrorKind::kRejected, kMendKms},
    {"KMS.NotFoundException", ErrorKind::kRejected, kMendKms},
    {"KMS.OptInRequired", ErrorKind::kRejected, kMendKms},
    {"KmsAccessDenied", ErrorKind::kRejected, kGrantKms},
    {"KmsDisabled", ErrorKind::kRejected, kMendKms},
    {"KmsInvalidKeyUsage", ErrorKind::kRejected, kMendKms},
    {"KmsInvalidState", ErrorKind::kRejected, kMendKms},
    {"KmsNotFound", ErrorKind::kRejected, kMendKms},
    {"KmsOptInRequired", ErrorKind::kRejected, kMendKms},
    {"OptInRequired", ErrorKind::kRejected,
     "the account has not enabled {region}; enable it, or take it from the regions"},
    {"RequestExpired", ErrorKind::kRejected, kSetClock},
    {"RequestInTheFuture", ErrorKind::kRejected, kSetClock},
    {"RequestTimeTooSkewed", ErrorKind::kRejected, kSetClock},
    {"UnauthorizedOperation", ErrorKind::kRejected, kGrant},
};

const CodeRow* FindCode(std::string_view code) {
  const auto* row = std::find_if(std::begin(kCodes), std::end(kCodes),
                                 [&](const CodeRow& candidate) { return candidate.code == code; });
  return row == std::end(kCodes) ? nullptr : row;
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// "com.amazonaws.sqs#QueueDoesNotExist:http://..." -> "QueueDoesNotExist".
std::string BareCode(std::string_view code) {
  code = code.substr(0, code.find(':'));
  const size_t hash = code.find('#');
  if (hash != std::string_view::npos) code.remove_prefix(hash + 1);
  return OneLine(code, 100);
}

std::string FirstHeader(const http::Response& answer,
                        std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (const std::string* value = answer.headers.Find(name)) return *value;
  }
  return {};
}

// The first of the members that is a string, whatever the case of its first letter.
std::string FirstString(const nlohmann::json& object, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto member = object.find(name);
    if (member != object.end() && member->is_string()) return member->get<std::string>();
  }
  return {};
}

void ReadJson(std::string_view body, Refusal& refusal) {
  const auto document = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) {
    refusal.message = body;
    return;
  }
  refusal.code = FirstString(document, {"__type", "code", "Code"});
  refusal.message =
      FirstString(document, {"message", "Message", "errorMessage", "error_description"});
  refusal.request_id = FirstString(document, {"RequestId", "requestId", "RequestID"});
  const auto nested = document.find("Error");
  if (nested != document.end() && nested->is_object()) {
    if (refusal.code.empty()) refusal.code = FirstString(*nested, {"Code", "code"});
    if (refusal.message.empty()) refusal.message = FirstString(*nested, {"Message", "message"});
  }
}

void ReadXmlOrHtml(std::string_view body, Refusal& refusal) {
  pugi::xml_document document;
  document.load_buffer(body.data(), body.size());
  const auto find = [&document](std::initializer_list<std::string_view> names) {
    return document.find_node([names](const pugi::xml_node& node) {
      return std::find(names.begin(), names.end(), std::string_view(node.name())) != names.end();
    });
  };
  if (const auto error = find({"Error"})) {
    refusal.code = error.child_value("Code");
    refusal.message = error.child_value("Message");
    refusal.region = error.child_value("Region");
    refusal.request_id = find({"RequestId", "RequestID"}).child_value();
    return;
  }
  const std::string title = find({"title", "TITLE"}).child_value();
  refusal.message = title.empty() ? "a page instead of an answer"
                                  : fmt::format("a page titled \"{}\" instead of an answer", title);
}

// "kms:Decrypt" of "... is not authorized to perform: kms:Decrypt on resource: ...": not always the
// permission of the call itself.
std::string MissingPermission(const CallContext& context, std::string_view message) {
  constexpr std::string_view kBefore = "not authorized to perform: ";
  const size_t begin = message.find(kBefore);
  if (begin != std::string_view::npos) {
    const std::string_view rest = message.substr(begin + kBefore.size());
    const std::string_view permission = rest.substr(0, rest.find(' '));
    if (permission.find(':') != std::string_view::npos) return std::string(permission);
  }
  const std::string_view permission = context.operation.permission;
  return permission.empty() ? Name(context.operation) : std::string(permission);
}

std::string Fill(std::string_view remedy, const CallContext& context, const Refusal& refusal) {
  return fmt::format(
      fmt::runtime(remedy), fmt::arg("permission", MissingPermission(context, refusal.message)),
      fmt::arg("region", context.region), fmt::arg("credentials", context.credentials_origin));
}

// "s3:GetObject of s3://logs/a.gz in us-east-1 (account 123456789012)".
std::string Subject(const CallContext& context) {
  std::string subject = Name(context.operation);
  if (!context.subject.empty()) subject += " of " + OneLine(context.subject, 1'100);
  subject += fmt::format(" in {}", context.region);
  if (!context.account.empty()) subject += fmt::format(" (account {})", context.account);
  return subject;
}

std::string RemedyFor(const CallContext& context, const Refusal& refusal, int status) {
  if (MayBeClockSkew(refusal) && !Contains(refusal.code, "Signature")) {
    return Fill(kSetClock, context, refusal);
  }
  if (const CodeRow* row = FindCode(refusal.code)) {
    std::string remedy = Fill(row->remedy, context, refusal);
    if (context.operation.service == &kS3 && row->remedy == kGrant) {
      remedy +=
          "; the bucket's policy counts too, and for an object encrypted with a KMS key "
          "kms:Decrypt "
          "(an object that does not exist is refused like this unless s3:ListBucket is allowed)";
    }
    return remedy;
  }
  if (status / 100 == 3) {
    return "the endpoint sends elsewhere; check the region and any endpoint URL that is set";
  }
  if (refusal.code.empty() && (status == 403 || status == 404 || status == 407)) {
    return "this does not look like an answer of AWS; check the endpoint URL and the proxy";
  }
  return {};
}

}  // namespace

std::string OneLine(std::string_view text, size_t max_bytes) {
  std::string line;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  if (line.size() <= max_bytes) return line;
  size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) --end;
  return line.substr(0, end) + "...";
}

Refusal ReadRefusal(const http::Response& answer) {
  Refusal refusal;
  const size_t begin = answer.body.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  const std::string_view body =
      begin == std::string::npos ? "" : std::string_view(answer.body).substr(begin);
  if (!body.empty() && body.front() == '{') {
    ReadJson(body, refusal);
  } else if (!body.empty() && body.front() == '<') {
    ReadXmlOrHtml(body, refusal);
  } else {
    refusal.message = body;
  }
  // The code that older clients know, of services that moved from the query protocol to JSON; it is
  // what botocore reports: "AWS.SimpleQueueService.NonExistentQueue;Sender".
  const std::string query_code = FirstHeader(answer, {"x-amzn-query-error"});
  if (!query_code.empty()) refusal.code = query_code.substr(0, query_code.find(';'));
  if (refusal.code.empty()) refusal.code = FirstHeader(answer, {"x-amzn-errortype"});
  if (refusal.message.empty()) refusal.message = FirstHeader(answer, {"x-amzn-error-message"});
  const std::string request_id =
      FirstHeader(answer, {"x-amzn-requestid", "x-amz-request-id", "x-amz-requestid"});
  if (!request_id.empty()) refusal.request_id = request_id;

  refusal.code = BareCode(refusal.code);
  refusal.request_id = OneLine(refusal.request_id, 100);
  // AWS repeats the whole canonical request when a signature is wrong, session token included.
  refusal.message = refusal.message.substr(0, refusal.message.find("The Canonical String"));
  refusal.message = OneLine(refusal.message, kMaxMessageBytes);
  return refusal;
}

ErrorKind KindOf(std::string_view code, int status) {
  if (const CodeRow* row = FindCode(code)) return row->kind;
  if (status == 429) return ErrorKind::kThrottled;
  if (status == 408 || (status >= 500 && status != 501)) return ErrorKind::kRetry;
  if (EndsWith(code, "NotFound") || EndsWith(code, "NotFoundException") ||
      EndsWith(code, "NonExistentQueue") || EndsWith(code, "DoesNotExist") ||
      code.substr(0, 6) == "NoSuch") {
    return ErrorKind::kNotFound;
  }
  return code.empty() && status == 404 ? ErrorKind::kNotFound : ErrorKind::kRejected;
}

bool MayBeClockSkew(const Refusal& refusal) {
  if (refusal.code == "RequestTimeTooSkewed" || refusal.code == "RequestExpired" ||
      refusal.code == "RequestInTheFuture" || refusal.code == "SignatureDoesNotMatch" ||
      refusal.code == "InvalidSignatureException" || refusal.code == "AuthFailure") {
    return true;
  }
  return Contains(refusal.message, "Signature expired") ||
         Contains(refusal.message, "Signature not yet current");
}

Error MakeError(const CallContext& context, const Refusal& refusal, int status) {
  ErrorKind kind = KindOf(refusal.code, status);
  if (status == 503 && context.operation.service == &kS3) kind = ErrorKind::kThrottled;
  const std::string_view verb = kind == ErrorKind::kRetry       ? "failed"
                                : kind == ErrorKind::kThrottled ? "was throttled"
                                                                : "was refused";
  std::string what = refusal.code;
  if (!refusal.message.empty()) {
    if (!what.empty()) what += ": ";
    what += refusal.message;
  }
  if (what.empty()) what = "an answer without a word";
  std::string text = fmt::format("{} {}: {} (HTTP {}", Subject(context), verb, what, status);
  if (!refusal.request_id.empty()) text += ", request id " + refusal.request_id;
  text += ')';
  const std::string remedy = RemedyFor(context, refusal, status);
  if (!remedy.empty()) text += "; " + remedy;
  return Error{kind, std::move(text), refusal.code};
}

Error MakeError(const CallContext& context, const Error& transport_error) {
  std::string text = fmt::format("{} failed: {}", Subject(context), transport_error.message);
  if (transport_error.code == http::kUnknownHost && !IsKnownRegion(context.region)) {
    const std::string_view nearest = NearestRegion(context.region);
    text += fmt::format("; is {} a region of AWS?", context.region);
    if (!nearest.empty()) text += fmt::format(" The nearest known name is {}", nearest);
  } else if (transport_error.code == http::kUnknownHost) {
    text += "; check this machine's DNS, or HTTPS_PROXY when it has no way out of its own";
  } else if (transport_error.code == http::kNotTrusted) {
    text +=
        "; when a proxy or an own endpoint has its own CA, name that CA's PEM file with "
        "AWS_CA_BUNDLE";
  }
  return Error{transport_error.kind, std::move(text), transport_error.code};
}

}  // namespace collector::aws
