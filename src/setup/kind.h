// Kind: what setup knows of one type of resource: how to look at one, make it, change it and remove
// it. One constant object each. The functions block on AWS; any thread, one at a time an account.
#ifndef COLLECTOR_SETUP_KIND_H_
#define COLLECTOR_SETUP_KIND_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "setup/caller.h"
#include "setup/resource.h"

namespace collector::setup {

// What is there under a resource's name.
struct Found {
  Json properties = Json::object();  // as far as they can be wanted
  bool ours = true;                  // it bears our marks
  std::string handle = {};           // what calls name it by: a queue's URL, a rule's ARN
  std::string refusal = {};  // why it cannot become what is wanted: one sentence; empty: it can
};

// What is found beside the properties of a resource that is encrypted with a key of KMS: which one.
// Whoever chose it has chosen encryption, so what is wanted of that counts as there.
inline constexpr std::string_view kKeyProperty = "KmsMasterKeyId";

class Kind {
 public:
  virtual ~Kind() = default;

  virtual std::string_view noun() const = 0;  // "SQS queue"

  // Nothing: it is not there.
  virtual Result<std::optional<Found>> Look(Caller& aws, const Resource& wanted) const = 0;
  virtual Status Create(Caller& aws, const Resource& wanted) const = 0;
  virtual Status Change(Caller& aws, const Resource& wanted, const Found& found) const = 0;
  // What others have hung onto it stays, and so does the resource then: the sentence says why.
  // Empty: it is removed.
  virtual Result<std::string> Remove(Caller& aws, const Resource& resource,
                                     const Found& found) const = 0;
  // All in the caller's region whose name begins with `prefix`, ours or not, without properties.
  // Nothing for what is a part of another resource.
  virtual Result<std::vector<Resource>> List(Caller& aws, const std::string& prefix) const = 0;
  // For the statement of a policy that lets us do it; with wildcards where the ARN is not known.
  virtual std::string Arn(const Resource& resource, std::string_view account) const = 0;
};

// What `call` gives, or kRetry where it met an answer of another form than AWS documents.
template <typename Call>
auto Heedful(const Call& call) -> decltype(call()) {
  try {
    return call();
  } catch (const Json::exception& e) {
    return Fail(ErrorKind::kRetry,
                std::string("an answer of AWS cannot be understood: ") + e.what());
  }
}

// The types in the order in which they can be made; they are removed in the opposite one.
std::span<const std::string_view> KindsInOrder();

// Of one of these types.
const Kind& KindOf(std::string_view type);

// Whether these tags hold our marks as the resource's own tags do.
bool HasOurMarks(const Json& tags, const Resource& resource);

// Whether AWS says that the thing asked for is not there.
bool IsMissing(const Error& error);

const Kind& QueueKind();
const Kind& RuleKind();
const Kind& BucketKind();
const Kind& BucketPolicyKind();
const Kind& NotificationKind();
const Kind& FlowLogKind();
const Kind& DeliverySourceKind();
const Kind& DeliveryDestinationKind();
const Kind& DeliveryKind();

}  // namespace collector::setup

#endif  // COLLECTOR_SETUP_KIND_H_
